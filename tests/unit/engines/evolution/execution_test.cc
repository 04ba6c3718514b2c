#include "engines/evolution/execution.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lockstep {
namespace {

// COMMIT answers as told; what is read back is what the test put there.
class Answering : public ScriptedWarehouse {
 public:
  Result<void> transact(std::string_view, const std::vector<std::string>&, const CommitStamp&, const Call&) override {
    if (commit_error) return *commit_error;
    return {};
  }
  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>&, const Call& call) override {
    if (!readable) return Error("sql-failed"_code, "no answer", "none");
    if (call.stopped()) return Error("cancelled"_code, "stopped", "none");
    return std::vector<CatalogContents>{{"staging", "9", contents}};
  }
  std::optional<Error> commit_error;
  bool readable = true;
  std::vector<Table> contents;
};

class Execution : public ::testing::Test {
 protected:
  Execution() {
    wanted_.wanted = make_table("prod", "s.t", {{"a", "BIGINT"}, {"b", "VARCHAR"}});
    wanted_.plan.difference = difference(wanted_.wanted, before_, {}, {});
    wanted_.plan.alteration = plan_alteration(wanted_.plan.difference, file_dialect(), {}, {}, {});
    after_ = wanted_.wanted;
    after_.name.catalog = "staging";
  }

  TableOutcome run() {
    const std::vector<WantedTable> tables{wanted_};
    const Result<Executed> executed =
        execute(warehouse_, file_dialect(), test_.context, actions_for(tables, "c"), tables, {}, {}, 2);
    EXPECT_TRUE(executed.ok());
    return executed.ok() ? executed->tables.at(0) : TableOutcome{};
  }

  using State = TableOutcome::State;
  Table before_ = make_table("staging", "s.t", {{"a", "INTEGER"}});
  Table after_;
  WantedTable wanted_;
  Answering warehouse_;
  TestContext test_;
};

TEST_F(Execution, ReadBackAsPlannedIsApplied) {
  warehouse_.contents = {after_};
  EXPECT_EQ(run().state, State::applied);
}

TEST_F(Execution, ACommitThatLiedIsAnErrorThatNamesWhatDidNotTake) {
  warehouse_.contents = {before_};
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::failed);
  EXPECT_EQ(outcome.error->code, "change-not-applied");
  EXPECT_NE(outcome.error->message.find("a, b"), std::string::npos) << outcome.error->message;
}

TEST_F(Execution, ATableThatIsGoneIsNotApplied) {
  EXPECT_EQ(run().error->code, "change-not-applied");
}

TEST_F(Execution, AnErrorStaysAnErrorWhenNothingTook) {
  warehouse_.commit_error = Error("sql-failed"_code, "conflict", "none");
  warehouse_.contents = {before_};
  EXPECT_EQ(run().error->code, "sql-failed");
}

TEST_F(Execution, ACommitWhoseAnswerWasLostIsFoundByReadingBack) {
  warehouse_.commit_error = Error("timeout"_code, "no answer in time", "none");
  warehouse_.contents = {after_};
  EXPECT_EQ(run().state, State::applied);
}

TEST_F(Execution, WhatCannotBeReadBackIsUnknown) {
  warehouse_.readable = false;
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::unknown);
  EXPECT_EQ(outcome.error->code, "change-unconfirmed");
}

TEST_F(Execution, AStoppedRunStillReadsBack) {
  test_.stop.request_stop();
  warehouse_.contents = {before_};
  EXPECT_EQ(run().error->code, "cancelled");
}

TEST_F(Execution, OnlyWhatWasShownIsExecuted) {
  const std::vector<WantedTable> tables{wanted_};
  const Result<Executed> executed = execute(warehouse_, file_dialect(), test_.context, {}, tables, {}, {}, 2);
  ASSERT_FALSE(executed.ok());
  EXPECT_EQ(executed.error().code, "plan-mismatch");
  EXPECT_TRUE(test_.log.started_texts.empty());
}

}  // namespace
}  // namespace lockstep
