// How long a call may take and who may stop it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

using SteadyTime = std::chrono::steady_clock::time_point;

// For whom a call is made. Carried along by every Call of a step's attempt, so that a remote server's own records and
// the journal name the same things. Immutable; the functions may be called from any thread and outlive the attempt's
// calls.
struct CallTrace {
  std::string run_id;
  std::string step_id;
  int attempt = 1;
  // A server has accepted a statement under this id: recorded when it returns, and on the disk when it is `awaited`,
  // which is said of a statement that may change something and still runs. May be null.
  std::function<Result<void>(std::string_view connection, std::string_view statement_id, bool awaited)> on_submitted;
  // What is being waited for, in words: "warehouse abc is starting". May be null.
  std::function<void(std::string_view what)> on_wait;
};

// In a circumstance of an error: the statement was not ended for certain.
inline constexpr std::string_view kMayStillRun = "may still run";
// Among the circumstances of an error: no server can have begun with the statement.
inline constexpr std::string_view kNotSent = "no server took the statement: nothing has run";

// Passed by value. A callee returns Error "cancelled" when stopped and "timeout" when the deadline passed, within 250
// ms.
struct Call {
  std::stop_token stop;
  std::optional<SteadyTime> deadline;
  std::shared_ptr<const CallTrace> trace = nullptr;  // null: on nobody's behalf (doctor, tests)
  // Made after a stop or the deadline, to read back what was done: when it is cut off, nothing is looked up or
  // cancelled.
  bool reads_back = false;

  [[nodiscard]] bool stopped() const { return stop.stop_requested(); }
  [[nodiscard]] bool expired() const { return deadline && std::chrono::steady_clock::now() >= *deadline; }
};

}  // namespace lockstep
