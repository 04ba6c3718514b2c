// What workers and signals tell the scheduler's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engines/call.h"
#include "runner/work.h"

namespace lockstep {

struct WorkEnded {
  std::size_t step;
  std::int64_t item;
  WorkResult result;
};
struct WorkRetrying {
  std::size_t step;
  Error error;
  std::chrono::milliseconds wait;
};
struct StopRequested {
  bool hard;
};
using RunEvent = std::variant<WorkEnded, WorkRetrying, StopRequested>;

struct StepProgress {
  std::string what;
  double fraction;
};

// Thread-safe. Of progress only a step's latest is kept: a step may report it far more often than anyone can look.
class RunEvents {
 public:
  void push(RunEvent event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    arrived_.notify_one();
  }
  void progress(std::size_t step, std::string what, double fraction) {
    std::lock_guard lock(mutex_);
    progress_[step] = {std::move(what), fraction};
    arrived_.notify_one();
  }

  struct Batch {
    std::map<std::size_t, StepProgress> progress;
    std::deque<RunEvent> events;
  };
  Batch poll() {
    std::lock_guard lock(mutex_);
    return {std::exchange(progress_, {}), std::exchange(events_, {})};
  }
  // Waits for something to arrive; an empty batch: the deadline passed.
  Batch wait(const std::optional<SteadyTime>& deadline) {
    std::unique_lock lock(mutex_);
    const auto any = [this] { return !events_.empty() || !progress_.empty(); };
    if (deadline)
      arrived_.wait_until(lock, *deadline, any);
    else
      arrived_.wait(lock, any);
    return {std::exchange(progress_, {}), std::exchange(events_, {})};
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::size_t, StepProgress> progress_;
  std::deque<RunEvent> events_;
};

}  // namespace lockstep
