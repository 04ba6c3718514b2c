// reconciliation/cross-metastore on real catalogs, DuckDB files and DuckLakes.
#include "engines/reconciliation/cross_metastore.h"

#include <gtest/gtest.h>

#include "tests/unit/engines/reconciliation/catalogs_fixture.h"

namespace lockstep {
namespace {

using lockstep::testing::Catalogs;
using Locations = std::vector<std::pair<std::string, std::string>>;

const Locations kFiles{{"prod", "prod.duckdb"}, {"staging", "staging.duckdb"}};
const Locations kLakes{{"prod", "ducklake:prod.ducklake"}, {"staging", "ducklake:staging.ducklake"}};
const Locations kMixed{{"prod", "prod.duckdb"}, {"staging", "ducklake:staging.ducklake"}};

Json inputs(const Json& more = Json::object()) {
  Json all = {{"source_catalog", "prod"}, {"destination_catalog", "staging"}};
  all.update(more);
  return all;
}

struct Ran {
  Look look;
  Outcome outcome;
  const Json& out() const { return outcome.outputs; }
  Json detail(const std::string& table) const {
    for (const Json& detail : outcome.outputs["details"])
      if (detail["table"] == table) return detail;
    return nullptr;
  }
};

Ran run(Catalogs& catalogs, const Json& with, Call call = {}) {
  std::unique_ptr<Step> step = make_cross_metastore(with).value();
  const StepContext context = catalogs.context(std::move(call));
  Ran ran;
  ran.look = step->look(context).value();
  ran.outcome = step->act(context, ran.look).value();
  return ran;
}

// The sums that must hold whatever happens.
void expect_consistent(const Json& out) {
  EXPECT_EQ(out["table_count"], out["details"].size());
  EXPECT_EQ(out["table_count"].get<int>(), out["matched"].get<int>() + out["mismatched"].get<int>() +
                                               out["not_compared"].get<int>() + out["errors"].get<int>());
  std::vector<std::string> order;
  for (const Json& detail : out["details"]) {
    EXPECT_EQ(detail["match"].get<bool>(), detail["verdict"] == "match");
    order.push_back(detail["schema"].get<std::string>() + '\0' + detail["table"].get<std::string>());
  }
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  if (out["status"] == "match") {
    EXPECT_EQ(out["matched"], out["table_count"]);
  }
}

class OnEveryEngine : public ::testing::TestWithParam<Locations> {};

TEST_P(OnEveryEngine, EqualCatalogsMatch) {
  Catalogs catalogs(GetParam());
  for (const char* catalog : {"prod", "staging"}) {
    const std::string c = catalog;
    catalogs.sql("CREATE SCHEMA " + c + ".sales");
    catalogs.sql("CREATE TABLE " + c +
                 ".sales.orders (id BIGINT, note VARCHAR, tags VARCHAR[], m MAP(VARCHAR, INTEGER))");
    catalogs.sql("CREATE TABLE " + c + ".main.empty (a INTEGER)");
  }
  catalogs.sql(
      "INSERT INTO prod.sales.orders SELECT i, 'n' || i, ['a', NULL], MAP {'x': 1, 'y': 2} FROM range(1000) t(i)");
  catalogs.sql(
      "INSERT INTO staging.sales.orders SELECT 999 - i, 'n' || (999 - i), ['a', NULL], MAP {'y': 2, 'x': 1} FROM "
      "range(1000) t(i)");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(ran.out());
  EXPECT_EQ(ran.out()["status"], "match") << ran.out().dump(1);
  EXPECT_FALSE(ran.outcome.failure);
  EXPECT_EQ(ran.out()["compared"], "row_counts_and_digests");
  EXPECT_EQ(ran.out()["coverage"]["columns"], 5);
  EXPECT_EQ(ran.out()["coverage"]["columns_compared"], 5);
  EXPECT_EQ(ran.out()["coverage"]["tables_compared"], 2);
  EXPECT_EQ(ran.detail("orders")["source_count"], 1000);
  EXPECT_EQ(ran.detail("orders")["source_checksum"], ran.detail("orders")["target_checksum"]);
  EXPECT_EQ(ran.out()["digest"], ran.detail("orders")["digest"]);
  for (const Action& action : ran.look.actions) EXPECT_FALSE(action.changes);
  EXPECT_EQ(ran.look.actions.size(), 4U);  // two tables, two sides
}

TEST_P(OnEveryEngine, OneChangedCellIsAMismatchOnlyWithChecksums) {
  Catalogs catalogs(GetParam());
  catalogs.sql("CREATE TABLE prod.main.t AS SELECT i AS id, 'v' AS v FROM range(100) r(i)");
  catalogs.sql(
      "CREATE TABLE staging.main.t AS SELECT i AS id, CASE WHEN i = 7 THEN NULL ELSE 'v' END AS v FROM range(100) "
      "r(i)");
  const Ran counts = run(catalogs, inputs());
  EXPECT_EQ(counts.out()["status"], "match");
  EXPECT_EQ(counts.out()["compared"], "row_counts");
  EXPECT_EQ(counts.out()["coverage"]["columns_compared"], 0);
  EXPECT_FALSE(counts.detail("t").contains("source_checksum"));
  EXPECT_NE(counts.outcome.figure.find("row counts only"), std::string::npos);

  const Ran digests = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(digests.out());
  EXPECT_EQ(digests.out()["status"], "mismatch");
  EXPECT_EQ(digests.detail("t")["verdict"], "mismatch");
  ASSERT_TRUE(digests.outcome.failure);
  EXPECT_EQ(digests.outcome.failure->code, "reconciliation-mismatch");
  EXPECT_NE(digests.outcome.failure->message.find("main.t"), std::string::npos);

  const Ran warned = run(catalogs, inputs({{"use_checksum", true}, {"on_mismatch", "warn"}}));
  EXPECT_FALSE(warned.outcome.failure);
  EXPECT_EQ(warned.out()["status"], "mismatch");
  EXPECT_EQ(warned.outcome.warnings.size(), 1U);
}

TEST_P(OnEveryEngine, MissingAndExtraTables) {
  Catalogs catalogs(GetParam());
  catalogs.sql("CREATE TABLE prod.main.both AS SELECT 1 AS a");
  catalogs.sql("CREATE TABLE staging.main.BOTH AS SELECT 1 AS A");  // names differ only by case
  catalogs.sql("CREATE TABLE prod.main.gone AS SELECT 1 AS a FROM range(3)");
  catalogs.sql("CREATE TABLE staging.main.new AS SELECT 1 AS a FROM range(4)");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(ran.out());
  EXPECT_EQ(ran.out()["status"], "partial");
  EXPECT_EQ(ran.out()["table_count"], 3);
  EXPECT_EQ(ran.out()["matched"], 1);
  EXPECT_EQ(ran.out()["mismatched"], 2);
  EXPECT_EQ(ran.out()["missing"], 1);
  EXPECT_EQ(ran.out()["extra"], 1);
  EXPECT_EQ(ran.detail("gone")["verdict"], "missing");
  EXPECT_EQ(ran.detail("gone")["source_count"], 3);
  EXPECT_EQ(ran.detail("gone")["target_count"], nullptr);
  EXPECT_EQ(ran.detail("new")["verdict"], "extra");
  EXPECT_EQ(ran.detail("new")["target_count"], 4);
  EXPECT_TRUE(ran.outcome.failure);
}

std::string engine_name(const ::testing::TestParamInfo<Locations>& engine) {
  return std::vector<std::string>{"files", "lakes", "mixed"}[engine.index];
}

INSTANTIATE_TEST_SUITE_P(Engines, OnEveryEngine, ::testing::Values(kFiles, kLakes, kMixed), engine_name);

TEST(CrossMetastore, ColumnsOfOneSideAreAMismatch) {
  Catalogs catalogs(kFiles);
  catalogs.sql("CREATE TABLE prod.main.t AS SELECT 1 AS a, 2 AS b");
  catalogs.sql("CREATE TABLE staging.main.t AS SELECT 1 AS a, 3 AS c");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(ran.out());
  EXPECT_EQ(ran.detail("t")["verdict"], "mismatch");
  EXPECT_EQ(ran.detail("t")["reason"], "columns differ: \"b\" (only in the source), \"c\" (only in the target)");
  EXPECT_EQ(ran.detail("t")["columns_compared"], 1);
  EXPECT_EQ(ran.out()["coverage"]["columns"], 3);
  EXPECT_EQ(ran.out()["coverage"]["columns_compared"], 1);
  EXPECT_EQ(ran.out()["coverage"]["not_compared"].size(), 2U);
}

TEST(CrossMetastore, WhatCannotBeComparedIsNoMatch) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"}) {
    const std::string c = catalog;
    catalogs.sql("CREATE TABLE " + c + ".main.odd (a INTEGER, u UNION(x INTEGER, y VARCHAR))");
    catalogs.sql("CREATE TABLE " + c + ".main.fine AS SELECT 1 AS a");
  }
  catalogs.sql("CREATE TABLE prod.main.types AS SELECT 1 AS a, 1::BIGINT AS b");
  catalogs.sql("CREATE TABLE staging.main.types AS SELECT 1 AS a, 1::DOUBLE AS b");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(ran.out());
  EXPECT_EQ(ran.out()["status"], "partial");
  EXPECT_EQ(ran.detail("fine")["verdict"], "match");
  EXPECT_EQ(ran.detail("odd")["verdict"], "not_compared");
  EXPECT_EQ(ran.detail("types")["verdict"], "not_compared");
  EXPECT_NE(ran.detail("types")["reason"].get<std::string>().find("no lossless common type"), std::string::npos);
  EXPECT_EQ(ran.out()["not_compared"], 2);
  EXPECT_EQ(ran.out()["coverage"]["tables_compared"], 1);
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_EQ(ran.outcome.failure->code, "reconciliation-incomplete");
  // What can be compared still decides: another value beside the odd column is a mismatch.
  catalogs.sql("INSERT INTO prod.main.odd VALUES (1, NULL)");
  catalogs.sql("INSERT INTO staging.main.odd VALUES (2, NULL)");
  EXPECT_EQ(run(catalogs, inputs({{"use_checksum", true}})).detail("odd")["verdict"], "mismatch");
}

