// A second, naive scheduler: it asks of every step, again and again, what the rules say, until nothing changes. It
// shares no code and no data structure with runner/scheduler.h, so that a mistake would have to be made twice.
#pragma once

#include <string>
#include <vector>

#include "runner/report.h"

namespace lockstep::testing {

enum class Condition { none, yes, no, always, failure, success };

struct ModelStep {
  std::vector<std::size_t> needs;
  Condition condition = Condition::none;
  bool fails = false;
  bool continue_on_error = false;
};

class NaiveSchedule {
 public:
  NaiveSchedule(std::vector<ModelStep> steps, bool keep_going)
      : steps_(std::move(steps)), keep_going_(keep_going), status_(steps_.size(), StepStatus::pending) {}

  // Skips what has to be skipped, and starts what may start, lowest index first, up to `slots` at once.
  void settle(std::size_t slots) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < steps_.size(); ++i)
        if (status_[i] == StepStatus::pending && must_skip(i)) {
          status_[i] = StepStatus::skipped;
          changed = true;
        }
    }
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (status_[i] == StepStatus::pending && count(StepStatus::running) < slots && may_start(i))
        status_[i] = StepStatus::running;
  }
  void finish(std::size_t step) { status_[step] = steps_[step].fails ? StepStatus::failed : StepStatus::succeeded; }

  [[nodiscard]] const std::vector<StepStatus>& status() const { return status_; }
  [[nodiscard]] std::size_t count(StepStatus status) const {
    std::size_t found = 0;
    for (StepStatus s : status_) found += s == status ? 1 : 0;
    return found;
  }

 private:
  [[nodiscard]] bool ended(std::size_t i) const {
    return status_[i] == StepStatus::succeeded || status_[i] == StepStatus::failed || status_[i] == StepStatus::skipped;
  }
  [[nodiscard]] bool good(std::size_t i) const {
    return status_[i] == StepStatus::succeeded || (status_[i] == StepStatus::failed && steps_[i].continue_on_error);
  }
  [[nodiscard]] bool bad_failure(std::size_t i) const {
    return status_[i] == StepStatus::failed && !steps_[i].continue_on_error;
  }
  [[nodiscard]] bool halted() const {
    if (keep_going_) return false;
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (bad_failure(i)) return true;
    return false;
  }
  [[nodiscard]] bool is_final(std::size_t i) const {
    return steps_[i].needs.empty() &&
           (steps_[i].condition == Condition::always || steps_[i].condition == Condition::failure);
  }
  [[nodiscard]] bool follows_final(std::size_t i) const {
    if (is_final(i)) return true;
    for (std::size_t need : steps_[i].needs)
      if (follows_final(need)) return true;
    return false;
  }
  // The steps that i looks at before it is decided.
  [[nodiscard]] std::vector<std::size_t> looks_at(std::size_t i) const {
    if (!is_final(i)) return steps_[i].needs;
    std::vector<std::size_t> all;
    for (std::size_t j = 0; j < steps_.size(); ++j)
      if (!follows_final(j)) all.push_back(j);
    return all;
  }
  [[nodiscard]] bool decidable(std::size_t i) const {
    for (std::size_t j : looks_at(i))
      if (!ended(j)) return false;
    return true;
  }
  [[nodiscard]] bool wants(std::size_t i) const {
    bool all_good = true;
    bool some_failed = false;
    for (std::size_t j : looks_at(i)) {
      all_good = all_good && good(j);
      some_failed = some_failed || bad_failure(j);
    }
    switch (steps_[i].condition) {
      case Condition::none:
      case Condition::yes:
      case Condition::success:
        return all_good;
      case Condition::no:
        return false;
      case Condition::always:
        return true;
      case Condition::failure:
        return some_failed;
    }
    return false;
  }
  [[nodiscard]] bool survives_failure(std::size_t i) const {
    return steps_[i].condition == Condition::always || steps_[i].condition == Condition::failure;
  }
  [[nodiscard]] bool must_skip(std::size_t i) const {
    return (halted() && !survives_failure(i)) || (decidable(i) && !wants(i));
  }
  [[nodiscard]] bool may_start(std::size_t i) const { return decidable(i) && wants(i); }

  std::vector<ModelStep> steps_;
  bool keep_going_;
  std::vector<StepStatus> status_;
};

}  // namespace lockstep::testing
