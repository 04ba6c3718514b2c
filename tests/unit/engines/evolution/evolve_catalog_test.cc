// schema-evolution/evolve-catalog over real catalogs, both kinds.
#include "engines/evolution/evolve_catalog.h"

#include <gtest/gtest.h>

#include "lab.h"

namespace lockstep {
namespace {

class EvolveCatalogBothKinds : public ::testing::TestWithParam<CatalogKind> {};

INSTANTIATE_TEST_SUITE_P(Kinds, EvolveCatalogBothKinds, ::testing::Values(CatalogKind::file, CatalogKind::lake),
                         [](const auto& kind) { return kind.param == CatalogKind::file ? "file" : "lake"; });

TEST_P(EvolveCatalogBothKinds, ManyTablesAtOnceAndASecondRunFindsNothing) {
  EvolutionLab lab(GetParam(), GetParam());
  std::vector<std::string> setup;
  for (int i = 0; i < 30; ++i) {
    const std::string name = "t" + std::to_string(i);
    setup.push_back("CREATE TABLE prod.main." + name +
                    " (id BIGINT NOT NULL, s STRUCT(a INTEGER, b VARCHAR), fresh DATE)");
    setup.push_back("CREATE TABLE staging.main." + name + " (id INTEGER, s STRUCT(a INTEGER))");
    setup.push_back("INSERT INTO staging.main." + name + " VALUES (1, {'a': 2})");
  }
  lab.sql(setup);
  const EvolutionLab::Ran first = lab.evolve_live({{"max_workers", 4}});
  EXPECT_FALSE(first.outcome.failure) << first.outcome.failure->message;
  EXPECT_EQ(first.outcome.outputs["tables_with_changes"], 30);
  EXPECT_EQ(first.outcome.outputs["dry_run"], false);
  for (const Json& entry : first.outcome.outputs["details"]) {
    EXPECT_EQ(entry["status"], "applied");
    EXPECT_EQ(entry["applied"]["added"], Json::parse(R"(["s.b", "fresh"])"));
    EXPECT_EQ(entry["applied"]["altered"][0], "id");
  }
  const std::string version = lab.version("staging");
  const EvolutionLab::Ran second = lab.evolve_live();
  EXPECT_TRUE(second.look.actions.empty());
  EXPECT_EQ(second.outcome.outputs["tables_unchanged"], 30);
  EXPECT_EQ(second.outcome.outputs["details"], Json::array());
  EXPECT_EQ(lab.version("staging"), version);
  EXPECT_EQ(lab.sql({"SELECT id, s.a, s.b, fresh FROM staging.main.t7"})[0],
            (std::vector<Json>{1, 2, nullptr, nullptr}));
}

TEST_P(EvolveCatalogBothKinds, ALakeIsChangedInOneStampedCommit) {
  if (GetParam() != CatalogKind::lake) return;
  EvolutionLab lab(CatalogKind::lake, CatalogKind::lake);
  std::vector<std::string> setup;
  for (int i = 0; i < 12; ++i) {
    setup.push_back("CREATE TABLE prod.main.t" + std::to_string(i) + " (a BIGINT, b VARCHAR)");
    setup.push_back("CREATE TABLE staging.main.t" + std::to_string(i) + " (a INTEGER)");
  }
  lab.sql(setup);
  const auto before = lab.sql({"SELECT max(snapshot_id) FROM staging.snapshots()"})[0][0].get<int>();
  EXPECT_FALSE(lab.evolve_live().outcome.failure);
  const auto after =
      lab.sql({"SELECT snapshot_id, author, commit_message, CAST(commit_extra_info AS VARCHAR) FROM "
               "staging.snapshots() ORDER BY 1 DESC LIMIT 1"})[0];
  EXPECT_EQ(after[0], before + 1);
  EXPECT_EQ(after[1], "lockstep");
  EXPECT_NE(after[2].get<std::string>().find("run-1"), std::string::npos);
  EXPECT_NE(after[2].get<std::string>().find("step-1"), std::string::npos);
  EXPECT_NE(after[3].get<std::string>().find("run-1"), std::string::npos);
}

TEST_P(EvolveCatalogBothKinds, TheDryRunReadsMetadataInTwoStatements) {
  EvolutionLab lab(GetParam(), GetParam());
  lab.sql({"CREATE TABLE prod.main.a (x INTEGER)", "CREATE TABLE staging.main.a (x INTEGER)"});
  EXPECT_EQ(lab.evolve().outcome.outputs["tables_unchanged"], 1);  // everything is open now
  const std::uint64_t before = lab.warehouse().statements_sent();
  EXPECT_EQ(lab.evolve().outcome.outputs["tables_unchanged"], 1);
  EXPECT_LE(lab.warehouse().statements_sent() - before, 2U);
}

TEST_P(EvolveCatalogBothKinds, OneRefusedTableDoesNotHoldUpTheOthers) {
  EvolutionLab lab(GetParam(), GetParam());
  lab.sql({"CREATE TABLE prod.main.a (x BIGINT)", "CREATE TABLE staging.main.a (x INTEGER)",
           "CREATE TABLE prod.main.b (x INTEGER, y INTEGER)", "CREATE TABLE staging.main.b (x VARCHAR)",
           "CREATE TABLE prod.main.c (x BIGINT)", "CREATE TABLE staging.main.c (x INTEGER)"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_NE(ran.outcome.failure->message.find("main.b"), std::string::npos);
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.a")["status"], "applied");
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.c")["status"], "applied");
  const Json refused = EvolutionLab::detail(ran.outcome, "main.b");
  EXPECT_EQ(refused["errors"][0]["code"], "type-change-refused");
  EXPECT_FALSE(refused["errors"][0]["remedy"].get<std::string>().empty());
  EXPECT_TRUE(refused["statements"].empty());
}

TEST_P(EvolveCatalogBothKinds, NotNullInEveryCombination) {
  EvolutionLab lab(GetParam(), GetParam());
  lab.sql(
      {"CREATE TABLE prod.main.t (a BIGINT NOT NULL, b VARCHAR NOT NULL, c INTEGER, n INTEGER NOT NULL DEFAULT 7, m "
       "VARCHAR NOT NULL DEFAULT 'x', z DATE)",
       "CREATE TABLE staging.main.t (a INTEGER, b VARCHAR, old INTEGER NOT NULL)",
       "INSERT INTO staging.main.t SELECT i, 'x', i FROM range(2000) r(i)"});
  const EvolutionLab::Ran ran = lab.evolve_live({{"rename", {{"old", "c"}}}});
  EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
  EXPECT_EQ(lab.sql({"SELECT count(*), sum(a), sum(c), sum(n), min(m) FROM staging.main.t"})[0],
            (std::vector<Json>{2000, "1999000", "1999000", "14000", "x"}));
  EXPECT_TRUE(lab.evolve_live().look.actions.empty());
}

TEST_P(EvolveCatalogBothKinds, DropRemovedDropsColumnsAndFields) {
  EvolutionLab lab(GetParam(), GetParam());
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER, s STRUCT(x INTEGER), l STRUCT(p INTEGER)[])",
           "CREATE TABLE staging.main.t (a INTEGER, s STRUCT(x INTEGER, gone VARCHAR), l STRUCT(p INTEGER, q DATE)[], "
           "old DATE)",
           "INSERT INTO staging.main.t VALUES (1, {'x': 2, 'gone': 'g'}, [{'p': 3, 'q': NULL}], NULL)"});
  const EvolutionLab::Ran kept = lab.evolve_live();
  EXPECT_TRUE(kept.log.empty());
  const EvolutionLab::Ran ran = lab.evolve_live({{"drop_removed", true}});
  EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.t")["applied"]["dropped"].size(), 3U);
  EXPECT_EQ(lab.sql({"SELECT a, s.x, l[1].p FROM staging.main.t"})[0], (std::vector<Json>{1, 2, 3}));
  EXPECT_TRUE(lab.evolve_live({{"drop_removed", true}}).log.empty());
}

TEST_P(EvolveCatalogBothKinds, AViewThatNamesADroppedColumnForbidsIt) {
  EvolutionLab lab(GetParam(), GetParam());
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER)", "CREATE TABLE staging.main.t (a INTEGER, old DATE)",
           "CREATE VIEW staging.main.v AS SELECT old FROM staging.main.t"});
  const EvolutionLab::Ran ran = lab.evolve_live({{"drop_removed", true}});
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.t")["errors"][0]["code"], "column-has-dependents");
  EXPECT_EQ(lab.sql({"SELECT count(*) FROM staging.main.v"})[0][0], 0);
}

