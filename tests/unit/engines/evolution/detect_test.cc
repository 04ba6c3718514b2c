// schema-evolution/detect and apply, one after the other, over real catalogs.
#include "engines/evolution/detect.h"

#include <gtest/gtest.h>

#include "lab.h"

namespace lockstep {
namespace {

TEST(Detect, SaysEveryDifferenceAndWhatItWouldTake) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (id BIGINT, price DECIMAL(18,4), st STRUCT(a INTEGER, b VARCHAR))",
           "CREATE TABLE staging.main.t (id INTEGER, st STRUCT(a INTEGER), old DATE)"});
  const Json found = lab.detect("t").outcome.outputs;
  EXPECT_EQ(found["status"], "drifted");
  EXPECT_EQ(found["source"], "prod.main.t");
  EXPECT_EQ(found["dest"], "staging.main.t");
  EXPECT_EQ(found["added_columns"],
            Json::parse(R"j([{"column": "price", "data_type": "DECIMAL(18,4)", "nullable": "YES"}])j"));
  EXPECT_EQ(found["removed_columns"], Json::parse(R"([{"column": "old", "data_type": "DATE"}])"));
  ASSERT_EQ(found["changed_columns"].size(), 2U);
  EXPECT_EQ(found["changed_columns"][0],
            Json::parse(R"({"column": "id", "source_type": "BIGINT", "dest_type": "INTEGER"})"));
  EXPECT_EQ(found["changed_columns"][1]["nested"],
            Json::parse(R"([{"path": "b", "change": "added", "source_type": "VARCHAR"}])"));
  EXPECT_EQ(found["is_compatible"], false);
  EXPECT_EQ(found["requires_action"], true);
  EXPECT_EQ(found["statements"].size(), 3U);
}

TEST(Detect, AWideningIsCompatible) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (id BIGINT, fresh DATE)", "CREATE TABLE staging.main.t (id INTEGER)"});
  const EvolutionLab::Ran ran = lab.detect("t");
  EXPECT_EQ(ran.outcome.outputs["is_compatible"], true);
  EXPECT_FALSE(ran.outcome.failure);
  EXPECT_TRUE(ran.look.actions.empty());
}

TEST(Detect, MissingUnchangedViewsAndTypos) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.gone (id BIGINT)", "CREATE TABLE prod.main.same (id BIGINT)",
           "CREATE TABLE staging.main.same (ID BIGINT)", "CREATE VIEW prod.main.v AS SELECT 1 AS a",
           "CREATE TABLE staging.main.v (a INTEGER)"});
  const EvolutionLab::Ran gone = lab.detect("gone");
  EXPECT_EQ(gone.outcome.outputs["status"], "missing");
  EXPECT_TRUE(gone.outcome.outputs["added_columns"].empty());
  EXPECT_FALSE(gone.outcome.failure);
  EXPECT_EQ(gone.outcome.warnings.size(), 1U);
  const EvolutionLab::Ran same = lab.detect("same");
  EXPECT_EQ(same.outcome.outputs["status"], "unchanged");
  EXPECT_EQ(same.outcome.outputs["notes"].size(), 1U);
  EXPECT_EQ(same.outcome.outputs["requires_action"], false);
  EXPECT_EQ(lab.detect("v").outcome.failure->code, "table-is-view");
  EXPECT_EQ(lab.detect("nope").outcome.failure->code, "table-not-found");
}

TEST(Apply, DoesWhatDetectFoundAndThenDetectFindsNothing) {
  for (const CatalogKind kind : {CatalogKind::file, CatalogKind::lake}) {
    EvolutionLab lab(kind, kind);
    lab.sql(
        {"CREATE TABLE prod.main.t (id BIGINT NOT NULL DEFAULT 4, full_name VARCHAR, fresh DECIMAL(10,2), st STRUCT(a "
         "BIGINT, b VARCHAR))",
         "CREATE TABLE staging.main.t (id INTEGER, name VARCHAR, st STRUCT(a INTEGER))",
         "COMMENT ON COLUMN prod.main.t.fresh IS 'new'", "INSERT INTO staging.main.t VALUES (1, 'Ada', {'a': 5})"});
    const Json changes = lab.detect("t", {{"rename", {{"name", "full_name"}}}}).outcome.outputs;
    const EvolutionLab::Ran dry = lab.apply("t", changes);
    EXPECT_EQ(dry.outcome.outputs["status"], "dry_run");
    EXPECT_EQ(dry.outcome.outputs["dry_run"], true);
    EXPECT_TRUE(dry.log.empty());
    const EvolutionLab::Ran live = lab.apply("t", changes, {{"dry_run", false}});
    EXPECT_FALSE(live.outcome.failure) << live.outcome.failure->message;
    EXPECT_EQ(live.outcome.outputs["status"], "applied");
    EXPECT_EQ(live.outcome.outputs["added"], Json::parse(R"(["st.b", "fresh"])"));
    EXPECT_EQ(live.outcome.outputs["altered"], Json::parse(R"(["id", "full_name", "st"])"));
    EXPECT_EQ(live.outcome.outputs["statements"], dry.outcome.outputs["statements"]);
    EXPECT_EQ(live.log.size(), dry.outcome.outputs["statements"].size());
    EXPECT_EQ(lab.detect("t").outcome.outputs["status"], "unchanged");
    EXPECT_EQ(lab.sql({"SELECT id, full_name, st.a FROM staging.main.t"})[0], (std::vector<Json>{1, "Ada", 5}));
    // The same changes once more are old news.
    EXPECT_EQ(lab.apply("t", changes, {{"dry_run", false}}).outcome.failure->code, "changes-stale");
  }
}

TEST(Apply, RemovedColumnsAreSkippedUnlessAsked) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER)", "CREATE TABLE staging.main.t (a INTEGER, old DATE)"});
  const Json changes = lab.detect("t").outcome.outputs;
  EXPECT_EQ(lab.apply("t", changes, {{"dry_run", false}}).outcome.outputs["skipped"], Json::parse(R"(["old"])"));
  EXPECT_EQ(lab.apply("t", changes, {{"dry_run", false}, {"drop_removed", true}}).outcome.outputs["dropped"],
            Json::parse(R"(["old"])"));
}

TEST(Apply, RefusesWhatCannotBeDoneAsAWhole) {
  EvolutionLab lab;
  lab.sql({"CREATE TABLE prod.main.t (a INTEGER, fresh DATE)", "CREATE TABLE staging.main.t (a VARCHAR)"});
  const EvolutionLab::Ran ran = lab.apply("t", lab.detect("t").outcome.outputs, {{"dry_run", false}});
  ASSERT_TRUE(ran.outcome.failure);
  EXPECT_EQ(ran.outcome.failure->code, "type-change-refused");
  EXPECT_EQ(ran.outcome.outputs["errors"][0]["column"], "a");
  EXPECT_TRUE(ran.outcome.outputs["added"].empty());
  EXPECT_TRUE(ran.log.empty());
  EXPECT_EQ(lab.apply("nope", Json::object()).outcome.failure->code, "table-not-found");
}

}  // namespace
}  // namespace lockstep
