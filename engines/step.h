// The one contract a capability implements. A step first looks, then acts:
//   look() only reads, and returns the actions it would take, each with its reason;
//   act()  executes exactly those actions and returns the outputs.
// A Step object serves one attempt of one step (or of one for_each item) and may keep state between the two calls.
// One thread calls it; it may start threads of its own, which have ended when the call returns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/call.h"
#include "engines/warehouse/warehouse.h"
#include "specs/document.h"
#include "specs/result.h"
#include "specs/secrets.h"

namespace lockstep {

// One thing a step will do. Shown in plans and reports, journaled around its execution.
struct Action {
  enum class Kind { sql, rest, file, compute };
  Kind kind = Kind::sql;
  std::string connection;  // empty for file and compute
  std::string target;      // "staging.sales.orders", or a file's path
  std::string text;        // the SQL statement, the request line, or what is computed
  std::string why;         // one line
  bool changes = false;    // false: reads only
  // What became of it, for reports; the runner's to say. `unknown`: it was begun, and nobody knows how it ended.
  enum class Status { planned, done, failed, unknown, not_run };
  std::optional<Status> status = std::nullopt;  // nothing: a read that is not logged by itself
};

// What a step has to say at its end. A failed step keeps its outputs.
struct Outcome {
  Json outputs = Json::object();
  std::optional<Error> failure;       // set: the step failed (a mismatch, an unmet expectation, tables with errors)
  std::vector<std::string> warnings;  // shown in the summary and the report
  std::string figure;                 // the key figure for the summary: "12 tables, 3 changed"
};

struct Look {
  std::vector<Action> actions;
  Outcome preview;  // the outcome of a dry run: outputs in the response shape, failure when acting would fail as well
  // Only act() can tell the outputs (a query's rows): preview.outputs lacks what a step behind this one may read.
  bool outputs_unknown = false;
  [[nodiscard]] bool changes() const {
    for (const Action& action : actions)
      if (action.changes) return true;
    return false;
  }
};

// Where actions are recorded. started() is durable when it returns; an action is executed only after that. Thread-safe,
// and to be called without a lock, so that actions that start together become durable together.
class ActionLog {
 public:
  virtual ~ActionLog() = default;
  virtual Result<void> started(const Action& action) = 0;
  // Several that start together or, when a worker is free, soon after; durable together. Whoever announces one that
  // then does not start says so with withdrawn(). An Error may leave some of them recorded.
  virtual Result<void> started_together(const std::vector<const Action*>& actions) {
    for (const Action* action : actions)
      if (Result<void> recorded = started(*action); !recorded) return recorded;
    return {};
  }
  virtual Result<void> finished(const Action& action, const std::optional<Error>& error) = 0;
  // It was announced and will not start: `why`.
  virtual Result<void> withdrawn(const Action& action, const Error& why) { return finished(action, why); }
  // A server runs a statement of this step under that id. Recorded before the client waits for its end, so that a run
  // that was killed can be followed up; durable when it returns if the statement may change something and is `awaited`.
  virtual Result<void> submitted(std::string_view /*connection*/, std::string_view /*statement_id*/, bool /*awaited*/) {
    return {};
  }
};

struct RunIdentity {
  std::string run_id;  // sortable by time; unique
  std::string step_id;
  int attempt = 1;
};

// Everything a step may use. References outlive the step.
struct StepContext {
  Warehouses& warehouses;  // connections by name, opened on first use
  std::string connection;  // the step's connection; empty when it has none
  std::string directory;   // absolute; relative paths in inputs start here
  RunIdentity run;
  Call call;
  ActionLog& log;
  const SecretSet& secrets;
  std::vector<std::string> tainted;  // JSON pointers into the inputs: places a secret went into
  std::function<void(std::string_view what, double fraction)>
      progress;  // fraction in 0..1, or -1: unknown; may be null
  // True: act() follows a look that has actions, so that of its preview only `failure` is read.
  bool acts = false;
};

// The actions handed to act() are not as many as look() gave.
Error plan_mismatch(std::size_t planned, std::size_t given);

class Step {
 public:
  virtual ~Step() = default;
  // An Error means that the step could not even look (no outputs). A finding that forbids all acting is preview.failure
  // without actions. preview.failure beside actions: part of the work can be done (the tables without errors), so act()
  // is called, and reports the failure of the rest itself.
  virtual Result<Look> look(const StepContext& context) = 0;
  // Called at most once, after look(). An Error is for breakdowns; expected failure is Outcome::failure.
  virtual Result<Outcome> act(const StepContext& context, const Look& look) = 0;
};

// `inputs` were resolved and checked against the step's schema; defaults are NOT filled in.
using StepFactory = std::function<Result<std::unique_ptr<Step>>(const Json& inputs)>;

struct StepType {
  std::string uses;
  StepFactory make;
  bool needs_connection = true;
};

// Every step type this build can run, sorted by name (registry.cc). A name with a schema but without an entry here is
// answered at validate with "not available in this version".
const std::vector<StepType>& step_types();
const StepType* find_step_type(std::string_view uses);

}  // namespace lockstep