TEST(EvolveCatalog, DependentsOfAFileAreFoundInLook) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.keyed (a BIGINT, b INTEGER)",
           "CREATE TABLE staging.main.keyed (a INTEGER PRIMARY KEY, b INTEGER)",
           "CREATE TABLE prod.main.uniq (a BIGINT)", "CREATE TABLE staging.main.uniq (a INTEGER UNIQUE)",
           "CREATE TABLE prod.main.chk (a BIGINT)", "CREATE TABLE staging.main.chk (a INTEGER CHECK (a > 0))",
           "CREATE TABLE prod.main.idx (a INTEGER, b BIGINT)", "CREATE TABLE staging.main.idx (a INTEGER, b INTEGER)",
           "CREATE INDEX by_a ON staging.main.idx (a)", "CREATE TABLE prod.main.gen (a BIGINT, g INTEGER)",
           "CREATE TABLE staging.main.gen (a INTEGER, g INTEGER GENERATED ALWAYS AS (a + 1))",
           "CREATE TABLE prod.main.fine (a INTEGER, fresh INTEGER)", "CREATE TABLE staging.main.fine (a INTEGER)",
           "CREATE INDEX fine_a ON staging.main.fine (a)"});
  const EvolutionLab::Ran ran = lab.evolve();  // a dry run: nothing is tried
  ASSERT_TRUE(ran.outcome.failure);
  for (const char* table : {"main.keyed", "main.uniq", "main.chk", "main.idx", "main.gen"}) {
    const Json entry = EvolutionLab::detail(ran.outcome, table);
    EXPECT_EQ(entry["status"], "error") << table;
    ASSERT_TRUE(entry.contains("errors")) << table;
    EXPECT_EQ(entry["errors"][0]["code"], "column-has-dependents") << table;
  }
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.fine")["status"], "dry_run");
  const EvolutionLab::Ran live = lab.evolve_live();
  EXPECT_EQ(live.outcome.outputs["tables_with_errors"], 5);
  EXPECT_EQ(EvolutionLab::detail(live.outcome, "main.fine")["status"], "applied");
}

