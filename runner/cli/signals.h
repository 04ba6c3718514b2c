// Ctrl-C and SIGTERM as stop tokens.
#pragma once

#include <atomic>
#include <stop_token>
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
  // The first signal that came; 0: none.
  [[nodiscard]] int signal() const { return signal_.load(); }

 private:
  std::stop_source soft_;
  std::stop_source hard_;
  std::atomic<int> signal_{0};
  std::thread thread_;
};

}  // namespace lockstep
