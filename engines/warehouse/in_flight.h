// A connection's in-flight budget: how many statements of all steps run on it at once. Thread-safe.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>

#include "engines/call.h"
#include "specs/result.h"

namespace lockstep {

class InFlight {
 public:
  explicit InFlight(std::size_t places) : free_(std::max<std::size_t>(1, places)) {}

  // A place in the budget, given back at its end.
  class Place {
   public:
    explicit Place(InFlight* budget) : budget_(budget) {}
    Place(Place&& other) noexcept : budget_(other.budget_) { other.budget_ = nullptr; }
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (budget_ == nullptr) return;
      const std::lock_guard lock(budget_->mutex_);
      ++budget_->free_;
      budget_->freed_.notify_one();
    }

   private:
    InFlight* budget_;
  };

  // Waits for a place. Errors: "cancelled", "timeout".
  Result<Place> enter(const Call& call) {
    std::unique_lock lock(mutex_);
    const auto free = [this] { return free_ > 0; };
    const bool got =
        call.deadline ? freed_.wait_until(lock, call.stop, *call.deadline, free) : freed_.wait(lock, call.stop, free);
    if (!got && call.stopped())
      return Error("cancelled"_code, "stopped while waiting for the connection", "run again when you are ready");
    if (!got)
      return Error("timeout"_code, "timeout while waiting for the connection",
                   "give the step a longer `timeout`, or the connection a larger `max_in_flight`");
    --free_;
    return Place(this);
  }

  // A place that is free now.
  std::optional<Place> try_enter() {
    const std::lock_guard lock(mutex_);
    if (free_ == 0) return std::nullopt;
    --free_;
    return Place(this);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t free_;
};

}  // namespace lockstep