TEST(EvolveCatalog, ATableThatAnotherOnesForeignKeyPointsToIsFoundInLook) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.parent (a INTEGER NOT NULL, b BIGINT)", "CREATE TABLE prod.main.child (k INTEGER)"});
  // A foreign key finds its table only in the current catalog, and the current catalog belongs to one connection.
  const auto made = lab.warehouse().transact("staging",
                                             {"USE staging", "CREATE TABLE parent (a INTEGER PRIMARY KEY, b INTEGER)",
                                              "CREATE TABLE child (k INTEGER REFERENCES parent (a))", "USE memory"},
                                             {}, {});
  ASSERT_TRUE(made.ok()) << made.error().message;
  const EvolutionLab::Ran ran = lab.evolve();
  const Json entry = EvolutionLab::detail(ran.outcome, "main.parent");
  EXPECT_EQ(entry["status"], "error");
  ASSERT_TRUE(entry.contains("errors"));
  EXPECT_EQ(entry["errors"][0]["code"], "column-has-dependents");
}

TEST(EvolveCatalog, FromAFileToALakeAndBack) {
  for (const auto& [source, destination] :
       {std::pair{CatalogKind::file, CatalogKind::lake}, std::pair{CatalogKind::lake, CatalogKind::file}}) {
    EvolutionLab lab(source, destination);
    lab.sql(
        {"CREATE TABLE prod.main.t (a BIGINT DEFAULT 3, flag BOOLEAN DEFAULT true, d DATE DEFAULT '2020-01-01', s "
         "VARCHAR DEFAULT 'it''s')",
         "CREATE TABLE staging.main.t (a INTEGER)", "INSERT INTO staging.main.t VALUES (1)"});
    const EvolutionLab::Ran ran = lab.evolve_live();
    EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
    EXPECT_EQ(lab.sql({"SELECT a, flag, CAST(d AS VARCHAR), s FROM staging.main.t"})[0],
              (std::vector<Json>{1, true, "2020-01-01", "it's"}));
    EXPECT_TRUE(lab.evolve_live().log.empty());
  }
}

