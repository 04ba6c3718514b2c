// From a runbook's path to everything the commands need: parsed, checked, params bound, graph built.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/graph.h"
#include "specs/diagnostic.h"
#include "specs/runbook.h"
#include "specs/secrets.h"

namespace lockstep {

struct RunbookArguments {
  std::string path;
  std::vector<std::string> params;  // NAME=VALUE
  std::string params_file;          // empty: none
  bool params_may_lack = false;     // a param without a value is no error: for what can be told without
};

struct LoadedRunbook {
  Diagnostics diagnostics;         // every finding, sorted
  std::optional<Runbook> runbook;  // absent when there is no usable structure
  ParamValues params;
  std::vector<std::vector<CatalogAccess>> accesses;  // one entry a step
  Graph graph;
};

// Never runs anything and loads no engine. An Error only when a file cannot be read.
Result<LoadedRunbook> load_runbook(const RunbookArguments& arguments);

// The same from a text that was read already (benchmarks, fuzzing).
LoadedRunbook load_runbook_text(std::shared_ptr<const Source> source, const GivenParams& given,
                                bool params_may_lack = false);

// What expressions may use before a run: params. Everything else answers "value-not-known-yet". `params` outlives it.
EvalScope params_scope(const ParamValues& params);

// Prints findings in the wanted format: "text" to stderr, "json", "sarif" and "github" to stdout.
// Returns 0 when there is no error, 3 otherwise.
int print_findings(const Diagnostics& diagnostics, std::string_view format, bool colour);

// A finding that belongs to no runbook, in the same words on stderr; returns 3.
int print_error(const Error& error);

}  // namespace lockstep
