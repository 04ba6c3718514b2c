#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/specs/schema_support.h"

namespace lockstep {
namespace {

using schema_test::node_of;
using schema_test::walked;
using schema_test::walked_inputs;
using schema_test::walked_runbook;
using ::testing::HasSubstr;
using ::testing::Not;

Json runbook_with(const Json& step) {
  return Json{{"version", 1}, {"steps", {step}}};
}

Json runbook_on(const Json& connection) {
  return Json{{"version", 1},
              {"connections", {{"local", connection}}},
              {"steps", {{{"id", "a"}, {"uses", "sql/query"}, {"with", {{"statement", "SELECT 1"}}}}}}};
}

// "code: message" of each finding.
std::vector<std::string> lines(const Diagnostics& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& one : diagnostics.items()) result.push_back(one.code + ": " + one.message);
  return result;
}

using Lines = std::vector<std::string>;

TEST(SchemaWalk, AcceptsASmallRunbook) {
  EXPECT_EQ(lines(walked_runbook(runbook_on({{"type", "duckdb"}, {"catalogs", {{"prod", "prod.duckdb"}}}}))), Lines{});
}

TEST(SchemaWalk, ReportsEveryUnknownKeyWithTheNearestName) {
  const Diagnostics found = walked_runbook(
      runbook_with({{"id", "a"}, {"uses", "sql/query"}, {"neds", Json::array()}, {"retires", 3}, {"zzzzz", 1}}));
  EXPECT_EQ(lines(found), (Lines{"unknown-key: unknown key \"neds\" in item 1 of \"steps\"",
                                 "unknown-key: unknown key \"retires\" in item 1 of \"steps\"",
                                 "unknown-key: unknown key \"zzzzz\" in item 1 of \"steps\""}));
  EXPECT_EQ(found.items()[0].hint, "did you mean \"needs\"?");
  EXPECT_THAT(found.items()[2].hint, HasSubstr("known keys: "));
  EXPECT_EQ(found.items()[0].span.start.line, 5U);  // the key, not the mapping
}

TEST(SchemaWalk, NamesTheTopLevel) {
  EXPECT_EQ(
      lines(walked_runbook({{"version", 1}, {"zzz", Json::array()}})),
      (Lines{"missing-key: the file needs the key \"steps\"", "unknown-key: unknown key \"zzz\" at the top level"}));
}

TEST(SchemaWalk, AMisspeltRequiredKeyIsOneFinding) {
  const Diagnostics found = walked_runbook({{"version", 1}, {"stepz", Json::array()}, {"stepss", 1}});
  ASSERT_EQ(lines(found), (Lines{"unknown-key: unknown key \"stepss\" at the top level",
                                 "unknown-key: unknown key \"stepz\" at the top level"}));
  EXPECT_THAT(found.items()[0].hint + found.items()[1].hint, HasSubstr("write \"steps\", which is required"));
}

TEST(SchemaWalk, ReportsMissingKeysAtTheirParentsLine) {
  const Diagnostics found = walked_runbook(
      {{"connections", {{"dr", {{"type", "duckdb"}}}}}, {"steps", {Json{{"name", "x"}}}}, {"version", 1}});
  EXPECT_EQ(lines(found), (Lines{"missing-key: \"dr\" needs the key \"catalogs\"",
                                 "missing-key: item 1 of \"steps\" needs the key \"id\"",
                                 "missing-key: item 1 of \"steps\" needs the key \"uses\""}));
  EXPECT_EQ(found.items()[0].span.start.line, 3U);  // `dr:`
  EXPECT_EQ(found.items()[1].span.start.line, 6U);  // where the item starts
  EXPECT_THAT(found.items()[2].hint, HasSubstr("uses: schema-evolution/evolve-catalog"));
}

TEST(SchemaWalk, ReportsMissingInputsWhereTheCallerSays) {
  const Diagnostics found = walked_inputs("sql/query", Json::object());
  EXPECT_EQ(lines(found), Lines{"missing-key: \"with\" needs the key \"statement\""});
  EXPECT_EQ(found.items()[0].span.start.line, 77U);
}

TEST(SchemaWalk, ReportsEveryWrongType) {
  const Diagnostics found = walked_inputs("schema-evolution/evolve-catalog", {{"source_catalog", 4},
                                                                              {"destination_catalog", nullptr},
                                                                              {"dry_run", "yes"},
                                                                              {"max_workers", "8"},
                                                                              {"include_tables", "a.b"},
                                                                              {"rename", Json::array()}});
  EXPECT_EQ(lines(found), (Lines{"wrong-type: \"destination_catalog\" must be a string, but is empty",
                                 "wrong-type: \"dry_run\" must be true or false, not a string",
                                 "wrong-type: \"include_tables\" must be a list, not a string",
                                 "wrong-type: \"max_workers\" must be an integer, not a string",
                                 "wrong-type: \"rename\" must be a mapping, not a list",
                                 "wrong-type: \"source_catalog\" must be a string, not an integer"}));
  EXPECT_EQ(found.items()[1].hint, "write true or false");
  EXPECT_EQ(found.items()[2].hint, "write a list, even of one: [ ... ]");
  EXPECT_EQ(found.items()[3].hint, "write it without quotes: 8");
  EXPECT_EQ(found.items()[5].hint, "put it in quotes");
}

TEST(SchemaWalk, ReportsValuesOutsideOfEnumsConstantsAndRanges) {
  EXPECT_EQ(lines(walked_inputs(
                "reconciliation/cross-metastore",
                {{"source_catalog", "a"}, {"destination_catalog", ""}, {"max_workers", 0}, {"on_mismatch", "Warn"}})),
            (Lines{"wrong-length: \"destination_catalog\" must not be empty",
                   "value-out-of-range: \"max_workers\" must be between 1 and 256, not 0",
                   "value-not-allowed: \"on_mismatch\" must be \"fail\" or \"warn\", not \"Warn\""}));
  EXPECT_EQ(
      lines(walked_runbook({{"version", 2}, {"steps", Json::array()}})),
      (Lines{"wrong-length: \"steps\" must not be an empty list", "value-not-allowed: \"version\" must be 1, not 2"}));
}

TEST(SchemaWalk, CountsCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 255; ++i) name += "\xc3\xa9";
  const Json step{{"id", name}, {"uses", "sql/query"}};
  EXPECT_EQ(lines(walked_runbook(runbook_with(step))), Lines{});
  Json longer = step;
  longer["id"] = name + "x";
  EXPECT_EQ(lines(walked_runbook(runbook_with(longer))),
            Lines{"wrong-length: \"id\" has 256 characters; at most 255 are allowed"});
}

