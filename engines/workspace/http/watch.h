// Ends what blocks: one timer thread for all requests, and the stop token of each. A watched socket is shut down when
// its request is over, which wakes every read and write on it (measured on plain and TLS; closing it from another
// thread would not be safe).
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "engines/call.h"
#include "engines/workspace/http.h"

namespace lockstep {

class Watch;

// Thread-safe. Sleeps until the earliest deadline it knows; a later one does not wake it.
class WatchTimer {
 public:
  WatchTimer();
  ~WatchTimer() = default;
  WatchTimer(const WatchTimer&) = delete;
  WatchTimer& operator=(const WatchTimer&) = delete;

 private:
  friend class Watch;
  using Entries = std::multimap<SteadyTime, Watch*>;
  void run(const std::stop_token& stop);
  Entries::iterator add(SteadyTime deadline, Watch* watch);
  void remove(Entries::iterator entry);

  std::mutex mutex_;
  std::condition_variable_any earlier_;
  Entries entries_;
  SteadyTime sleeping_until_ = SteadyTime::min();  // min: awake, and about to look
  std::jthread thread_;                            // last: joined before the rest goes
};

// One request under its Call. Used by the thread that sends; fired by the timer or by whoever stops the call.
class Watch {
 public:
  enum class Over { no, timeout, cancelled };

  // `linger`: of the request; outlives the watch.
  Watch(WatchTimer& timer, const Call& call, const std::optional<HttpLinger>& linger = kNone);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] Over over() const;
  [[nodiscard]] const Call& call() const { return call_; }
  // From now on, the end of the call shuts this socket down; at once when the call is over already.
  void guard(int fd);
  // The request is about to be sent: from now on the end of the call lets its exchange linger. False: it is over.
  bool sending();
  // The socket is left alone from now on; to be called before it is closed, as its number is given to another then.
  // False when it was shut down.
  bool release();

 private:
  friend class WatchTimer;
  struct Stop {
    Watch* watch;
    void operator()() const noexcept { watch->fire(Over::cancelled); }
  };
  struct Enough {
    Watch* watch;
    void operator()() const noexcept { watch->shut(); }
  };
  static const std::optional<HttpLinger> kNone;

  void fire(Over why) noexcept;
  void shut() noexcept;

  WatchTimer& timer_;
  Call call_;
  const std::optional<HttpLinger>& linger_;
  std::mutex mutex_;
  int fd_ = -1;
  bool shut_ = false;
  std::atomic<Over> over_ = Over::no;
  bool lingers_ = false;                 // as soon as the call is over
  SteadyTime last_ = SteadyTime::max();  // when that ends; max: it has not begun
  std::vector<WatchTimer::Entries::iterator> entries_;
  std::optional<std::stop_callback<Enough>> enough_;
  std::optional<std::stop_callback<Stop>> stop_;
};

}  // namespace lockstep
