// How long a call may take and who may stop it.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

namespace lockstep {

using SteadyTime = std::chrono::steady_clock::time_point;

// Passed by value. A callee returns Error "cancelled" when stopped and "timeout" when the deadline passed, within 250
// ms.
struct Call {
  std::stop_token stop;
  std::optional<SteadyTime> deadline;

  [[nodiscard]] bool stopped() const { return stop.stop_requested(); }
  [[nodiscard]] bool expired() const { return deadline && std::chrono::steady_clock::now() >= *deadline; }
};

}  // namespace lockstep