TEST(CrossMetastore, DifferentTypesAreComparedInTheirCommonType) {
  Catalogs catalogs(kFiles);
  catalogs.sql("CREATE TABLE prod.main.t AS SELECT i::INTEGER AS a, i::DECIMAL(10,2) AS d FROM range(10) r(i)");
  catalogs.sql("CREATE TABLE staging.main.t AS SELECT i::BIGINT AS a, i::DECIMAL(12,4) AS d FROM range(10) r(i)");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  EXPECT_EQ(ran.out()["status"], "match") << ran.out().dump(1);
  const Json casts = ran.detail("t")["casts"];
  ASSERT_EQ(casts.size(), 2U);
  EXPECT_EQ(casts[0]["compared_as"], "BIGINT");
  EXPECT_EQ(casts[1]["compared_as"], "DECIMAL(12,4)");
}

TEST(CrossMetastore, ANotNullColumnOnOneSideIsEncodedAlikeOnBoth) {
  Catalogs catalogs(kFiles);
  catalogs.sql("CREATE TABLE prod.main.t (a INTEGER NOT NULL, b INTEGER)");
  catalogs.sql("CREATE TABLE staging.main.t (a INTEGER, b INTEGER NOT NULL)");
  for (const char* catalog : {"prod", "staging"})
    catalogs.sql(std::string("INSERT INTO ") + catalog + ".main.t VALUES (1, 2), (3, 4)");
  EXPECT_EQ(run(catalogs, inputs({{"use_checksum", true}})).out()["status"], "match");
}

