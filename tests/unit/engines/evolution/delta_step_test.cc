// The step schema-evolution/evolve-catalog on Delta tables, from its inputs to its outputs.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engines/evolution/evolve_catalog.h"
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

  testing::FakeWarehouse warehouse_;
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
