// What starts next, what is skipped, and why: the decisions of a run as a state machine without threads or clocks, so
// that a test can walk through every graph and every outcome.
//
//   A step is decided when all its needs have ended. Without a status function in its `if`, it is skipped when a need
//   did not succeed (failed, skipped, cancelled, unknown; a failed step with continue_on_error counts as succeeded),
//   and starts otherwise, provided that its `if` is true. Nothing is inherited beyond the direct needs.
//   With a status function the `if` alone decides:
//     success()    every need succeeded (true without needs)
//     failure()    some need failed, or nobody knows whether it took effect
//     cancelled()  the run was interrupted (Ctrl-C, or its timeout)
//     always()     true
//   A step whose `if` uses always(), failure() or cancelled() but which needs nothing is a *final step*: it is decided
//   when every step has ended that is neither a final step nor comes after one, and looks at all of those instead of
//   its needs: success() is then true when none of them failed, was cancelled or is unknown.
//
//   After a failure nothing starts any more but steps whose `if` uses always() or failure(), unless `keep_going`.
//   After an interruption nothing starts but steps whose `if` uses always() or cancelled(); after stop() nothing.
//
// Steps that exclude one another (Graph::claims) hold their claims from the moment they are ready until they end; a
// step gets all its claims at once or none, so there is no deadlock. Ready steps start in file order.
// Time: O((steps + edges + claims) log steps) for the whole run. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runner/graph.h"
#include "runner/report.h"

namespace lockstep {

// What the schedule has to know of a step.
struct StepRule {
  std::string_view id;  // outlives the schedule
  bool has_condition = false;
  bool uses_status = false;         // the condition has a status function
  bool runs_after_failure = false;  // ... always() or failure()
  bool runs_after_cancel = false;   // ... always() or cancelled()
  bool continue_on_error = false;
};

// What the status functions answer for one step.
struct StatusView {
  bool success = true;
  bool failure = false;
  bool cancelled = false;
  std::optional<std::size_t> skipped = std::nullopt;  // a need that was skipped: neither a success nor a failure
};

// The answer of a step's `if`.
struct Gate {
  enum class Answer : std::uint8_t { run, skip, fail };
  Answer answer = Answer::run;
  std::string reason;              // skip: why
  std::optional<Error> error;      // fail: the `if` could not be evaluated
  bool counts_as_success = false;  // skip: dependents may run all the same (a dry run that could not tell)
};
// Called at most once a step, from within the schedule's functions, when all its needs have ended.
using GateFunction = std::function<Gate(std::size_t step, const StatusView& view)>;

struct Decision {
  std::size_t step = 0;
  StepStatus status = StepStatus::running;  // running: start it; otherwise it ended without having started
  std::string reason;
  std::optional<Error> error;
};

class Schedule {
 public:
  // `graph` outlives the schedule and has no cycles; rules[i] is about step i.
  Schedule(const Graph& graph, std::vector<StepRule> rules, bool keep_going, GateFunction gate);

  // Everything decided since the last call, with at most `free_slots` steps to start.
  [[nodiscard]] std::vector<Decision> next(std::size_t free_slots);
  // A started step has ended. `status`: succeeded, failed, skipped (a dry run that could not look), cancelled, unknown.
  // `counts_as_success`: its dependents may run although it did not succeed (a dry run again).
  void finish(std::size_t step, StepStatus status, bool counts_as_success = false);
  // Nothing but steps that run after a cancel start from now on. `why` becomes their reason.
  void interrupt(const std::string& why);
  // Nothing at all starts from now on.
  void stop(const std::string& why);

  [[nodiscard]] bool all_ended() const { return ended_ == rules_.size(); }
  [[nodiscard]] const StepRule& rule(std::size_t step) const { return rules_[step]; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }
  // A step failed that the run does not forgive.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  enum class State : std::uint8_t { waiting, blocked, ready, running, ended };
  struct Entry {
    State state = State::waiting;
    StepStatus status = StepStatus::pending;
    bool good = false;  // counts as succeeded for its dependents
    bool final_step = false;
    bool before_final = true;  // neither a final step nor after one
    std::size_t missing = 0;   // needs that have not ended
  };
  struct Holding {                          // of one resource
    std::size_t holders[4] = {0, 0, 0, 0};  // by Claim::Mode
    std::set<std::size_t> blocked;          // steps to try again when it is released, in file order
  };

  void mark_final_steps();
  void end(std::size_t step, StepStatus status, std::string reason, std::optional<Error> error, bool good);
  void settle(std::size_t step, StepStatus status, bool good);
  void consider_all();
  void consider(std::size_t step);
  void end_unstarted(const std::string& why, StepStatus status, bool (*spared)(const StepRule&));
  [[nodiscard]] StatusView view_of(std::size_t step) const;
  [[nodiscard]] std::string bad_needs(std::size_t step) const;
  void claim_or_block(std::size_t step);
  void release(std::size_t step);
  [[nodiscard]] std::optional<std::uint32_t> blocking_resource(std::size_t step) const;

  const Graph& graph_;
  std::vector<StepRule> rules_;
  bool keep_going_;
  GateFunction gate_;
  std::vector<Entry> entries_;
  std::vector<Holding> holdings_;  // by resource
  std::vector<std::size_t> final_steps_;
  std::vector<std::size_t> to_consider_;  // all needs have ended
  std::set<std::size_t> ready_;           // claims held, waiting for a slot
  std::vector<Decision> decided_;
  std::size_t ended_ = 0;
  std::size_t missing_before_final_ = 0;  // steps that the final steps still wait for
  StatusView run_view_;                   // what final steps see
  bool failed_ = false;
  bool halted_ = false;  // by a failure
  bool interrupted_ = false;
  bool considering_ = false;
};

}  // namespace lockstep