TEST(CrossMetastore, OneBrokenTableIsAnErrorAndHidesNoOther) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"})
    for (int i = 0; i < 60; ++i)
      catalogs.sql("CREATE TABLE " + std::string(catalog) + ".main.t" + std::to_string(i) + " AS SELECT 1 AS a");
  for (const bool checksum : {false, true}) {
    catalogs.poisoned().poison = {"\"staging\".\"main\".\"t17\"", "\"prod\".\"main\".\"t3\""};
    const Ran ran = run(catalogs, inputs({{"use_checksum", checksum}}));
    expect_consistent(ran.out());
    EXPECT_EQ(ran.out()["matched"], 58);
    EXPECT_EQ(ran.out()["errors"], 2);
    EXPECT_EQ(ran.out()["mismatched"], 0);
    EXPECT_EQ(ran.out()["status"], "partial");
    EXPECT_EQ(ran.detail("t17")["verdict"], "error");
    EXPECT_TRUE(ran.detail("t17")["error"].get<std::string>().starts_with("target: "));
    EXPECT_TRUE(ran.detail("t3")["error"].get<std::string>().starts_with("source: "));
    ASSERT_TRUE(ran.outcome.failure);
    EXPECT_EQ(ran.outcome.failure->code, "reconciliation-incomplete");
  }
  catalogs.poisoned().poison = {"\"staging\""};
  const Ran all = run(catalogs, inputs({{"on_mismatch", "warn"}}));
  EXPECT_EQ(all.out()["status"], "failed");
  EXPECT_EQ(all.out()["errors"], 60);
  EXPECT_TRUE(all.outcome.failure);  // warn is about differences
}

