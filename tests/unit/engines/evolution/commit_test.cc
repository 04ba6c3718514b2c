#include "engines/evolution/commit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "support.h"

namespace lockstep {
namespace {

// A catalog that refuses every transaction with a statement whose text is in `bad`.
class Refusing : public ScriptedWarehouse {
 public:
  explicit Refusing(std::set<std::string> bad) : bad_(std::move(bad)) {}
  Result<void> transact(std::string_view, const std::vector<std::string>& statements, const CommitStamp& stamp,
                        const Call&) override {
    const std::lock_guard lock(mutex_);
    ++transactions;
    stamps.push_back(stamp);
    for (const std::string& statement : statements)
      if (bad_.count(statement) != 0) return Error("statement-failed"_code, "refused: " + statement, "none");
    for (const std::string& statement : statements) committed.insert(statement);
    return {};
  }
  int transactions = 0;
  std::set<std::string> committed;
  std::vector<CommitStamp> stamps;

 private:
  std::set<std::string> bad_;
  std::mutex mutex_;
};

struct Work {
  explicit Work(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      actions.push_back({Action::Kind::sql, "c", "t", "s" + std::to_string(i), "why", true});
      tables.push_back({"t" + std::to_string(i), i, {0}});
    }
  }
  std::vector<Action> actions;
  std::vector<TableWork> tables;
};

TEST(Commit, TogetherIsOneTransactionWithAStamp) {
  Refusing warehouse({});
  TestContext test;
  const Work work(50);
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"lake", true, 4});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(warehouse.transactions, 1);
  EXPECT_EQ(warehouse.committed.size(), 50U);
  EXPECT_EQ(warehouse.stamps[0].author, "lockstep");
  EXPECT_NE(warehouse.stamps[0].message.find("run-1"), std::string::npos);
  EXPECT_NE(warehouse.stamps[0].message.find("step-1"), std::string::npos);
  EXPECT_EQ(test.log.started_texts.size(), 50U);
  EXPECT_EQ(test.log.finished_count, 50U);
}

TEST(Commit, OneBadTableOfManyIsFoundAndTheOthersGoThrough) {
  Refusing warehouse({"s37"});
  TestContext test;
  const Work work(200);
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"lake", true, 4});
  ASSERT_TRUE(results.ok());
  for (std::size_t i = 0; i < results->size(); ++i) EXPECT_EQ((*results)[i].error.has_value(), i == 37) << i;
  EXPECT_EQ(warehouse.committed.size(), 199U);
  EXPECT_LE(warehouse.transactions, 17);  // by halves, not one by one
}

// ---- Statement by statement

// Runs everything; a statement whose text is `stops` stops the run when it runs.
class Running : public ScriptedWarehouse {
 public:
  explicit Running(TestContext& test) : test_(test) {}
  Result<Rows> run(const Statement& statement, const Call&) override {
    const std::lock_guard lock(mutex_);
    ran.insert(statement.sql);
    if (statement.sql == stops) test_.stop.request_stop();
    return Rows{};
  }
  std::string stops = "none";
  std::set<std::string> ran;

 private:
  TestContext& test_;
  std::mutex mutex_;
};

TEST(Commit, WhatStartsTogetherIsRecordedTogether) {
  TestContext test;
  Running warehouse(test);
  const Work work(10);
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 4, false});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(test.log.together, std::vector<std::size_t>{8});  // two for each worker
  EXPECT_EQ(test.log.started_texts.size(), 10U);
  EXPECT_EQ(test.log.finished_count, 10U);
  EXPECT_EQ(test.log.failed_count, 0U);
  EXPECT_EQ(warehouse.ran.size(), 10U);
}

TEST(Commit, WhatWasRecordedAndDidNotStartIsClosed) {
  TestContext test;
  test.log.when_together = [&test] { test.stop.request_stop(); };
  Running warehouse(test);
  const Work work(10);
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 4, false});
  ASSERT_TRUE(results.ok());
  for (const TableResult& result : *results) EXPECT_EQ(result.error->code, "cancelled");
  EXPECT_TRUE(warehouse.ran.empty());
  EXPECT_EQ(test.log.started_texts.size(), 8U);
  EXPECT_EQ(test.log.finished_count, 8U);
  EXPECT_EQ(test.log.failed_count, 8U);

  TestContext stopped;
  stopped.stop.request_stop();
  Running none(stopped);
  ASSERT_TRUE(commit_tables(none, stopped.context, work.actions, work.tables, {"c", false, 4, false}).ok());
  EXPECT_TRUE(none.ran.empty());
  EXPECT_EQ(stopped.log.started_texts.size(), 0U);
}

// However the threads are scheduled, no record stays open.
TEST(Commit, AStopLeavesNoRecordOpen) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    TestContext test;
    Running warehouse(test);
    warehouse.stops = "s2";
    const Work work(12);
    const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 6, false});
    ASSERT_TRUE(results.ok());
    EXPECT_EQ(test.log.started_texts.size(), test.log.finished_count);
    EXPECT_EQ(warehouse.ran.size(), test.log.finished_count - test.log.failed_count);
  }
}

