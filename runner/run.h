// One run of a runbook, from bound params to a report.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "engines/step.h"
#include "runner/graph.h"
#include "runner/report.h"
#include "runner/reporter.h"
#include "specs/runbook.h"
#include "specs/secrets.h"

namespace lockstep {

struct RunOptions {
  std::size_t max_parallel = 8;
  bool keep_going = false;
  bool dry_run = false;
  std::optional<std::chrono::milliseconds> timeout;  // of the whole run
  std::string state_dir;                             // absolute; holds runs/<run id>.journal
};

// Secrets of the run: `secrets.NAME` is looked up here first, then in the environment.
using SecretValues = std::map<std::string, std::string, std::less<>>;

// How step types are found: find_step_type in the program, fakes in tests.
using StepTypeLookup = std::function<const StepType*(std::string_view uses)>;

struct RunInputs {
  const Runbook& runbook;
  const Graph& graph;
  const ParamValues& params;
  const SecretValues& secret_values;
  SecretSet& secrets;       // filled with every secret the runbook mentions
  Warehouses& warehouses;
  StepTypeLookup find_type;
};

// Blocks until the run has ended. `stop`: Ctrl-C once (start nothing new, interrupt what runs, run always() steps,
// report as cancelled). An Error only when the run could not begin (state dir not writable, ...).
Result<RunReport> run_runbook(const RunInputs& inputs, const RunOptions& options, Reporter& reporter,
                              std::stop_token stop);

// "20261124T100000Z-7f3a9c": sortable by time, unique.
std::string new_run_id();

}  // namespace lockstep
