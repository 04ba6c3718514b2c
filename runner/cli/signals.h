// Ctrl-C and SIGTERM as stop tokens.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

namespace lockstep {

// While alive, SIGINT and SIGTERM do not kill the process: the first one triggers `soft`, the second `hard`, the third
// ends the process at once. Make one before any other thread, so that all threads inherit the blocked signals.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  [[nodiscard]] std::stop_token soft() const { return soft_.get_token(); }
  [[nodiscard]] std::stop_token hard() const { return hard_.get_token(); }
  // Who shows what a signal does, instead of stderr; returns false when it cannot. Null: stderr again. Called from the
  // watching thread; when tell() returns, the former one is not called any more.
  using Tell = std::function<bool(std::string_view line)>;
  void tell(Tell tell);

  // The first signal that came; 0: none.
  [[nodiscard]] int signal() const { return signal_.load(); }

 private:
  void announce(std::string_view line);

  std::mutex mutex_;
  Tell tell_;  // guarded by mutex_
  std::stop_source soft_;
  std::stop_source hard_;
  std::atomic<int> signal_{0};
  std::thread thread_;
};

}  // namespace lockstep
