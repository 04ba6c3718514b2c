#include "engines/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace lockstep {

std::size_t parallel_for(std::size_t count, std::size_t workers, const Call& call,
                         const std::function<void(std::size_t)>& body) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  auto work = [&] {
    while (!call.stopped() && !call.expired()) {
      std::size_t index = next.fetch_add(1);
      if (index >= count) return;
      body(index);
      done.fetch_add(1);
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t extra = 1; extra < std::min(workers, count); ++extra) threads.emplace_back(work);
  work();
  threads.clear();  // joins
  return done.load();
}

}  // namespace lockstep