TEST(Commit, ATableWhoseFirstRoundFailsHasNoSecond) {
  Refusing warehouse({"s0"});
  TestContext test;
  Work work(4);
  work.tables = {{"a", 0, {0, 1}}, {"b", 2, {0, 1}}};
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"lake", true, 4});
  ASSERT_TRUE(results.ok());
  EXPECT_TRUE((*results)[0].error);
  EXPECT_EQ((*results)[0].applied, 0U);
  EXPECT_FALSE((*results)[1].error);
  EXPECT_EQ(warehouse.committed, (std::set<std::string>{"s2", "s3"}));
}

TEST(Commit, AFailureAfterAFirstRoundSaysSo) {
  Refusing warehouse({"s1"});
  TestContext test;
  Work work(2);
  work.tables = {{"a", 0, {0, 1}}};
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"lake", true, 4});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ((*results)[0].applied, 1U);
}

// ---- Without transactions.

// Runs statements one by one; those in `bad` fail.
class OneByOne : public ScriptedWarehouse {
 public:
  explicit OneByOne(std::set<std::string> bad) : bad_(std::move(bad)) {}
  Result<Rows> run(const Statement& statement, const Call&) override {
    const std::lock_guard lock(mutex_);
    ran.push_back(statement.sql);
    if (stop_at != nullptr && statement.sql == "s1") stop_at->request_stop();
    if (bad_.count(statement.sql) != 0) return Error("sql-failed"_code, "refused: " + statement.sql, "none");
    return Rows{};
  }
  std::vector<std::string> ran;
  std::stop_source* stop_at = nullptr;

 private:
  std::set<std::string> bad_;
  std::mutex mutex_;
};

TEST(Commit, WithoutTransactionsATableStopsAtItsFirstError) {
  OneByOne warehouse({"s1"});
  TestContext test;
  Work work(5);
  work.tables = {{"a", 0, {0, 0, 0}}, {"b", 3, {0, 0}}};
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 1, false});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ(warehouse.ran, (std::vector<std::string>{"s0", "s1", "s3", "s4"}));
  EXPECT_EQ((*results)[0].applied, 1U);
  EXPECT_EQ((*results)[0].error->code, "sql-failed");
  EXPECT_EQ((*results)[0].error->context.at(0), "in the statement s1");
  EXPECT_FALSE((*results)[1].error);
  EXPECT_EQ((*results)[1].applied, 2U);
  EXPECT_EQ(test.log.started_texts.size(), 4U) << "each statement is logged before it runs, s2 never ran";
  EXPECT_EQ(test.log.finished_count, 4U);
  EXPECT_EQ(test.log.failed_count, 1U);
}

TEST(Commit, AStopBetweenTwoStatementsLeavesTheTableHalfDoneAndSaysSo) {
  OneByOne warehouse({});
  TestContext test;
  warehouse.stop_at = &test.stop;
  Work work(4);
  work.tables = {{"a", 0, {0, 0, 0, 0}}};
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 1, false});
  ASSERT_TRUE(results.ok());
  EXPECT_EQ((*results)[0].applied, 2U);
  EXPECT_EQ((*results)[0].error->code, "cancelled");
  EXPECT_NE((*results)[0].error->message.find("before this table was finished"), std::string::npos);
}

TEST(Commit, WithoutTransactionsAnUnwritableLogEndsEverything) {
  OneByOne warehouse({});
  TestContext test;
  test.log.fail_at = 2;
  Work work(3);
  work.tables = {{"a", 0, {0, 0, 0}}};
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"c", false, 1, false});
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.error().code, "journal-broken");
  EXPECT_EQ(warehouse.ran, std::vector<std::string>{"s0"});
}

TEST(Commit, WhatCannotBeLoggedIsNotDone) {
  Refusing warehouse({});
  TestContext test;
  test.log.fail_at = 3;
  const Work work(5);
  const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"file", false, 1});
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.error().code, "journal-broken");
  EXPECT_EQ(warehouse.transactions, 2);
}

TEST(Commit, AStoppedRunStartsNothing) {
  Refusing warehouse({});
  TestContext test;
  test.stop.request_stop();
  const Work work(5);
  for (const bool together : {true, false}) {
    const auto results = commit_tables(warehouse, test.context, work.actions, work.tables, {"x", together, 2});
    ASSERT_TRUE(results.ok());
    for (const TableResult& result : *results) {
      ASSERT_TRUE(result.error);
      EXPECT_EQ(result.error->code, "cancelled");
    }
  }
  EXPECT_EQ(warehouse.transactions, 0);
  EXPECT_TRUE(test.log.started_texts.empty());
}

}  // namespace
}  // namespace lockstep
