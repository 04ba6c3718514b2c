#include "runner/worker_pool.h"

namespace lockstep {

void WorkerPool::submit(std::function<void()> task) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (tasks_.size() > idle_ && threads_.size() < max_threads_)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  else
    ready_.notify_one();
}

void WorkerPool::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    const bool has_task = ready_.wait(lock, stop, [this] { return !tasks_.empty(); });
    --idle_;
    if (!has_task || stop.stop_requested()) return;
    std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it holds is freed outside of the lock
    lock.lock();
  }
}

}  // namespace lockstep
