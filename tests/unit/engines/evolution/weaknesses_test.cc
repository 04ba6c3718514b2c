// Each numbered weakness of the system whose contract these steps keep (reference: Clone-Xs, schema evolution), got
// right, over real catalogs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "lab.h"

namespace lockstep {
namespace {

TEST(Weaknesses, No1_TypesAreCompleteAndNestedChangesAreSeen) {
  EvolutionLab lab;
  lab.sql(
      {"CREATE TABLE prod.main.t (id INTEGER, price DECIMAL(18,4), tags VARCHAR[], m MAP(VARCHAR, INTEGER), amount "
       "DECIMAL(12,2), st STRUCT(a INTEGER, b VARCHAR), items STRUCT(x INTEGER, y INTEGER)[])",
       "CREATE TABLE staging.main.t (id INTEGER, amount DECIMAL(10,2), st STRUCT(a INTEGER), items STRUCT(x "
       "INTEGER)[])"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
  const auto rows = lab.sql(
      {"SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'staging' ORDER BY column_name"});
  const std::vector<std::vector<Json>> expected = {
      {"amount", "DECIMAL(12,2)"},    {"id", "INTEGER"},          {"items", "STRUCT(x INTEGER, y INTEGER)[]"},
      {"m", "MAP(VARCHAR, INTEGER)"}, {"price", "DECIMAL(18,4)"}, {"st", "STRUCT(a INTEGER, b VARCHAR)"},
      {"tags", "VARCHAR[]"}};
  EXPECT_EQ(rows, expected);
}

TEST(Weaknesses, No2_TypeChangesWorkAndNo3_NarrowingIsNotTried) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    lab.sql({"CREATE TABLE prod.main.wide (x BIGINT)", "CREATE TABLE staging.main.wide (x INTEGER)",
             "INSERT INTO staging.main.wide VALUES (7)", "CREATE TABLE prod.main.narrow (x INTEGER, extra INTEGER)",
             "CREATE TABLE staging.main.narrow (x VARCHAR)", "INSERT INTO staging.main.narrow VALUES ('1')"});
    const EvolutionLab::Ran ran = lab.evolve_live();
    EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.wide")["status"], "applied");
    EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.narrow")["status"], "error");
    EXPECT_EQ(ran.log.size(), 1U);  // of the refused table nothing was tried, the harmless addition included
    EXPECT_EQ(
        lab.sql(
            {"SELECT count(*) FROM duckdb_columns() WHERE database_name = 'staging' AND table_name = 'narrow'"})[0][0],
        1);
    EXPECT_EQ(lab.sql({"SELECT x FROM staging.main.wide"})[0][0], 7);
  }
}

TEST(Weaknesses, No4_NamesThatDifferInCaseLoseNoData) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (\"OrderId\" INTEGER)", "CREATE TABLE staging.main.t (orderid INTEGER)",
           "INSERT INTO staging.main.t VALUES (1)"});
  const EvolutionLab::Ran ran = lab.evolve_live({{"drop_removed", true}});
  EXPECT_FALSE(ran.outcome.failure);
  EXPECT_TRUE(ran.log.empty());
  EXPECT_EQ(lab.sql({"SELECT orderid FROM staging.main.t"})[0][0], 1);
}

TEST(Weaknesses, No4_ARenameIsNoDropAndAdd) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (customer_id INTEGER)", "CREATE TABLE staging.main.t (cust_id INTEGER)",
           "INSERT INTO staging.main.t VALUES (1)"});
  const EvolutionLab::Ran refused = lab.evolve_live({{"drop_removed", true}});
  ASSERT_TRUE(refused.outcome.failure);
  EXPECT_EQ(EvolutionLab::detail(refused.outcome, "main.t")["errors"][0]["code"], "drop-looks-like-rename");
  EXPECT_TRUE(refused.log.empty());
  const EvolutionLab::Ran renamed = lab.evolve_live({{"drop_removed", true}, {"rename", {{"cust_id", "customer_id"}}}});
  EXPECT_FALSE(renamed.outcome.failure);
  EXPECT_EQ(lab.sql({"SELECT customer_id FROM staging.main.t"})[0][0], 1);
}

TEST(Weaknesses, No5_ErrorsFailTheStepAndMissingIsNotAdded) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.bad (x INTEGER, y INTEGER)", "CREATE TABLE staging.main.bad (x VARCHAR, y VARCHAR)",
           "CREATE TABLE prod.main.gone (a INTEGER, b INTEGER)", "CREATE TABLE prod.main.good (a INTEGER, b INTEGER)",
           "CREATE TABLE staging.main.good (a INTEGER)"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_EQ(ran.outcome.failure->code, "evolution-incomplete");
  EXPECT_EQ(ran.outcome.outputs["tables_with_errors"], 1);  // two bad columns, one table
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.bad")["errors"].size(), 2U);
  EXPECT_EQ(ran.outcome.outputs["tables_with_changes"], 1);
  EXPECT_EQ(ran.outcome.outputs["tables_missing"], 1);
  EXPECT_EQ(ran.outcome.outputs["total_tables"], 3);
  EXPECT_EQ(ran.outcome.outputs["tables_unchanged"], 0);
  const Json gone = EvolutionLab::detail(ran.outcome, "main.gone");
  EXPECT_EQ(gone["status"], "missing");
  EXPECT_FALSE(gone.contains("changes"));
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.good")["status"], "applied");
}

