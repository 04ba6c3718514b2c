#include "engines/evolution/changes.h"

#include <gtest/gtest.h>

#include "engines/evolution/difference.h"
#include "engines/evolution/evolution_json.h"
#include "support.h"

namespace lockstep {
namespace {

Table destination() {
  Table table = make_table("staging", "s.t", {{"id", "INTEGER"}, {"name", "VARCHAR"}, {"old", "DATE"}});
  table.columns.edit()[1].comment = "who";
  return table;
}

Result<AppliedChanges> applied(const Json& changes) {
  return apply_changes(changes, destination(), file_dialect());
}

TEST(Changes, WhatDetectFoundLeadsToTheSource) {
  Table source = make_table("prod", "s.t", {{"id", "BIGINT"}, {"full_name", "VARCHAR"}, {"st", "STRUCT(a INTEGER)"}});
  source.columns.edit()[0].nullable = false;
  source.columns.edit()[0].default_expression = "7";
  source.columns.edit()[2].comment = "nested";
  const TableRenames renames{{{"name", "full_name"}}, {}};
  const Json changes = changes_json(difference(source, destination(), renames, {}), file_dialect());
  const Result<AppliedChanges> result = applied(changes);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_TRUE(result->stale.empty());
  EXPECT_EQ(result->table.renames.renames.size(), 1U);
  EXPECT_TRUE(difference(source, result->table.wanted, {}, {}).empty());
}

TEST(Changes, StaleColumnsAreAllNamed) {
  const Result<AppliedChanges> result = applied(Json::parse(R"({
    "added_columns": [{"column": "ID", "data_type": "BIGINT", "nullable": "YES"}],
    "removed_columns": [{"column": "nope", "data_type": "DATE"}, {"column": "old", "data_type": "TIMESTAMP"}],
    "renamed_columns": [{"column": "x", "from": "gone"}],
    "changed_columns": [{"column": "id", "source_type": "BIGINT", "dest_type": "SMALLINT"},
                        {"column": "id", "change": "nullability", "source": "YES", "dest": "NO"},
                        {"column": "id", "change": "default", "source": null, "dest": "4"},
                        {"column": "name", "change": "comment", "source": "", "dest": "else"},
                        {"column": "missing", "source_type": "BIGINT", "dest_type": "SMALLINT"}]})"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->stale.size(), 9U);
  for (const Refusal& refusal : result->stale) EXPECT_EQ(refusal.error.code, "changes-stale");
}

TEST(Changes, NonsenseIsRefusedWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"j([])j", "changes"},
      {R"j(null)j", "changes"},
      {R"j({"added_columns": {}})j", "changes.added_columns"},
      {R"j({"added_columns": ["x"]})j", "changes.added_columns[0]"},
      {R"j({"added_columns": [{"column": "x"}]})j", "data_type"},
      {R"j({"added_columns": [{"data_type": "INTEGER"}]})j", "\"column\""},
      {R"j({"added_columns": [{"column": "x", "data_type": "INTEGER; DROP TABLE t"}]})j", "not a type"},
      {R"j({"added_columns": [{"column": "x", "data_type": "STRUCT(a NOPE)"}]})j", "not a type"},
      {R"j({"added_columns": [{"column": "x", "data_type": "INTEGER", "nullable": true}]})j", "nullable"},
      {R"j({"added_columns": [{"column": "x", "data_type": "INTEGER", "nullable": "MAYBE"}]})j", "nullable"},
      {R"j({"added_columns": [{"column": "x", "data_type": "INTEGER", "default": "1); DROP TABLE t; --"}]})j",
       "no expression"},
      {R"j({"changed_columns": [{"column": "id", "change": "owner"}]})j", "change"},
      {R"j({"changed_columns": [{"column": "id", "change": 4}]})j", "change"},
      {R"j({"status": "missing"})j", "missing"},
      {R"j({"dest": "staging.s.other"})j", "staging.s.other"},
  };
  for (const auto& [changes, place] : cases) {
    const Result<AppliedChanges> result = applied(Json::parse(changes));
    ASSERT_FALSE(result.ok()) << changes;
    EXPECT_EQ(result.error().code, "changes-invalid") << changes;
    EXPECT_NE(result.error().message.find(place), std::string::npos) << result.error().message;
  }
}

TEST(Changes, AnExpressionStaysBehindDefaultAndANameStaysAName) {
  const Result<AppliedChanges> result = applied(Json::parse(R"j({"added_columns": [
      {"column": "x\"; DROP TABLE t; --", "data_type": "INTEGER", "default": "1, ADD COLUMN evil INTEGER"}]})j"));
  ASSERT_TRUE(result.ok());
  const Alteration plan =
      plan_alteration(difference(result->table.wanted, destination(), {}, {}), file_dialect(), {}, {}, {});
  ASSERT_EQ(plan.statements.size(), 3U);  // add, fill, default
  for (const PlannedStatement& statement : plan.statements)
    EXPECT_NE(statement.sql.find("\"x\"\"; DROP TABLE t; --\""), std::string::npos) << statement.sql;
  EXPECT_NE(plan.statements[1].sql.find("USING (1, ADD COLUMN evil INTEGER)"), std::string::npos);
  EXPECT_NE(plan.statements[2].sql.find("SET DEFAULT (1, ADD COLUMN evil INTEGER)"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