TEST(EvolveCatalog, AnExpressionAsDefaultOfANotNullColumn) {
  EvolutionLab lab;
  lab.sql(
      {"CREATE TABLE prod.main.t (a INTEGER NOT NULL, made TIMESTAMP NOT NULL DEFAULT now(), seen TIMESTAMP DEFAULT "
       "now())",
       "CREATE TABLE staging.main.t (a INTEGER)", "INSERT INTO staging.main.t VALUES (1), (2)"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  EXPECT_FALSE(ran.outcome.failure) << ran.outcome.failure->message;
  EXPECT_EQ(lab.sql({"SELECT count(made) FROM staging.main.t"})[0][0], 2);
  EXPECT_TRUE(lab.evolve_live().log.empty());
}

TEST(EvolveCatalog, WhatALakeCannotHoldIsRefusedUnlessItIsHeldAlready) {
  EvolutionLab lab(CatalogKind::file, CatalogKind::lake);
  lab.sql({"CREATE TABLE prod.main.fresh (a INTEGER, mood ENUM('ok', 'sad'))",
           "CREATE TABLE staging.main.fresh (a INTEGER)", "CREATE TABLE prod.main.held (mood ENUM('ok', 'sad'))",
           "CREATE TABLE staging.main.held (mood VARCHAR)"});
  const EvolutionLab::Ran ran = lab.evolve_live();
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.fresh")["errors"][0]["code"], "type-unsupported");
  EXPECT_EQ(EvolutionLab::detail(ran.outcome, "main.held")["status"], "unchanged");
  EXPECT_EQ(ran.outcome.outputs["tables_with_errors"], 1);
}

TEST(EvolveCatalog, FiltersAndWarnings) {
  EvolutionLab lab;
  lab.sql({"CREATE SCHEMA prod.s", "CREATE SCHEMA staging.s", "CREATE TABLE prod.s.a (x INTEGER, y INTEGER)",
           "CREATE TABLE staging.s.a (x INTEGER)", "CREATE TABLE prod.main.b (x INTEGER, y INTEGER)",
           "CREATE TABLE staging.main.b (x INTEGER)", "CREATE TABLE prod.main.gone (x INTEGER)"});
  const EvolutionLab::Ran some = lab.evolve({{"include_tables", {"S.*", "nope.*"}}, {"rename", {{"q", "r"}}}});
  EXPECT_EQ(some.outcome.outputs["total_tables"], 1);
  EXPECT_EQ(some.outcome.warnings.size(), 2U);
  const EvolutionLab::Ran rest = lab.evolve({{"exclude_schemas", {"s"}}});
  EXPECT_EQ(rest.outcome.outputs["total_tables"], 2);
  EXPECT_FALSE(rest.outcome.failure);  // a missing table warns
  ASSERT_EQ(rest.outcome.warnings.size(), 1U);
  EXPECT_NE(rest.outcome.warnings[0].find("main.gone"), std::string::npos);
}

TEST(EvolveCatalog, IgnoredAspectsStayAsTheyAre) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER NOT NULL DEFAULT 3)", "COMMENT ON COLUMN prod.main.t.a IS 'x'",
           "CREATE TABLE staging.main.t (a INTEGER)"});
  EXPECT_EQ(lab.evolve({{"ignore", {"default", "comment", "nullability"}}}).outcome.outputs["tables_unchanged"], 1);
}

TEST(EvolveCatalog, BadInputsAreErrors) {
  EXPECT_EQ(make_evolve_catalog({{"max_workers", 0}}).error().code, "input-invalid");
  EXPECT_EQ(make_evolve_catalog({{"dry_run", "yes"}}).error().code, "input-invalid");
  EXPECT_EQ(make_evolve_catalog({{"ignore", {"type"}}}).error().code, "input-invalid");
  EXPECT_EQ(make_evolve_catalog({{"rename", 3}}).error().code, "rename-invalid");
  EXPECT_EQ(make_evolve_catalog({{"include_tables", "x"}}).error().code, "filter-invalid");
}

TEST(EvolveCatalog, ACatalogIsNotItsOwnClone) {
  EvolutionLab lab;
  TestContext test(&lab.warehouse());
  auto step = make_evolve_catalog({{"source_catalog", "prod"}, {"destination_catalog", "PROD"}});
  ASSERT_TRUE(step.ok());
  const auto look = (*step)->look(test.context);
  ASSERT_FALSE(look.ok());
  EXPECT_EQ(look.error().code, "catalogs-equal");
}

}  // namespace
}  // namespace lockstep
