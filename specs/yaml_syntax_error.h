// A syntax error of libyaml in words that help to fix the file.
#pragma once

#include <optional>
#include <string_view>

#include "specs/diagnostic.h"
#include "specs/yaml_text.h"

namespace lockstep {

struct YamlSyntaxProblem {
  std::string_view problem;  // libyaml's texts: "did not find expected ',' or ']'", "while parsing a flow sequence"
  std::string_view context;
  Position at;
  std::optional<Position> context_at;
  std::optional<Span> last_quoted;  // the last quoted scalar that was read, when it went over several lines
};

void report_syntax_error(const YamlSyntaxProblem& problem, const TextPositions& positions, Diagnostics& diagnostics);

}  // namespace lockstep
