#include "runner/cli/signals.h"

#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <string>

namespace lockstep {

namespace {

// SIGUSR1 ends the watching thread; the program uses it for nothing else.
sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  return set;
}

void say(std::string_view text) {
  // write(2) and not stdio: the terminal tree may hold stdio's lock.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

SignalWatch::SignalWatch() {
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this, set] {
    int count = 0;
    for (;;) {
      int received = 0;
      if (sigwait(&set, &received) != 0 || received == SIGUSR1) return;
      ++count;
      if (count == 1) {
        signal_.store(received);
        announce(
            "stopping: running statements are interrupted, always() steps still run; Ctrl-C again stops those too");
        soft_.request_stop();
      } else if (count == 2) {
        announce("stopping now");
        hard_.request_stop();
      } else {
        _exit(128 + received);
      }
    }
  });
}

void SignalWatch::tell(Tell tell) {
  std::lock_guard lock(mutex_);
  tell_ = std::move(tell);
}

void SignalWatch::announce(std::string_view line) {
  std::lock_guard lock(mutex_);
  if (tell_ && tell_(line)) return;
  say("\n" + std::string(line) + "\n");
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace lockstep
