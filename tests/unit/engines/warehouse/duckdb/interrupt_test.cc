// Deadlines, stops, the in-flight budget, and many threads at once.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Runs for hours if nobody interrupts it.
constexpr const char* kEndless =
    "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE hash(a.range, b.range) = 1";

std::chrono::milliseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

Call call_for(std::chrono::milliseconds time) {
  return {{}, Clock::now() + time};
}

class Interrupt : public ::testing::TestWithParam<Kind> {
 protected:
  Lab lab_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Kinds, Interrupt, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

TEST_P(Interrupt, ADeadlineEndsALongStatement) {
  const auto start = Clock::now();
  const Result<Rows> rows = lab_.warehouse().run({kEndless, {}}, call_for(200ms));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code, "timeout");
  EXPECT_GE(since(start), 200ms);
  EXPECT_LT(since(start), 200ms + 300ms);
  EXPECT_EQ(lab_.cell("SELECT 1"), 1);  // the session lives
}

TEST_P(Interrupt, AStopEndsALongStatement) {
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(150ms);
    source.request_stop();
  });
  const auto start = Clock::now();
  const Result<Rows> rows = lab_.warehouse().run({kEndless, {}}, {source.get_token(), std::nullopt});
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().code, "cancelled");
  EXPECT_LT(since(start), 150ms + 300ms);
}

TEST_P(Interrupt, NothingStartsWhenTheTimeIsOver) {
  const std::uint64_t before = lab_.warehouse().statements_sent();
  EXPECT_EQ(lab_.warehouse().run({"SELECT 1", {}}, call_for(-1ms)).error().code, "timeout");
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(lab_.warehouse().run({"SELECT 1", {}}, {source.get_token(), std::nullopt}).error().code, "cancelled");
  EXPECT_LE(lab_.warehouse().statements_sent() - before, 2U);
  EXPECT_FALSE(lab_.warehouse().describe({"c"}, call_for(-1ms)).ok());
  EXPECT_EQ(lab_.cell("SELECT 1"), 1);
}

TEST_P(Interrupt, AnInterruptedTransactionChangesNothing) {
  lab_.sql("CREATE TABLE c.main.t (x BIGINT)");
  const Result<void> done = lab_.warehouse().transact(
      "c", {"INSERT INTO c.main.t VALUES (1)", std::string("INSERT INTO c.main.t ") + kEndless}, {}, call_for(200ms));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, "timeout");
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM c.main.t"), 0);
  EXPECT_TRUE(lab_.transact({"INSERT INTO c.main.t VALUES (2)"}).ok());
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM c.main.t"), 1);
}

TEST_P(Interrupt, OnlyTheStatementThatIsOverIsInterrupted) {
  std::vector<std::jthread> threads;
  threads.reserve(3);
  std::atomic<int> timeouts{0};
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      const Result<Rows> rows = lab_.warehouse().run({kEndless, {}}, call_for(300ms));
      if (!rows && rows.error().code == "timeout") ++timeouts;
    });
  for (int i = 0; i < 30; ++i) EXPECT_EQ(lab_.cell("SELECT count(*) FROM range(10000)"), 10000);
  threads.clear();
  EXPECT_EQ(timeouts, 3);
}

TEST(InFlightBudget, WaitingForAPlaceRespectsTheCall) {
  Lab lab(Kind::file, {{"max_in_flight", 1}});
  std::jthread busy([&] { (void)lab.warehouse().run({kEndless, {}}, call_for(700ms)); });
  std::this_thread::sleep_for(100ms);
  const auto start = Clock::now();
  const Result<Rows> late = lab.warehouse().run({"SELECT 1", {}}, call_for(100ms));
  EXPECT_EQ(late.error().code, "timeout");
  EXPECT_LT(since(start), 400ms);
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  EXPECT_EQ(lab.warehouse().run({"SELECT 1", {}}, {source.get_token(), std::nullopt}).error().code, "cancelled");
  EXPECT_EQ(lab.cell("SELECT 1"), 1);  // waits for the place, and gets it
}

TEST(InFlightBudget, IsTheMostThatRunsAtOnce) {
  Lab lab(Kind::file, {{"max_in_flight", 2}});
  const std::uint64_t before = lab.warehouse().statements_sent();
  std::stop_source source;
  std::vector<std::jthread> busy;
  busy.reserve(2);
  for (int i = 0; i < 2; ++i)
    busy.emplace_back([&] { (void)lab.warehouse().run({kEndless, {}}, {source.get_token(), std::nullopt}); });
  while (lab.warehouse().statements_sent() < before + 2) std::this_thread::sleep_for(1ms);
  // Both run, so there is no place for a third.
  const Result<Rows> third = lab.warehouse().run({"SELECT 1", {}}, call_for(100ms));
  ASSERT_FALSE(third.ok());
  EXPECT_NE(third.error().message.find("waiting"), std::string::npos);
  EXPECT_EQ(lab.warehouse().statements_sent(), before + 2);
  source.request_stop();
  busy.clear();
  EXPECT_EQ(lab.cell("SELECT 1"), 1);
}

TEST_P(Interrupt, EightThreadsShareTheWarehouse) {
  lab_.sql("CREATE TABLE c.main.t (worker INTEGER, i INTEGER)");
  std::vector<std::jthread> threads;
  threads.reserve(8);
  std::atomic<int> failures{0};
  for (int worker = 0; worker < 8; ++worker)
    threads.emplace_back([&, worker] {
      for (int i = 0; i < 10; ++i) {
        const Result<Rows> rows =
            lab_.warehouse().run({"SELECT $w + range FROM range(3000) ORDER BY 1", {{"w", worker}}}, {});
        if (!rows || rows->rows.size() != 3000 || rows->rows[0][0] != worker) ++failures;
        if (i % 5 == 0 && !lab_.warehouse().describe({"c"}, {}).ok()) ++failures;
        if (i % 5 == 1 && !lab_.warehouse().open("c", {}).ok()) ++failures;
      }
      // DuckLake's inserts into one table do not conflict; those into a DuckDB file do not either.
      if (!lab_.transact({"INSERT INTO c.main.t VALUES (" + std::to_string(worker) + ", 1)"}).ok()) ++failures;
    });
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(lab_.cell("SELECT count(DISTINCT worker) FROM c.main.t"), 8);
}

}  // namespace
}  // namespace lockstep
