// Reading a text in a test.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "specs/yaml.h"

namespace lockstep {

struct Parsed {
  std::optional<Document> document;
  Diagnostics diagnostics;

  [[nodiscard]] Json json() const { return document ? document->root.to_json() : Json("no document"); }
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    for (const Diagnostic& d : diagnostics.items()) codes.push_back(d.code);
    return codes;
  }
  // "line:column code" of each finding.
  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> places;
    for (const Diagnostic& d : diagnostics.items())
      places.push_back(std::to_string(d.span.start.line) + ":" + std::to_string(d.span.start.column) + " " + d.code);
    return places;
  }
};

inline Parsed parse(std::string text) {
  auto source = std::make_shared<const Source>(Source{"runbook.yaml", std::move(text)});
  Diagnostics diagnostics(source);
  std::optional<Document> document = parse_yaml(std::move(source), diagnostics);
  return {std::move(document), std::move(diagnostics)};
}

}  // namespace lockstep
