#include "engines/workspace/token_cache.h"

#include <algorithm>

namespace lockstep {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Error gave_up(const Call& call) {
  if (call.stopped())
    return {"cancelled"_code, "stopped while waiting for an access token", "run again when you are ready"};
  return {"timeout"_code, "timeout while waiting for an access token", "give the step a longer `timeout`"};
}

constexpr seconds kEarlyFetch{5};
constexpr seconds kTooShort{2};  // the grace of a cancel

// Says nothing about the credentials: whoever waits has time of their own.
bool personal(const Error& error) {
  return error.code == "cancelled" || error.code == "timeout";
}

}  // namespace

CachedTokenSource::CachedTokenSource(Fetch fetch, OnSecret on_secret, Clock clock)
    : fetch_(std::move(fetch)), on_secret_(std::move(on_secret)), clock_(std::move(clock)) {}

Result<std::string> CachedTokenSource::header(const Call& call) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const SteadyTime now = clock_();
    const bool usable = token_ && now < token_->useless;
    if (usable && (now < token_->stale || fetching_)) return token_->header;
    if (!fetching_) {
      const std::string old = usable ? token_->header : std::string();
      Call own = call;
      if (usable) {
        // The old one is still good: the new one may cost this caller a moment, but neither its time nor its purpose.
        if (own.deadline && *own.deadline - now <= kTooShort) return token_->header;
        own.deadline = std::min(own.deadline.value_or(now + kEarlyFetch), now + kEarlyFetch);
      }
      Result<std::string> fresh = fetch_now(own, lock);
      if (fresh || old.empty() || !token_) return fresh;
      token_->stale = clock_() + minutes(1);
      return old;
    }
    const std::uint64_t seen = fetches_;
    const auto ended = [&] { return fetches_ != seen; };
    const bool in_time = call.deadline ? fetched_.wait_until(lock, call.stop, *call.deadline, ended)
                                       : fetched_.wait(lock, call.stop, ended);
    if (!in_time) return gave_up(call);
    // What that fetch learned of the credentials holds for everybody who waited for it.
    if (last_error_ && !personal(*last_error_)) return *last_error_;
  }
}

Result<std::string> CachedTokenSource::fetch_now(const Call& call, std::unique_lock<std::mutex>& lock) {
  fetching_ = true;
  lock.unlock();
  Result<FetchedToken> fetched = fetch_(call);
  if (fetched && on_secret_) on_secret_("access_token", fetched->value);
  lock.lock();
  fetching_ = false;
  ++fetches_;
  last_error_.reset();
  if (fetched) {
    const SteadyTime now = clock_();
    const seconds lifetime = std::max(fetched->lifetime, seconds(0));
    token_ = Token{"Bearer " + fetched->value,
                   now + lifetime - std::min<seconds>(lifetime / 2, std::chrono::duration_cast<seconds>(minutes(20))),
                   now + lifetime - std::min<seconds>(lifetime / 4, seconds(40))};
    fetched_.notify_all();
    return token_->header;
  }
  last_error_ = fetched.error();
  fetched_.notify_all();
  return std::move(fetched).error();
}

bool CachedTokenSource::renew(std::string_view refused_header) {
  const std::lock_guard lock(mutex_);
  // Another thread may have renewed it already: that one is worth a try.
  if (token_ && token_->header == refused_header) token_.reset();
  return true;
}

}  // namespace lockstep
