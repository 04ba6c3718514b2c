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

const std::optional<HttpLinger> Watch::kNone;

Watch::Watch(WatchTimer& timer, const Call& call, const std::optional<HttpLinger>& linger)
    : timer_(timer), call_(call), linger_(linger) {
  if (call_.expired()) over_ = Over::timeout;
  if (call_.deadline && over_ == Over::no) {
    entries_.push_back(timer_.add(*call_.deadline, this));
    if (linger_) entries_.push_back(timer_.add(*call_.deadline + linger_->time, this));
  }
  if (linger_) enough_.emplace(linger_->enough, Enough{this});
  stop_.emplace(call_.stop, Stop{this});
}

Watch::~Watch() {
  stop_.reset();
  enough_.reset();
  for (const WatchTimer::Entries::iterator entry : entries_) timer_.remove(entry);
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

bool Watch::sending() {
  std::lock_guard lock(mutex_);
  if (over_ != Over::no) return false;
  lingers_ = linger_.has_value();
  return true;
}

void Watch::fire(Over why) noexcept {
  const SteadyTime now = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(mutex_);
    Over none = Over::no;
    const bool first = over_.compare_exchange_strong(none, why);
    if (first && lingers_) last_ = (why == Over::timeout ? *call_.deadline : now) + linger_->time;
    const bool lingering = last_ != SteadyTime::max() && now < last_;
    if (!lingering && fd_ >= 0) {
      shut_ = true;
      ::shutdown(fd_, SHUT_RDWR);
    }
    if (!first || !lingering) return;
  }
  // The entry of a deadline's lingering is there already: this may be the timer's own thread, which holds its lock.
  if (why == Over::cancelled) entries_.push_back(timer_.add(last_, this));
  if (linger_->began) linger_->began();
}

void Watch::shut() noexcept {
  std::lock_guard lock(mutex_);
  if (fd_ < 0) return;
  shut_ = true;
  ::shutdown(fd_, SHUT_RDWR);
}

}  // namespace lockstep
