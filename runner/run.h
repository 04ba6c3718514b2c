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
#include "runner/run_secrets.h"
#include "specs/runbook.h"
#include "specs/secrets.h"

namespace lockstep {

struct RunOptions {
  std::size_t max_parallel = 8;                      // steps and for_each items at work at once; at least 1
  bool keep_going = false;                           // after a failure, run every step whose needs succeeded
  bool dry_run = false;                              // look at every step, act on none; no journal
  std::optional<std::chrono::milliseconds> timeout;  // of the whole run
  std::string state_dir;                             // absolute; holds runs/<run id>.journal. Empty: no journal (tests)
};

// How step types are found: find_step_type in the program, fakes in tests.
using StepTypeLookup = std::function<const StepType*(std::string_view uses)>;

struct RunInputs {
  const Runbook& runbook;  // without errors; its graph has no cycles
  const Graph& graph;
  const ParamValues& params;
  const SecretValues& secret_values;  // `secrets.NAME` is looked up here first, then in the environment
  SecretSet& secrets;                 // filled with every secret that the runbook mentions, before anything starts
  Warehouses& warehouses;
  StepTypeLookup find_type;
};

// Blocks until the run has ended. Which step starts when is in scheduler.h; what happens to it:
//  - `if` is evaluated when all needs have ended; then `with`, once an attempt; inputs are checked against the schema,
//    the step looks and acts, outputs are checked. A look without actions whose preview says failure is the end of it.
//  - A step's timeout covers its attempts, the waits between them, and all items of its for_each. When it passes, the
//    running statement is interrupted; the step has failed with "timeout" even if it came to an end by itself, later.
//  - for_each: items run at once up to max_parallel, one after the other if the step writes a catalog. After an item
//    failed no further one starts, unless keep_going. One failed item fails the step. No items: succeeded, no outputs.
//  - retry: see retry.h. Each attempt is a new Step that looks again, so it only does what is left to do.
//  - dry run: a step's outputs are its preview. What cannot be told before an earlier step has acted (an expression
//    over outputs that a preview lacks, a catalog that is still to be created) makes the step skipped, with that
//    reason; steps that need it are looked at all the same. A failure does not keep other steps from being looked at.
//
// `stop` (Ctrl-C once, or the run's timeout): nothing new starts, what runs is interrupted and becomes cancelled, then
// the steps with always() or cancelled() run: those are interrupted by `hard_stop` only, which ends everything.
//
// The reporter is called from the calling thread only. An Error only when the run could not begin:
// "journal-not-writable".
Result<RunReport> run_runbook(const RunInputs& inputs, const RunOptions& options, Reporter& reporter,
                              const std::stop_token& stop, const std::stop_token& hard_stop = {});

// "20261124T100000Z-7f3a9c": sortable by time, unique.
std::string new_run_id();

}  // namespace lockstep
