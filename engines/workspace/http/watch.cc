#include "engines/workspace/http/watch.h"

#include <sys/socket.h>

namespace lockstep {

WatchTimer::WatchTimer() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

void WatchTimer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const SteadyTime now = std::chrono::steady_clock::now();
    auto due = entries_.begin();
    // Under the lock, so that a Watch cannot go away meanwhile. Its entry stays until it does.
    for (; due != entries_.end() && due->first <= now; ++due) due->second->fire(Watch::Over::timeout);
    sleeping_until_ = due == entries_.end() ? SteadyTime::max() : due->first;
    const SteadyTime until = sleeping_until_;
    auto woken = [this, until] { return sleeping_until_ < until; };
    if (until == SteadyTime::max())
      earlier_.wait(lock, stop, woken);
    else
      earlier_.wait_until(lock, stop, until, woken);
  }
}

WatchTimer::Entries::iterator WatchTimer::add(SteadyTime deadline, Watch* watch) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.emplace(deadline, watch);
  if (deadline < sleeping_until_) {
    sleeping_until_ = deadline;
    earlier_.notify_one();
  }
  return entry;
}

void WatchTimer::remove(Entries::iterator entry) {
  std::lock_guard lock(mutex_);
  entries_.erase(entry);
}

Watch::Watch(WatchTimer& timer, const Call& call) : timer_(timer), call_(call) {
  if (call_.expired()) over_ = Over::timeout;
  stop_.emplace(call_.stop, Stop{this});
  if (call_.deadline && over_ == Over::no) entry_ = timer_.add(*call_.deadline, this);
}

Watch::~Watch() {
  stop_.reset();
  if (entry_) timer_.remove(*entry_);
}

Watch::Over Watch::over() const {
  const Over known = over_.load();
  // The timer may come a moment later than the deadline itself.
  return known == Over::no && call_.expired() ? Over::timeout : known;
}

void Watch::guard(int fd) {
  std::lock_guard lock(mutex_);
  fd_ = fd;
  shut_ = over_ != Over::no;
  if (shut_) ::shutdown(fd_, SHUT_RDWR);
}

bool Watch::release() {
  std::lock_guard lock(mutex_);
  fd_ = -1;
  return !shut_;
}

void Watch::fire(Over why) noexcept {
  std::lock_guard lock(mutex_);
  Over none = Over::no;
  over_.compare_exchange_strong(none, why);
  if (fd_ < 0) return;
  shut_ = true;
  ::shutdown(fd_, SHUT_RDWR);
}

}  // namespace lockstep