TEST(SchemaWalk, LooksOnlyAtTheConnectionTypeThatWasMeant) {
  EXPECT_EQ(
      lines(walked_runbook(runbook_on({{"type", "duckdb"}, {"token", 1}}))),
      (Lines{"missing-key: \"local\" needs the key \"catalogs\"", "unknown-key: unknown key \"token\" in \"local\""}));
  const Diagnostics found = walked_runbook(runbook_on({{"type", "duckbd"}, {"catalogs", Json::object()}}));
  EXPECT_EQ(lines(found), Lines{"value-not-allowed: \"type\" must be \"duckdb\" or \"databricks\", not \"duckbd\""});
  EXPECT_EQ(found.items()[0].hint, "did you mean \"duckdb\"?");
  EXPECT_EQ(lines(walked_runbook(runbook_on({{"catalogs", Json::object()}}))),
            Lines{"missing-key: \"local\" needs the key \"type\""});
  EXPECT_EQ(lines(walked_runbook(runbook_on("prod.duckdb"))),
            Lines{"wrong-type: \"local\" must be a mapping, not a string"});
  EXPECT_EQ(
      lines(walked_runbook(runbook_on({{"type", "${{ params.t }}"}}))),
      Lines{"expression-not-allowed: \"type\" decides which other keys there are, so it cannot be an expression"});
}

TEST(SchemaWalk, LooksAtCatalogsByTheirKind) {
  const auto catalog = [](const Json& value) {
    return lines(walked_runbook(runbook_on({{"type", "duckdb"}, {"catalogs", {{"prod", value}}}})));
  };
  EXPECT_EQ(catalog({{"path", "a.duckdb"}, {"read_only", true}}), Lines{});
  EXPECT_EQ(catalog(3), Lines{"wrong-type: \"prod\" must be a string or a mapping, not an integer"});
  EXPECT_EQ(catalog({{"pth", "a"}}), Lines{"unknown-key: unknown key \"pth\" in \"prod\""});
}

TEST(SchemaWalk, AcceptsExpressionsForAnyValue) {
  EXPECT_EQ(lines(walked_inputs("schema-evolution/evolve-catalog", {{"source_catalog", "${{ params.s }}"},
                                                                    {"destination_catalog", "x-${{ params.s }}"},
                                                                    {"max_workers", "${{ params.n }}"},
                                                                    {"rename", "${{ params.r }}"},
                                                                    {"include_schemas", {"a", "${{ params.b }}"}}})),
            Lines{});
  EXPECT_EQ(lines(walked_runbook(runbook_on("${{ params.c }}"))), Lines{});
}