TEST(CrossMetastore, CountsGoManyTablesToAStatement) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"})
    for (int i = 0; i < 60; ++i)
      catalogs.sql("CREATE TABLE " + std::string(catalog) + ".main.t" + std::to_string(i) + " AS SELECT 1 AS a");
  const Ran ran = run(catalogs, inputs());
  EXPECT_EQ(ran.look.actions.size(), 4U);
  EXPECT_EQ(ran.out()["matched"], 60);
}

TEST(CrossMetastore, NothingComparedIsFailed) {
  Catalogs catalogs(kFiles);
  const Ran empty = run(catalogs, inputs());
  EXPECT_EQ(empty.out()["status"], "failed");
  ASSERT_TRUE(empty.outcome.failure);
  EXPECT_EQ(empty.outcome.failure->code, "reconciliation-empty");
  EXPECT_TRUE(run(catalogs, inputs({{"on_mismatch", "warn"}})).outcome.failure);

  catalogs.sql("CREATE TABLE prod.main.t AS SELECT 1 AS a");
  const Ran typo = run(catalogs, inputs({{"include_tables", {"main.tt"}}}));
  EXPECT_EQ(typo.out()["status"], "failed");
  ASSERT_EQ(typo.outcome.warnings.size(), 1U);
  EXPECT_NE(typo.outcome.warnings[0].find("main.tt"), std::string::npos);

  const Ran missing = run(catalogs, inputs());
  EXPECT_EQ(missing.out()["status"], "failed");
  EXPECT_EQ(missing.out()["missing"], 1);
  EXPECT_EQ(missing.out()["coverage"]["tables_compared"], 0);
}

TEST(CrossMetastore, ViewsAreNotedNotCompared) {
  Catalogs catalogs(kFiles);
  catalogs.sql("CREATE TABLE prod.main.t AS SELECT 1 AS a");
  catalogs.sql("CREATE VIEW prod.main.v AS SELECT 1 AS a");
  catalogs.sql("CREATE TABLE prod.main.w AS SELECT 1 AS a");
  catalogs.sql("CREATE TABLE staging.main.t AS SELECT 1 AS a");
  catalogs.sql("CREATE VIEW staging.main.w AS SELECT 1 AS a");
  const Ran ran = run(catalogs, inputs({{"use_checksum", true}}));
  expect_consistent(ran.out());
  EXPECT_EQ(ran.out()["table_count"], 2);
  EXPECT_EQ(ran.detail("v"), nullptr);
  EXPECT_EQ(ran.detail("w")["verdict"], "missing");
  EXPECT_NE(ran.detail("w")["reason"].get<std::string>().find("view"), std::string::npos);
  EXPECT_NE(ran.out()["notes"].dump().find("views are not in scope"), std::string::npos);
}

TEST(CrossMetastore, LakesAreReadAtTheSnapshotsSeenFirst) {
  Catalogs catalogs(kLakes);
  for (const char* catalog : {"prod", "staging"})
    catalogs.sql(std::string("CREATE TABLE ") + catalog + ".main.t AS SELECT i AS id FROM range(10) r(i)");
  std::unique_ptr<Step> step = make_cross_metastore(inputs({{"use_checksum", true}})).value();
  const StepContext context = catalogs.context();
  const Look look = step->look(context).value();
  catalogs.sql("DELETE FROM staging.main.t WHERE id < 5");  // after the look
  const Outcome outcome = step->act(context, look).value();
  EXPECT_EQ(outcome.outputs["status"], "match") << outcome.outputs.dump(1);
  EXPECT_TRUE(outcome.outputs["source_version"].is_string());
  EXPECT_EQ(outcome.outputs["details"][0]["target_version"], outcome.outputs["target_version"]);
  EXPECT_EQ(run(catalogs, inputs()).out()["status"], "mismatch");
}

