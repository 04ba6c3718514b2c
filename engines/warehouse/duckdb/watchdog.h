// Interrupts statements whose time is over or whose caller wants to stop. One thread serves all connections.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "engines/call.h"
#include "engines/warehouse/duckdb/api.h"

namespace lockstep {

class Watchdog {
 public:
  explicit Watchdog(const DuckDbApi& api);
  ~Watchdog() = default;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  struct Entry {
    duckdb_connection connection = nullptr;
    Call call;
  };

  // While alive, the connection is interrupted once the call is stopped or expired, again and again until it is gone:
  // an interrupt between two statements is forgotten by the engine.
  class Guard {
   public:
    Guard(Watchdog& watchdog, duckdb_connection connection, const Call& call);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    struct Wake {
      Watchdog* watchdog;
      void operator()() const noexcept;
    };
    Watchdog& watchdog_;
    std::list<Entry>::iterator entry_;
    std::stop_callback<Wake> wake_;
  };

 private:
  void watch(const std::stop_token& stop);
  void wake();

  const DuckDbApi& api_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Entry> entries_;
  std::uint64_t changes_ = 0;
  std::jthread thread_;  // last: joined before the rest goes
};

}  // namespace lockstep
