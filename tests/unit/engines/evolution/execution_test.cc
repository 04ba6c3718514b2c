#include "engines/evolution/execution.h"

#include <gtest/gtest.h>

#include "engines/warehouse/databricks/databricks_dialect.h"
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

TEST_F(Execution, ATransactionIsReadBackWhateverIsAskedFor) {
  warehouse_.contents = {before_};
  const std::vector<WantedTable> tables{wanted_};
  const Result<Executed> executed = execute(warehouse_, file_dialect(), test_.context, actions_for(tables, "c"), tables,
                                            {}, {}, 2, ReadBack::in_doubt);
  ASSERT_TRUE(executed.ok());
  EXPECT_EQ(executed->tables.at(0).error->code, "change-not-applied");
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

// ---- Without transactions: a table may be left half changed.

// Applies nothing by itself; fails from the statement with `bad` in it on.
class Delta : public Answering {
 public:
  Result<Rows> run(const Statement& statement, const Call&) override {
    if (statement.sql.find(bad) != std::string::npos) return *commit_error;
    return Rows{};
  }
  std::string bad = "nothing";
};

class DeltaExecution : public ::testing::Test {
 protected:
  static Table delta_table(const char* catalog, const std::vector<std::pair<std::string, std::string>>& columns) {
    Table table = make_table(catalog, "s.t", columns);
    for (std::size_t i = 0; i < columns.size(); ++i)
      table.columns.edit()[i].type = dialect().parse_type(columns[i].second);
    return table;
  }
  static const Dialect& dialect() {
    static const DatabricksDialect one;
    return one;
  }

  DeltaExecution() {
    policy_.enable_features = {TableFeature::type_widening};
    wanted_.wanted = delta_table("prod", {{"a", "BIGINT"}, {"b", "STRING"}});
    wanted_.plan.difference = difference(wanted_.wanted, delta_table("staging", {{"a", "INT"}}), {}, {});
    wanted_.plan.alteration = plan_alteration(wanted_.plan.difference, dialect(), {}, {}, policy_);
    warehouse_.commit_error = Error("sql-failed"_code, "refused", "none");
  }

  TableOutcome run() {
    const std::vector<WantedTable> tables{wanted_};
    const Result<Executed> executed =
        execute(warehouse_, dialect(), test_.context, actions_for(tables, "c"), tables, policy_, {}, 2);
    EXPECT_TRUE(executed.ok());
    return executed.ok() ? executed->tables.at(0) : TableOutcome{};
  }
  static std::string told(const TableOutcome& outcome) {
    std::string text = outcome.error->message;
    for (const std::string& one : outcome.error->context) text += "; " + one;
    return text;
  }

  using State = TableOutcome::State;
  AlterationPolicy policy_;
  WantedTable wanted_;
  Delta warehouse_;
  TestContext test_;
};

TEST_F(DeltaExecution, ReadBackAsPlannedIsApplied) {
  warehouse_.contents = {delta_table("staging", {{"a", "BIGINT"}, {"b", "STRING"}})};
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::applied);
  EXPECT_FALSE(outcome.partly);
  EXPECT_EQ(test_.log.started_texts.size(), 3U);  // the feature, the type, the addition
}

TEST_F(DeltaExecution, InDoubtTheServersWordIsTakenForWhatItAnsweredAsDone) {
  warehouse_.readable = false;  // so that reading back would be told
  const std::vector<WantedTable> tables{wanted_};
  const Result<Executed> executed = execute(warehouse_, dialect(), test_.context, actions_for(tables, "c"), tables,
                                            policy_, {}, 2, ReadBack::in_doubt);
  ASSERT_TRUE(executed.ok());
  EXPECT_EQ(executed->tables.at(0).state, State::applied);
}

TEST_F(DeltaExecution, InDoubtWhatFailedIsReadBack) {
  warehouse_.bad = "ADD COLUMNS";
  warehouse_.contents = {delta_table("staging", {{"a", "BIGINT"}})};
  const std::vector<WantedTable> tables{wanted_};
  const Result<Executed> executed = execute(warehouse_, dialect(), test_.context, actions_for(tables, "c"), tables,
                                            policy_, {}, 2, ReadBack::in_doubt);
  ASSERT_TRUE(executed.ok());
  EXPECT_EQ(executed->tables.at(0).state, State::failed);
  EXPECT_EQ(executed->tables.at(0).taken.altered, std::vector<std::string>{"a"});
}

TEST_F(DeltaExecution, AFailureMidwayTellsWhatTook) {
  warehouse_.bad = "ADD COLUMNS";
  warehouse_.contents = {delta_table("staging", {{"a", "BIGINT"}})};
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::failed);
  EXPECT_EQ(outcome.error->code, "sql-failed");
  EXPECT_TRUE(outcome.partly);
  EXPECT_EQ(outcome.taken.altered, std::vector<std::string>{"a"});
  EXPECT_TRUE(outcome.taken.added.empty());
  EXPECT_NE(told(outcome).find("after 2 of this table's 3 statements"), std::string::npos) << told(outcome);
  EXPECT_NE(told(outcome).find("still differs in: b"), std::string::npos) << told(outcome);
}

TEST_F(DeltaExecution, AFeatureThatIsOnIsNotCalledUntouched) {
  warehouse_.bad = "ALTER COLUMN";
  warehouse_.contents = {delta_table("staging", {{"a", "INT"}})};
  const TableOutcome outcome = run();
  EXPECT_TRUE(outcome.partly) << "the protocol was upgraded";
  EXPECT_NE(told(outcome).find("after 1 of this table's 3 statements"), std::string::npos) << told(outcome);
}

TEST_F(DeltaExecution, AFailureAtTheFirstStatementLeavesNothingBehind) {
  warehouse_.bad = "SET TBLPROPERTIES";
  warehouse_.contents = {delta_table("staging", {{"a", "INT"}})};
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::failed);
  EXPECT_FALSE(outcome.partly);
}

TEST_F(DeltaExecution, AnAnswerThatWasLostIsSettledByReadingBackOrStaysUnknown) {
  warehouse_.bad = "ADD COLUMNS";
  warehouse_.commit_error->code = "outcome-unknown";
  warehouse_.contents = {delta_table("staging", {{"a", "BIGINT"}})};
  EXPECT_EQ(run().state, State::unknown) << "it may still take";
  warehouse_.contents = {delta_table("staging", {{"a", "BIGINT"}, {"b", "STRING"}})};
  EXPECT_EQ(run().state, State::applied);
}

TEST_F(DeltaExecution, HalfDoneAndUnreadableIsUnknownAndSaysHowFar) {
  warehouse_.bad = "ADD COLUMNS";
  warehouse_.readable = false;
  const TableOutcome outcome = run();
  EXPECT_EQ(outcome.state, State::unknown);
  EXPECT_TRUE(outcome.partly);
  EXPECT_NE(told(outcome).find("after 2 of this table's 3"), std::string::npos) << told(outcome);
}

}  // namespace
}  // namespace lockstep
