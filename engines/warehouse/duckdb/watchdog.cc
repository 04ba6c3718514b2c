#include "engines/warehouse/duckdb/watchdog.h"

#include <chrono>

namespace lockstep {

namespace {
constexpr std::chrono::milliseconds kRepeat{20};
}

Watchdog::Watchdog(const DuckDbApi& api) : api_(api), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void Watchdog::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    bool over = false;
    std::optional<SteadyTime> next;
    for (const Entry& entry : entries_) {
      if (entry.call.stopped() || entry.call.expired()) {
        // Under the lock, so that the guard cannot leave before: the connection is alive.
        api_.interrupt(entry.connection);
        over = true;
      } else if (entry.call.deadline && (!next || *entry.call.deadline < *next)) {
        next = entry.call.deadline;
      }
    }
    std::uint64_t seen = changes_;
    auto changed = [this, seen] { return changes_ != seen; };
    if (over)
      changed_.wait_for(lock, stop, kRepeat, [] { return false; });
    else if (next)
      changed_.wait_until(lock, stop, *next, changed);
    else
      changed_.wait(lock, stop, changed);
  }
}

void Watchdog::wake() {
  std::lock_guard lock(mutex_);
  ++changes_;
  changed_.notify_all();
}

void Watchdog::Guard::Wake::operator()() const noexcept {
  watchdog->wake();
}

Watchdog::Guard::Guard(Watchdog& watchdog, duckdb_connection connection, const Call& call)
    : watchdog_(watchdog),
      entry_([&] {
        std::lock_guard lock(watchdog.mutex_);
        watchdog.entries_.push_back({connection, call});
        return std::prev(watchdog.entries_.end());
      }()),
      wake_(call.stop, Wake{&watchdog}) {
  watchdog_.wake();
}

Watchdog::Guard::~Guard() {
  std::lock_guard lock(watchdog_.mutex_);
  watchdog_.entries_.erase(entry_);
}

}  // namespace lockstep
