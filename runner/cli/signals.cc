#include "runner/cli/signals.h"

#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <cstring>

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

void say(const char* text) {
  // write(2) and not stdio: the terminal tree may hold stdio's lock.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
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
        say("\nstopping: running statements are interrupted, always() steps still run; Ctrl-C again stops those too\n");
        soft_.request_stop();
      } else if (count == 2) {
        say("\nstopping now\n");
        hard_.request_stop();
      } else {
        _exit(128 + received);
      }
    }
  });
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
  sigset_t set = watched_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace lockstep
