#include "engines/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>

#include "engines/worker_pool.h"

namespace lockstep {

namespace {

// One loop. It ends when its indexes have been run; a helper that has not begun by then is not waited for, so that
// loops within loops cannot wait for each other.
class Loop {
 public:
  Loop(std::size_t count, const Call& call, const std::function<void(std::size_t)>& body)
      : count_(count), call_(call), body_(body) {}

  // On a helper's thread.
  void help() {
    {
      const std::lock_guard lock(mutex_);
      if (over_) return;
      ++helping_;
    }
    work();
    const std::lock_guard lock(mutex_);
    if (--helping_ == 0) ended_.notify_one();
  }

  // On the calling thread: `call_` and `body_` are not used after it.
  std::size_t run() {
    work();
    std::unique_lock lock(mutex_);
    over_ = true;
    ended_.wait(lock, [this] { return helping_ == 0; });
    if (thrown_) std::rethrow_exception(thrown_);
    return done_;
  }

 private:
  void work() {
    while (!call_.stopped() && !call_.expired()) {
      const std::size_t index = next_.fetch_add(1);
      if (index >= count_) return;
      try {
        body_(index);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!thrown_) thrown_ = std::current_exception();
        next_ = count_;
        return;
      }
      done_.fetch_add(1);
    }
  }

  const std::size_t count_;
  const Call& call_;
  const std::function<void(std::size_t)>& body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t helping_ = 0;
  bool over_ = false;
  std::exception_ptr thrown_;
};

// Threads that stay for the next loop: to start sixty of them takes 2 ms, as long as to send what they are there for.
WorkerPool& helpers() {
  static WorkerPool pool(std::numeric_limits<std::size_t>::max());
  return pool;
}

}  // namespace

std::size_t parallel_for(std::size_t count, std::size_t workers, const Call& call,
                         const std::function<void(std::size_t)>& body) {
  const auto loop = std::make_shared<Loop>(count, call, body);
  for (std::size_t extra = 1; extra < std::min(workers, count); ++extra) helpers().submit([loop] { loop->help(); });
  return loop->run();
}

std::size_t processors() {
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace lockstep
