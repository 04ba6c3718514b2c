// What the tests of runbooks share: text in, runbook and findings out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "specs/runbook.h"
#include "specs/yaml.h"

namespace lockstep::testing {

struct Built {
  std::shared_ptr<const Source> source;
  Diagnostics diagnostics;
  std::optional<Runbook> book;

  [[nodiscard]] std::string codes() const {
    std::string all;
    for (const Diagnostic& finding : diagnostics.items()) all += (all.empty() ? "" : " ") + finding.code;
    return all;
  }
  [[nodiscard]] std::string words() const {
    std::string all;
    for (const Diagnostic& finding : diagnostics.items())
      all += std::to_string(finding.span.start.line) + ": " + finding.message + " | " + finding.hint + " [" +
             finding.code + "]\n";
    return all;
  }
  // What the span of a finding covers.
  [[nodiscard]] std::string at(std::size_t finding) const {
    const Span span = diagnostics.items().at(finding).span;
    return source->text.substr(span.start.offset, span.end.offset - span.start.offset);
  }
};

inline Built build(std::string text) {
  auto source = std::make_shared<const Source>(Source{"runbooks/t.yaml", std::move(text)});
  Built built{source, Diagnostics(source), std::nullopt};
  std::optional<Document> document = parse_yaml(source, built.diagnostics);
  EXPECT_TRUE(document) << built.words();
  if (document)
    built.book = build_runbook(std::make_shared<const Document>(std::move(*document)), source->path, built.diagnostics);
  built.diagnostics.sort();
  return built;
}

// A runbook of these steps, with one connection "local" that has the catalogs prod and staging.
inline Built build_steps(std::string_view steps, std::string_view head = "") {
  return build("version: 1\n" + std::string(head) +
               "connections: { local: { type: duckdb, catalogs: { prod: a.duckdb, staging: b.duckdb } } }\nsteps:\n" +
               std::string(steps));
}

}  // namespace lockstep::testing
