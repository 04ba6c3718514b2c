// The step schema-evolution/evolve-catalog on Delta tables, from its inputs to its outputs.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engines/evolution/evolve_catalog.h"
#include "engines/evolution/obstacles.h"
#include "engines/warehouse/databricks/databricks_dialect.h"
#include "support.h"
#include "tests/unit/engines/fake_warehouse.h"

namespace lockstep {
namespace {

class DeltaStep : public ::testing::Test {
 protected:
  DeltaStep() : warehouse_("c", std::make_shared<const DatabricksDialect>()), test_(&warehouse_) {
    warehouse_.add_catalog("prod");
    warehouse_.add_catalog("staging");
    warehouse_.add_table("prod", "sales", "orders", {{"id", "BIGINT"}, {"note", "STRING"}});
    warehouse_.add_table("staging", "sales", "orders", {{"id", "INT"}});
    warehouse_.answer_all([](const Statement&) { return Rows{}; });
  }

  // Look and act; the outcome of the whole.
  Outcome run(Json with) {
    with["source_catalog"] = "prod";
    with["destination_catalog"] = "staging";
    Result<std::unique_ptr<Step>> step = make_evolve_catalog(with);
    EXPECT_TRUE(step.ok());
    const Result<Look> look = (*step)->look(test_.context);
    EXPECT_TRUE(look.ok());
    if (look->actions.empty()) return look->preview;
    Result<Outcome> outcome = (*step)->act(test_.context, *look);
    EXPECT_TRUE(outcome.ok());
    return *outcome;
  }

  lockstep::testing::FakeWarehouse warehouse_;
  TestContext test_;
};

TEST_F(DeltaStep, WithoutTheOptInNothingIsSentAndTheErrorNamesIt) {
  const Outcome outcome = run({{"dry_run", false}});
  ASSERT_TRUE(outcome.failure);
  const Json& entry = outcome.outputs["details"][0];
  EXPECT_EQ(entry["status"], "error");
  EXPECT_EQ(entry["errors"][0]["code"], "table-feature-missing");
  EXPECT_NE(entry["errors"][0]["remedy"].get<std::string>().find("enable_features: [typeWidening]"), std::string::npos);
  EXPECT_TRUE(test_.log.started_texts.empty());
}

TEST_F(DeltaStep, ADryRunShowsTheUpgradeFirst) {
  const Outcome outcome = run({{"enable_features", {"typeWidening"}}});
  const Json& statements = outcome.outputs["details"][0]["statements"];
  ASSERT_EQ(statements.size(), 3U);
  EXPECT_EQ(statements[0]["sql"],
            "ALTER TABLE `staging`.`sales`.`orders` SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
  EXPECT_NE(statements[0]["why"].get<std::string>().find("stays"), std::string::npos);
  EXPECT_EQ(statements[2]["sql"], "ALTER TABLE `staging`.`sales`.`orders` ADD COLUMNS (`note` STRING)");
  EXPECT_TRUE(test_.log.started_texts.empty());
}

TEST_F(DeltaStep, AFailureMidwayIsTold) {
  warehouse_.fail("ADD COLUMNS", Error("sql-failed"_code, "[DELTA_CONCURRENT] conflict", "run again"));
  // What is read back: the fake keeps its tables, so even what ran does not show; the step must not call it untouched.
  const Outcome outcome = run({{"dry_run", false}, {"enable_features", {"typeWidening"}}});
  ASSERT_TRUE(outcome.failure);
  const Json& entry = outcome.outputs["details"][0];
  EXPECT_EQ(entry["status"], "error");
  EXPECT_EQ(entry["partly_applied"], true);
  EXPECT_EQ(test_.log.started_texts.size(), 3U);
  EXPECT_TRUE(warehouse_.committed().empty()) << "there are no transactions to send";
}

// No catalog tells of generated and identity columns: the first to speak of them is the server, in its own words.
TEST_F(DeltaStep, WhatOnlyTheServerKnowsHasACauseAndARemedy) {
  const auto entry = [](const std::string& said) {
    return explain_delta_refusal(Error("sql-invalid"_code, said, "correct the statement").with_context("statement s1"));
  };
  for (const auto& [error_class, code, words] :
       {std::tuple{"DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE", "column-has-dependents", "generated column"},
        std::tuple{"DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED", "column-has-dependents", "identity column"},
        std::tuple{"DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE", "column-has-dependents", "CHECK"},
        std::tuple{"DELTA_NEW_NOT_NULL_VIOLATION", "not-null-over-nulls", "NULL"}}) {
    const std::string said = "[" + std::string(error_class) + "] in the server's words SQLSTATE: 42K09";
    const Error error = entry(said);
    EXPECT_EQ(error.code, code);
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(said), std::string::npos) << error.message;
    EXPECT_NE(error.remedy, "correct the statement");
    EXPECT_EQ(error.context, std::vector<std::string>{"statement s1"});
  }
  EXPECT_EQ(entry("[DELTA_UNSUPPORTED_RENAME_COLUMN] no").code, "sql-invalid");
  EXPECT_EQ(entry("about [DELTA_NEW_NOT_NULL_VIOLATION]").code, "sql-invalid") << "a class stands in front";

  warehouse_.fail("ALTER COLUMN",
                  Error("sql-invalid"_code, "[DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE] twice", "correct it"));
  const Outcome outcome = run({{"dry_run", false}, {"enable_features", {"typeWidening"}}});
  EXPECT_EQ(outcome.outputs["details"][0]["errors"][0]["code"], "column-has-dependents");
}

TEST_F(DeltaStep, AnUnknownOutcomeReachesTheStep) {
  Error unknown("sql-failed"_code, "the answer was lost", "look at the query history");
  unknown.code = "outcome-unknown";
  warehouse_.fail("ALTER COLUMN", unknown);
  const Outcome outcome = run({{"dry_run", false}, {"enable_features", {"typeWidening"}}});
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "outcome-unknown");
  EXPECT_EQ(outcome.outputs["details"][0]["status"], "unknown");
}

TEST_F(DeltaStep, AMisspeltFeatureIsNotTaken) {
  for (const Json& wrong : {Json("typeWidening"), Json{"typewidening"}, Json{7}})
    EXPECT_FALSE(make_evolve_catalog(
                     {{"source_catalog", "prod"}, {"destination_catalog", "staging"}, {"enable_features", wrong}})
                     .ok())
        << wrong.dump();
}

}  // namespace
}  // namespace lockstep
