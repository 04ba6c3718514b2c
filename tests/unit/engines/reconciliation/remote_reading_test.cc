// How an engine is read whose statements cost a round trip: many tables to a statement, none hidden by another's fault.
#include <gtest/gtest.h>

#include "engines/reconciliation/cross_metastore.h"
#include "engines/warehouse/databricks/databricks_dialect.h"
#include "tests/unit/engines/fake_warehouse.h"
#include "tests/unit/engines/reconciliation/catalogs_fixture.h"

namespace lockstep {
namespace {

using lockstep::testing::FakeWarehouse;

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++count;
  return count;
}

// Every table has 3 rows; digests are the same everywhere. Tables named `broken` cannot be read.
Result<Rows> answer(const Statement& statement) {
  if (statement.sql.find("`broken`") != std::string::npos)
    return Error("sql-failed"_code, "[DELTA_FILE_NOT_FOUND] a file of the table is gone", "restore it");
  Rows rows;
  const std::size_t counts = occurrences(statement.sql, " AS row_count FROM ");
  const std::size_t digests = occurrences(statement.sql, " AS i, d.* FROM (");
  if (digests > 0)
    for (std::size_t i = 0; i < digests; ++i) rows.rows.push_back({i, 3, "11", "22"});
  else if (occurrences(statement.sql, " AS i, count(*)") > 0)
    for (std::size_t i = 0; i < counts; ++i) rows.rows.push_back({i, 3});
  else
    rows.rows.push_back({3, "11", "22"});
  return rows;
}

class Remote : public ::testing::Test {
 protected:
  Remote() : warehouse_("dr", std::make_shared<const DatabricksDialect>()), warehouses_(warehouse_) {
    for (const char* catalog : {"prod", "staging"}) warehouse_.add_catalog(catalog);
    warehouse_.answer_all(answer);
  }
  void add_tables(int count) {
    for (int i = 0; i < count; ++i) add_table("t" + std::to_string(i));
  }
  void add_table(const std::string& name) {
    for (const char* catalog : {"prod", "staging"})
      warehouse_.add_table(catalog, "s", name, {{"id", "BIGINT"}, {"note", "STRING"}});
  }
  Outcome run(const Json& more) {
    Json inputs{{"source_catalog", "prod"}, {"destination_catalog", "staging"}};
    inputs.update(more);
    std::unique_ptr<Step> step = make_cross_metastore(inputs).value();
    const StepContext context{warehouses_, "dr", "/", {"run", "step", 1}, {}, log_, secrets_, {}, {}};
    const Look look = step->look(context).value();
    return step->act(context, look).value();
  }
  // Statements that read rows.
  std::size_t reads() const {
    std::size_t count = 0;
    for (const std::string& sql : warehouse_.sent()) count += sql == "describe" ? 0U : 1U;
    return count;
  }

  FakeWarehouse warehouse_;
  lockstep::testing::FakeWarehouses warehouses_;
  lockstep::testing::SilentLog log_;
  SecretSet secrets_;
};

TEST_F(Remote, CountsGoFiftyTablesToAStatement) {
  add_tables(120);
  EXPECT_EQ(run(Json::object()).outputs["matched"], 120);
  EXPECT_EQ(reads(), 6U);
}

TEST_F(Remote, CountsNeedNoColumnsAndSaySo) {
  add_tables(2);
  const Json counted = run(Json::object()).outputs["coverage"];
  EXPECT_EQ(counted["columns"], nullptr) << "not 0: they were not asked for";
  EXPECT_EQ(counted["columns_compared"], 0);
  EXPECT_EQ(run({{"use_checksum", true}}).outputs["coverage"]["columns"], 4);
}

TEST_F(Remote, DigestsShareStatementsWhereThereAreManyMoreTablesThanWorkers) {
  add_tables(100);
  EXPECT_EQ(run({{"use_checksum", true}, {"max_workers", 4}}).outputs["matched"], 100);
  EXPECT_EQ(reads(), 26U);  // 13 batches of at most 8 a side
}

TEST_F(Remote, FewTablesHaveAStatementEachSoThatAllWorkersHaveOne) {
  add_tables(8);
  EXPECT_EQ(run({{"use_checksum", true}, {"max_workers", 4}}).outputs["matched"], 8);
  EXPECT_EQ(reads(), 16U);
}

TEST_F(Remote, ABrokenTableHidesNoOtherOneInItsBatch) {
  add_tables(40);
  add_table("broken");
  for (const Json& more : {Json::object(), Json{{"use_checksum", true}, {"max_workers", 1}}}) {
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.outputs["matched"], 40) << more;
    EXPECT_EQ(outcome.outputs["errors"], 1) << more;
    EXPECT_EQ(outcome.outputs["status"], "partial");
    for (const Json& detail : outcome.outputs["details"])
      EXPECT_EQ(detail["verdict"], detail["table"] == "broken" ? "error" : "match") << detail;
  }
}

TEST_F(Remote, AnAnswerWithoutARowForATableIsNoMatch) {
  add_tables(2);
  warehouse_.answer_all([](const Statement& statement) {
    Result<Rows> rows = answer(statement);
    if (rows) rows->rows.pop_back();
    return rows;
  });
  const Outcome outcome = run(Json::object());
  EXPECT_EQ(outcome.outputs["matched"], 1);
  EXPECT_EQ(outcome.outputs["errors"], 1);
}

TEST_F(Remote, TheNoteSaysHowToPin) {
  add_tables(1);
  EXPECT_NE(run(Json::object()).outputs["notes"].dump().find("pin_versions: true"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
