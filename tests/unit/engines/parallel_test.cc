#include "engines/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace lockstep {
namespace {

using namespace std::chrono_literals;

TEST(ParallelFor, RunsEveryIndexOnce) {
  for (const std::size_t workers : {0U, 1U, 3U, 100U}) {
    std::vector<std::atomic<int>> runs(50);
    EXPECT_EQ(parallel_for(runs.size(), workers, {}, [&](std::size_t i) { ++runs[i]; }), runs.size());
    EXPECT_TRUE(std::all_of(runs.begin(), runs.end(), [](const std::atomic<int>& count) { return count == 1; }));
  }
}

TEST(ParallelFor, NothingToDoIsDone) {
  EXPECT_EQ(parallel_for(0, 4, {}, [](std::size_t) { FAIL(); }), 0U);
}

TEST(ParallelFor, OneWorkerIsTheCallerInOrder) {
  std::vector<std::size_t> seen;
  const std::thread::id caller = std::this_thread::get_id();
  parallel_for(5, 1, {}, [&](std::size_t i) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    seen.push_back(i);
  });
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(ParallelFor, NoMoreThanItsWorkersRunAtOnce) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::mutex mutex;
  std::set<std::thread::id> threads;
  parallel_for(40, 4, {}, [&](std::size_t) {
    const int running = ++now;
    int seen = most.load();
    while (running > seen && !most.compare_exchange_weak(seen, running)) {
    }
    std::this_thread::sleep_for(1ms);
    {
      std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    }
    --now;
  });
  EXPECT_LE(most, 4);
  EXPECT_GE(threads.size(), 2U);
  EXPECT_LE(threads.size(), 4U);
}

TEST(ParallelFor, LoopsWithinLoopsEnd) {
  std::atomic<int> ran{0};
  parallel_for(8, 8, {}, [&](std::size_t) {
    parallel_for(8, 8, {}, [&](std::size_t) { parallel_for(4, 4, {}, [&](std::size_t) { ++ran; }); });
  });
  EXPECT_EQ(ran, 8 * 8 * 4);
}

TEST(ParallelFor, StartsNothingOnceStopped) {
  std::stop_source source;
  std::atomic<std::size_t> ran{0};
  std::atomic<std::size_t> when_stopped{0};
  const std::size_t told = parallel_for(1'000'000, 2, {source.get_token(), std::nullopt}, [&](std::size_t) {
    if (++ran != 10) return;
    source.request_stop();
    when_stopped = ran.load();  // the other worker went on meanwhile
  });
  EXPECT_EQ(told, ran);
  EXPECT_GE(ran, 10U);
  EXPECT_LE(ran, when_stopped + 1);  // the other worker may have been about to start one
}

TEST(ParallelFor, ThrowsWhatABodyThrewWhenAllHaveEnded) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    std::atomic<int> running{0};
    std::atomic<std::size_t> ran{0};
    EXPECT_THROW(parallel_for(100'000, 4, {},
                              [&](std::size_t index) {
                                ++running;
                                ++ran;
                                const bool fails = index == 20;
                                if (!fails) std::this_thread::yield();
                                --running;
                                if (fails) throw std::runtime_error("the twentieth");
                              }),
                 std::runtime_error);
    EXPECT_EQ(running, 0);
    EXPECT_LT(ran, 100'000U);
  }
}

TEST(ParallelFor, StartsNothingOnceExpired) {
  const Call over{{}, std::chrono::steady_clock::now() - 1ms};
  EXPECT_EQ(parallel_for(10, 2, over, [](std::size_t) { FAIL(); }), 0U);
}

}  // namespace
}  // namespace lockstep