TEST(SchemaWalk, RefusesLiteralSecretsAndNeverRepeatsThem) {
  const auto with_token = [](const Json& token) {
    return walked_runbook(runbook_on({{"type", "databricks"}, {"warehouse_id", "w"}, {"token", token}}));
  };
  for (const Json& token : {Json("dapi0123"), Json(""), Json(8675309), Json(true), Json("${{ params.token }}"),
                            Json("${{ env.TOKEN }}"), Json("secrets.TOKEN"), Json("${{ 'my secrets' }}")}) {
    const Diagnostics found = with_token(token);
    ASSERT_EQ(found.items().size(), 1U) << token;
    EXPECT_EQ(found.items()[0].code, "secret-literal");
    EXPECT_THAT(found.items()[0].message, Not(HasSubstr("dapi")));
    EXPECT_THAT(found.items()[0].message, Not(HasSubstr("8675309")));
    EXPECT_THAT(found.items()[0].hint, HasSubstr("${{ secrets.TOKEN }}"));
  }
  for (const char* token : {"${{ secrets.T }}", "${{secrets.T}}", "${{ secrets['T'] }}", "Bearer ${{ secrets . T }}"})
    EXPECT_EQ(lines(with_token(token)), Lines{}) << token;
  EXPECT_EQ(lines(with_token(Json::array({"dapi0123"}))), Lines{"wrong-type: \"token\" must be a string, not a list"});
}

TEST(SchemaWalk, EscapesAndCutsWhatItRepeats) {
  const Diagnostics found = walked_runbook(
      {{"version", 1}, {"steps", Json::array({Json{{"id", "a"}, {"uses", std::string(500, 'x') + "\n"}}})}});
  ASSERT_EQ(found.items().size(), 1U);
  EXPECT_LT(found.items()[0].message.size(), 400U);
  EXPECT_EQ(walked_runbook({{"version", 1}, {"a\nb", 1}, {"steps", {Json{{"id", "a"}, {"uses", "sql/query"}}}}})
                .items()[0]
                .message,
            "unknown key \"a\\nb\" at the top level");
}

TEST(SchemaWalk, GivesUpAfterTenThousandFindings) {
  Json runbook = runbook_with({{"id", "a"}, {"uses", "sql/query"}});
  for (int i = 0; i < 12'000; ++i) runbook["zz" + std::to_string(i)] = i;
  const Diagnostics found = walked_runbook(runbook);
  ASSERT_EQ(found.items().size(), 10'001U);
  EXPECT_EQ(found.items().back().code, "too-many-findings");
}

TEST(SchemaFindings, PointIntoTheValue) {
  const StepSchema& step = *step_schema("reconciliation/cross-metastore");
  const Json value{{"source_catalog", "a"}, {"use_checksum", "${{ x }}"}, {"include_tables", {"a", 5}}, {"a/b~c", 1}};
  EXPECT_EQ(
      schema_findings(value, *step.with, *step.root),
      (Lines{"at /: the value needs the key \"destination_catalog\"", "at /a~1b~0c: unknown key \"a/b~c\" in the value",
             "at /include_tables/1: item 2 of \"include_tables\" must be a string, not an integer",
             "at /use_checksum: \"use_checksum\" must be true or false, not a string"}));
}

TEST(SchemaFindings, AcceptLiteralSecretsAndRefuseDepth) {
  const StepSchema& step = *step_schema("reconciliation/cross-metastore");
  const Json value{{"source_catalog", "a"},
                   {"destination_catalog", "b"},
                   {"target_workspace", {{"host", "https://h"}, {"warehouse_id", "w"}, {"token", "dapi0123"}}}};
  EXPECT_EQ(schema_findings(value, *step.with, *step.root), Lines{});
  Json deep = 1;
  for (int i = 0; i < 300; ++i) deep = Json::array({std::move(deep)});
  EXPECT_EQ(schema_findings(deep, *step.with, *step.root), Lines{"at /: nested more than 200 levels deep"});
}

TEST(CheckSchema, AddsNothingWhenTheTwoAgree) {
  const Json& schema = *embedded_schema("runbook");
  Diagnostics diagnostics(nullptr);
  check_schema(node_of(runbook_on({{"type", "duckdb"}, {"catalogs", "${{ params.c }}"}})), schema, schema, diagnostics);
  EXPECT_EQ(lines(diagnostics), Lines{});
}

}  // namespace
}  // namespace lockstep
