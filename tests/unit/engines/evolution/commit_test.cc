#include "engines/evolution/commit.h"

#include <gtest/gtest.h>

#include <algorithm>
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
