// The work of one step, or of one item of a for_each: resolve, check, look, act, with retries and a deadline.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runner/run_state.h"

namespace lockstep {

struct Work {
  std::size_t step = 0;
  std::int64_t item = -1;  // index of the item; -1: the step has no for_each
  std::optional<Value> item_value;
  Call call;                             // the deadline is the step's: it covers all attempts, and all items
  std::chrono::milliseconds timeout{0};  // the one the deadline was made from, for messages
  std::optional<std::size_t> pending;    // dry run: the step itself, when an earlier item would have changed something
};

struct WorkResult {
  StepStatus status = StepStatus::succeeded;
  std::string reason;
  Json outputs;  // null: none
  std::optional<Error> error;
  std::vector<Action> actions;
  std::vector<std::string> warnings;
  std::string figure;
  int attempts = 0;
  bool not_lookable = false;           // dry run: skipped, because an earlier step has to act first
  std::optional<std::size_t> pending;  // dry run: the step whose changes are still to be made
  bool outputs_unknown = false;        // dry run: Look::outputs_unknown
  bool durable = false;                // something was changed: the step's end must be durable
};

// Called from the worker's thread, and `progress` also from threads that the step starts.
struct WorkEvents {
  std::function<void(std::string_view what, double fraction)> progress;
  std::function<void(const Error& error, std::chrono::milliseconds wait)> retrying;
};

// Never throws: an exception that escapes a step is a bug in it, and ends as failed with "internal-error".
WorkResult do_work(const RunState& state, const Work& work, const WorkEvents& events);

}  // namespace lockstep