TEST(Weaknesses, No6_ADryRunShowsTheStatementsThatALiveRunExecutes) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (a BIGINT, b VARCHAR NOT NULL DEFAULT 'x')",
           "CREATE TABLE staging.main.t (a INTEGER)", "INSERT INTO staging.main.t VALUES (1)"});
  const EvolutionLab::Ran dry = lab.evolve();
  EXPECT_TRUE(dry.log.empty());
  EXPECT_EQ(dry.outcome.outputs["dry_run"], true);
  std::vector<std::string> shown;
  const Json entry = EvolutionLab::detail(dry.outcome, "main.t");
  for (const Json& statement : entry["statements"]) {
    shown.push_back(statement["sql"]);
    EXPECT_FALSE(statement["why"].get<std::string>().empty());
  }
  EXPECT_GE(shown.size(), 3U);
  EXPECT_EQ(lab.evolve_live().log, shown);
}

TEST(Weaknesses, No6_ADryRunFailsWhereTheLiveRunWould) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (x INTEGER)", "CREATE TABLE staging.main.t (x VARCHAR)"});
  EXPECT_TRUE(lab.evolve().outcome.failure);
}

TEST(Weaknesses, No7_NullabilityConverges) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    lab.sql(
        {"CREATE TABLE prod.main.t (a INTEGER NOT NULL, b INTEGER, c INTEGER NOT NULL DEFAULT 5, d INTEGER NOT NULL)",
         "CREATE TABLE staging.main.t (a INTEGER, b INTEGER NOT NULL, d INTEGER)",
         "INSERT INTO staging.main.t VALUES (1, 2, 3)"});
    const EvolutionLab::Ran first = lab.evolve_live();
    EXPECT_FALSE(first.outcome.failure) << first.outcome.failure->message;
    EXPECT_EQ(lab.sql({"SELECT * FROM staging.main.t"})[0], (std::vector<Json>{1, 2, 3, 5}));
    const EvolutionLab::Ran second = lab.evolve_live();
    EXPECT_TRUE(second.log.empty());
    EXPECT_EQ(second.outcome.outputs["tables_unchanged"], 1);
  }
}

TEST(Weaknesses, No7_NotNullOverNullsIsRefusedAndKeptColumnsAreNoChange) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    lab.sql({"CREATE TABLE prod.main.nulls (a INTEGER NOT NULL)", "CREATE TABLE staging.main.nulls (a INTEGER)",
             "INSERT INTO staging.main.nulls VALUES (1), (NULL)", "CREATE TABLE prod.main.kept (a INTEGER)",
             "CREATE TABLE staging.main.kept (a INTEGER, own VARCHAR)"});
    const EvolutionLab::Ran ran = lab.evolve_live();
    EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.nulls")["errors"][0]["code"], "not-null-over-nulls");
    const Json kept = EvolutionLab::detail(ran.outcome, "main.kept");
    EXPECT_EQ(kept["status"], "unchanged");
    EXPECT_EQ(kept["changes"]["removed_columns"][0]["column"], "own");
    EXPECT_EQ(ran.outcome.outputs["tables_with_changes"], 0);
  }
}

TEST(Weaknesses, No8_ViewsAreLeftOutAndSaid) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.base (a INTEGER)", "CREATE TABLE staging.main.base (a INTEGER)",
           "CREATE VIEW prod.main.v AS SELECT a FROM prod.main.base", "CREATE TABLE staging.main.v (a INTEGER)",
           "CREATE TABLE prod.main.w (a INTEGER)", "CREATE VIEW staging.main.w AS SELECT a FROM staging.main.base"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  EXPECT_TRUE(ran.log.empty());
  EXPECT_EQ(ran.outcome.outputs["total_tables"], 2);
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.v")["status"], "extra");
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.v")["notes"][0], "the source has a view of that name");
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.w")["status"], "missing");
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.w")["notes"][0], "the destination has a view of that name");
}

