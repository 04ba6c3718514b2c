// Idle connections, kept for the next request to the same place; the last one used goes first.
// Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/call.h"
#include "engines/workspace/http/connection.h"

namespace lockstep {

class Pool {
 public:
  // Null when there is none that is younger than `max_idle`, quiet, and not about to be closed by its server.
  std::unique_ptr<Connection> take(const std::string& place, std::chrono::milliseconds max_idle);
  void put(const std::string& place, std::unique_ptr<Connection> connection);
  // Of a place where one idle connection turned out to be dead, the others are not trusted either.
  void drop(const std::string& place);

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    SteadyTime since;
    [[nodiscard]] bool stale(SteadyTime now) const;
  };
  using Stack = std::vector<Idle>;

  std::mutex mutex_;
  std::map<std::string, Stack> idle_;  // oldest first
};

}  // namespace lockstep
