#include "engines/workspace/http/pool.h"

#include <algorithm>
#include <iterator>

namespace lockstep {

namespace {
// Servers and what stands before them close idle connections after 60 s or more, most of them; who closes earlier is
// noticed by quiet(), or says so with Keep-Alive.
constexpr std::chrono::seconds kOldest{30};
// The server's clock began to run before ours, and a request is on its way for a while.
constexpr std::chrono::milliseconds kMargin{1'000};
constexpr std::size_t kMostIdle = 256;
}  // namespace

bool Pool::Idle::stale(SteadyTime now) const {
  if (now - since > kOldest) return true;
  return connection->server_closes && now - since > *connection->server_closes - kMargin;
}

std::unique_ptr<Connection> Pool::take(const std::string& place, std::chrono::milliseconds max_idle) {
  Stack dead;  // closed after the lock is given back
  std::lock_guard lock(mutex_);
  auto found = idle_.find(place);
  if (found == idle_.end()) return nullptr;
  Stack& stack = found->second;
  const SteadyTime now = std::chrono::steady_clock::now();
  auto young = std::find_if(stack.begin(), stack.end(), [&](const Idle& idle) { return !idle.stale(now); });
  dead.assign(std::make_move_iterator(stack.begin()), std::make_move_iterator(young));
  stack.erase(stack.begin(), young);
  while (!stack.empty()) {
    // Older than this caller wants: the rest is older still, and may serve another.
    if (now - stack.back().since > max_idle) return nullptr;
    Idle last = std::move(stack.back());
    stack.pop_back();
    if (!last.stale(now) && last.connection->quiet()) return std::move(last.connection);
    dead.push_back(std::move(last));
  }
  return nullptr;
}

void Pool::put(const std::string& place, std::unique_ptr<Connection> connection) {
  std::unique_ptr<Connection> oldest;
  std::lock_guard lock(mutex_);
  Stack& stack = idle_[place];
  if (stack.size() >= kMostIdle) {
    oldest = std::move(stack.front().connection);
    stack.erase(stack.begin());
  }
  stack.push_back({std::move(connection), std::chrono::steady_clock::now()});
}

void Pool::drop(const std::string& place) {
  Stack dropped;
  std::lock_guard lock(mutex_);
  auto found = idle_.find(place);
  if (found != idle_.end()) dropped.swap(found->second);
}

}  // namespace lockstep