TEST(Weaknesses, No9_HostileNamesAreData) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    const std::string table = R"("x' OR '1'='1")";
    const std::string column = R"("a"" INTEGER; DROP TABLE victim; --")";
    lab.sql({"CREATE SCHEMA prod.\"my-schema\"", "CREATE SCHEMA staging.\"my-schema\"",
             "CREATE TABLE staging.main.victim (a INTEGER)", "CREATE TABLE prod.main.victim (a INTEGER)",
             fmt::format(R"(CREATE TABLE prod."my-schema".{} ("select" INTEGER NOT NULL, {} VARCHAR))", table, column),
             "CREATE TABLE staging.\"my-schema\"." + table + " (\"select\" INTEGER)",
             "INSERT INTO staging.\"my-schema\"." + table + " VALUES (1)",
             "COMMENT ON COLUMN prod.\"my-schema\"." + table + ".\"select\" IS 'it''s; DROP TABLE victim; --'"});
    const EvolutionLab::Ran ran = lab.evolve_live();
    EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
    EXPECT_EQ(ran.outcome.outputs["tables_with_changes"], 1);
    EXPECT_TRUE(lab.evolve_live().log.empty());
    EXPECT_EQ(lab.sql({"SELECT count(*) FROM duckdb_tables() WHERE database_name = 'staging'"})[0][0], 2);
  }
}

TEST(Weaknesses, No10_ApplyReadsAnewAndRefusesStaleChanges) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (a BIGINT, b VARCHAR)", "CREATE TABLE staging.main.t (a INTEGER)"});
  const Json changes = lab.detect("t").outcome.outputs;
  lab.sql({"ALTER TABLE staging.main.t ALTER COLUMN a TYPE SMALLINT"});
  const EvolutionLab::Ran ran = lab.apply("t", changes, {{"dry_run", false}});
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_EQ(ran.outcome.failure->code, "changes-stale");
  EXPECT_TRUE(ran.log.empty());
  EXPECT_EQ(ran.outcome.outputs["errors"][0]["column"], "a");
  const EvolutionLab::Ran nonsense = lab.apply("t", {{"added_columns", {{{"column", "x"}}}}}, {{"dry_run", false}});
  ASSERT_TRUE(nonsense.outcome.failure);
  EXPECT_EQ(nonsense.outcome.failure->code, "changes-invalid");
}

TEST(Weaknesses, No11_DefaultsAndCommentsFollowExtraTablesAreReported) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    lab.sql({"CREATE TABLE prod.main.t (a INTEGER DEFAULT 7, b VARCHAR)", "COMMENT ON COLUMN prod.main.t.a IS 'seven'",
             "CREATE TABLE staging.main.t (a INTEGER, b VARCHAR DEFAULT 'old')",
             "COMMENT ON COLUMN staging.main.t.b IS 'old'", "CREATE TABLE staging.main.own (a INTEGER)"});
    const EvolutionLab::Ran ran = lab.evolve_live();
    EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
    EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.own")["status"], "extra");
    EXPECT_EQ(ran.outcome.outputs["tables_extra"], 1);
    lab.sql({"INSERT INTO staging.main.t (b) VALUES ('x')", "INSERT INTO staging.main.t (a) VALUES (8)"});
    EXPECT_EQ(lab.sql({"SELECT a, b FROM staging.main.t ORDER BY a"}),
              (std::vector<std::vector<Json>>{{7, "x"}, {8, nullptr}}));
    EXPECT_TRUE(lab.evolve_live().log.empty());
  }
}

TEST(Weaknesses, No12_DetailsAreSortedAndTheDefaultSchemaIsIn) {
  EvolutionLab lab;
  std::vector<std::string> setup = {"CREATE SCHEMA prod.\"default\"", "CREATE SCHEMA staging.\"default\""};
  for (const char* name : {"main.zeta", "main.alpha", "main.mid", "\"default\".t"}) {
    setup.push_back(std::string("CREATE TABLE prod.") + name + " (a INTEGER, b INTEGER)");
    setup.push_back(std::string("CREATE TABLE staging.") + name + " (a INTEGER)");
  }
  lab.sql(setup);
  const EvolutionLab::Ran ran = lab.evolve_live({{"max_workers", 4}});
  std::vector<std::string> names;
  for (const Json& entry : ran.outcome.outputs["details"]) names.push_back(entry["table"]);
  EXPECT_EQ(names, (std::vector<std::string>{"default.t", "main.alpha", "main.mid", "main.zeta"}));
}

TEST(Weaknesses, No13_NothingIsWrittenBesideTheChange) {
  EvolutionLab lab(CatalogKind::lake, CatalogKind::lake);
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER)", "CREATE TABLE staging.main.t (a INTEGER)"});
  const std::string before = lab.version("staging");
  const EvolutionLab::Ran ran = lab.evolve_live();
  EXPECT_FALSE(ran.outcome.failure);
  EXPECT_EQ(lab.version("staging"), before);  // no drift, no snapshot, no audit row
}

}  // namespace
}  // namespace lockstep