TEST(CrossMetastore, LookReadsNoRowsAndSaysWhatWouldBeRead) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"})
    catalogs.sql(std::string("CREATE TABLE ") + catalog + ".main.t AS SELECT 1 AS a");
  catalogs.poisoned().poison = {"count(*)"};
  std::unique_ptr<Step> step = make_cross_metastore(inputs({{"use_checksum", true}})).value();
  const Look look = step->look(catalogs.context()).value();
  ASSERT_EQ(look.actions.size(), 2U);
  EXPECT_EQ(look.actions[0].target, "prod.main.t");
  EXPECT_FALSE(look.changes());
  EXPECT_FALSE(look.preview.failure);
  EXPECT_EQ(look.preview.outputs["details"][0]["verdict"], "not_compared");
  EXPECT_EQ(look.preview.outputs["dry_run"], true);
  EXPECT_NE(look.preview.outputs["status"], "match");
}

TEST(CrossMetastore, FiltersSchemasAndTables) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"}) {
    const std::string c = catalog;
    catalogs.sql("CREATE SCHEMA " + c + ".s1");
    catalogs.sql("CREATE SCHEMA " + c + ".tmp");
    for (const char* table : {"main.a", "s1.a", "s1.b", "tmp.a"})
      catalogs.sql("CREATE TABLE " + c + "." + table + " AS SELECT 1 AS a");
  }
  EXPECT_EQ(run(catalogs, inputs()).out()["table_count"], 4);
  EXPECT_EQ(run(catalogs, inputs({{"exclude_schemas", {"tmp"}}})).out()["table_count"], 3);
  EXPECT_EQ(run(catalogs, inputs({{"include_schemas", {"s*"}}})).out()["table_count"], 2);
  EXPECT_EQ(run(catalogs, inputs({{"include_tables", {"*.a"}}, {"exclude_tables", {"tmp.*"}}})).out()["table_count"],
            2);
  EXPECT_EQ(run(catalogs, inputs({{"exclude_schemas", Json::array()}})).out()["table_count"], 4);
}

TEST(CrossMetastore, AnInterruptedRunSaysSoAndClaimsNothing) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"})
    catalogs.sql(std::string("CREATE TABLE ") + catalog + ".main.t AS SELECT 1 AS a");
  std::unique_ptr<Step> step = make_cross_metastore(inputs()).value();
  const Look look = step->look(catalogs.context()).value();
  std::stop_source source;
  source.request_stop();
  const Outcome outcome = step->act(catalogs.context({source.get_token(), std::nullopt}), look).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "cancelled");
  EXPECT_EQ(outcome.outputs["status"], "failed");
  EXPECT_EQ(outcome.outputs["matched"], 0);
}

TEST(CrossMetastore, RefusesWhatItCannotDo) {
  const Json workspace{{"host", "https://x"}, {"warehouse_id", "w"}};
  EXPECT_EQ(make_cross_metastore(inputs({{"target_workspace", workspace}, {"target", "dr"}})).error().code,
            "input-invalid");
  EXPECT_TRUE(make_cross_metastore(inputs({{"target_workspace", nullptr}})));
  EXPECT_FALSE(make_cross_metastore({{"source_catalog", "prod"}}));

  Catalogs catalogs(kFiles);
  const auto code = [&](const Json& with) {
    std::unique_ptr<Step> step = make_cross_metastore(with).value();
    const Result<Look> look = step->look(catalogs.context());
    return look ? std::string() : look.error().code;
  };
  EXPECT_EQ(code({{"source_catalog", "prod"}, {"destination_catalog", "prod"}}), "catalogs-equal");
  EXPECT_EQ(code({{"source_catalog", "prod"}, {"destination_catalog", "nowhere"}}), "catalog-unknown");
  EXPECT_EQ(code(inputs({{"target", "elsewhere"}})), "connection-unknown");
}

TEST(CrossMetastore, ReportsProgress) {
  Catalogs catalogs(kFiles);
  for (const char* catalog : {"prod", "staging"})
    for (const char* table : {"a", "b", "c"})
      catalogs.sql(std::string("CREATE TABLE ") + catalog + ".main." + table + " AS SELECT 1 AS a");
  std::unique_ptr<Step> step = make_cross_metastore(inputs({{"use_checksum", true}})).value();
  StepContext context = catalogs.context();
  std::vector<double> fractions;
  context.progress = [&](std::string_view, double fraction) { fractions.push_back(fraction); };
  const Look look = step->look(context).value();
  EXPECT_TRUE(step->act(context, look));
  ASSERT_EQ(fractions.size(), 6U);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_DOUBLE_EQ(fractions.back(), 1.0);
}

}  // namespace
}  // namespace lockstep
