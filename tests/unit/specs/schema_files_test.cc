// What every file of schemas/ promises.
#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "specs/schema.h"
#include "tests/unit/specs/schema_support.h"

namespace lockstep {
namespace {

using schema_test::walked;
using schema_test::walked_inputs;

// Calls `see(schema, path)` for a schema and everything below it that is a schema.
template <class See>
void each_schema(const Json& schema, const std::string& path, const See& see) {
  if (!schema.is_object()) return;
  see(schema, path);
  for (const char* map : {"properties", "definitions"})
    if (schema.contains(map))
      for (const auto& [name, rule] : schema[map].items()) each_schema(rule, path + "/" + map + "/" + name, see);
  for (const char* one : {"items", "additionalProperties"})
    if (schema.contains(one)) each_schema(schema[one], path + "/" + one, see);
  for (const char* branches : {"oneOf", "anyOf"})
    if (schema.contains(branches))
      for (const Json& branch : schema[branches]) each_schema(branch, path + "/" + branches, see);
}

TEST(SchemaFiles, UseOnlyTheListedKeywords) {
  const std::set<std::string_view> known(schema_keywords().begin(), schema_keywords().end());
  for (const std::string& name : embedded_schema_names())
    each_schema(*embedded_schema(name), name, [&](const Json& schema, const std::string& path) {
      for (const auto& [keyword, value] : schema.items())
        EXPECT_TRUE(known.contains(keyword)) << path << " uses " << keyword;
      if (schema.contains("$ref")) {
        EXPECT_EQ(schema.size(), 1U) << path << ": what stands beside $ref is ignored by draft-07";
      }
    });
}

TEST(SchemaFiles, ExplainEveryPropertyWithExamplesThatFit) {
  for (const std::string& name : embedded_schema_names()) {
    const Json& root = *embedded_schema(name);
    each_schema(root, name, [&](const Json& schema, const std::string& path) {
      if (!schema.contains("properties")) return;
      for (const auto& [key, unresolved] : schema["properties"].items()) {
        const Json* rule = resolve_schema(unresolved, root);
        ASSERT_NE(rule, nullptr) << path << "/" << key << " refers to nothing";
        EXPECT_FALSE(rule->value("description", "").empty()) << path << "/" << key;
        ASSERT_TRUE(rule->contains("examples") && !(*rule)["examples"].empty()) << path << "/" << key;
        for (const Json& example : (*rule)["examples"]) {
          EXPECT_TRUE(schema_verdict(example, *rule, root, Expressions::accepted)) << path << "/" << key << example;
          const Diagnostics found = walked(example, *rule, root);
          EXPECT_FALSE(found.has_errors()) << path << "/" << key << ": " << found.items()[0].message;
        }
        if (rule->contains("default")) {
          EXPECT_TRUE(schema_verdict((*rule)["default"], *rule, root)) << path << "/" << key << " default";
        }
      }
    });
  }
}

TEST(SchemaFiles, CloseEveryInput) {
  std::vector<std::pair<std::string, const Json*>> inputs{{"runbook", embedded_schema("runbook")}};
  for (const StepSchema& step : step_schemas()) inputs.emplace_back(step.uses, step.with);
  for (const auto& [name, schema] : inputs)
    each_schema(*schema, name, [&](const Json& one, const std::string& path) {
      if (one.contains("properties") || path == name) {
        EXPECT_TRUE(one.contains("additionalProperties") && one["additionalProperties"] != true) << path;
      }
    });
}

TEST(SchemaFiles, HaveAStepTypeForEachNameInUses) {
  const Json& uses = (*embedded_schema("runbook"))["definitions"]["step"]["properties"]["uses"]["enum"];
  std::vector<std::string> names;
  for (const StepSchema& step : step_schemas()) {
    names.push_back(step.uses);
    EXPECT_EQ(step_schema(step.uses), step_schema(step.uses));
    EXPECT_EQ(step_schema(step.uses)->with, step.with);
    EXPECT_FALSE(step.summary.empty());
  }
  EXPECT_EQ(uses.get<std::vector<std::string>>(), names);
  EXPECT_EQ(step_schema("provenance-sign"), nullptr);
  EXPECT_EQ(step_schema("steps/provenance-sign"), nullptr);
  EXPECT_EQ(step_schema(""), nullptr);
  EXPECT_EQ(embedded_schema("no such"), nullptr);
}

TEST(SchemaFiles, AcceptTheRequestBodiesOfTheSeed) {
  const Json changes{{"source", "prod.orders.line_items"},
                     {"dest", "staging.orders.line_items"},
                     {"added_columns", {{{"column", "a"}, {"data_type", "INTEGER"}, {"nullable", "YES"}}}},
                     {"removed_columns", Json::array()},
                     {"changed_columns", Json::array()},
                     {"is_compatible", true},
                     {"requires_action", true}};
  const std::vector<std::pair<std::string, Json>> bodies{
      {"schema-evolution/detect",
       Json::parse(R"({"source_catalog":"prod","destination_catalog":"staging","schema_name":"orders",
                       "table_name":"line_items"})")},
      {"schema-evolution/apply",
       {{"destination_catalog", "staging"},
        {"schema_name", "orders"},
        {"table_name", "line_items"},
        {"changes", changes},
        {"dry_run", true}}},
      {"schema-evolution/evolve-catalog",
       Json::parse(R"({"source_catalog":"prod","destination_catalog":"staging","dry_run":false})")},
      {"schema-evolution/evolve-catalog",
       Json::parse(R"({"source_catalog":"prod","destination_catalog":"staging","exclude_schemas":null,"dry_run":true,
                       "drop_removed":false,"max_workers":4})")},
      {"reconciliation/cross-metastore",
       Json::parse(R"({"source_catalog":"prod","destination_catalog":"prod_dr","target_workspace":{
                       "host":"https://adb-target.azuredatabricks.net","auth_method":"pat",
                       "token":"${{ secrets.DR_TOKEN }}","client_id":null,"warehouse_id":"abc123"},
                       "use_checksum":false,"max_workers":4})")},
      {"provenance/sign", Json::parse(R"({"source_catalog":"prod","destination_catalog":"prod_audit",
                                          "config":{"a":[1,{"b":null}]},"result":{"status":"match"}})")},
      {"provenance/verify", Json::parse(R"({"signed":true,"algorithm":"HMAC-SHA256","signature":"00ff",
                                            "canonical_length":12,"manifest":{"manifest_version":1}})")},
      {"provenance/verify", Json::parse(R"({"signed":false,"reason":"no secret","manifest":{}})")},
  };
  for (const auto& [uses, body] : bodies) {
    const Diagnostics found = walked_inputs(uses, body);
    EXPECT_FALSE(found.has_errors()) << uses << ": " << (found.items().empty() ? "" : found.items()[0].message);
    EXPECT_TRUE(schema_verdict(body, *step_schema(uses)->with, *step_schema(uses)->root)) << uses;
  }
}

TEST(SchemaFiles, EditorSchemaIsSelfContainedAndUpToDate) {
  const Json bundle = editor_schema();
  const Json& step = bundle["definitions"]["step"];
  ASSERT_EQ(step["allOf"].size(), step_schemas().size());
  std::set<std::string> targets;
  const std::function<void(const Json&)> collect = [&](const Json& value) {
    if (value.is_object() && value.contains("$ref") && value["$ref"].is_string()) targets.insert(value["$ref"]);
    if (value.is_structured())
      for (const Json& one : value) collect(one);
  };
  collect(bundle);
  for (const std::string& target : targets) {
    ASSERT_TRUE(target.starts_with("#/definitions/")) << target;
    EXPECT_TRUE(bundle["definitions"].contains(target.substr(14))) << target;
  }
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/schemas/editor.json");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str() == bundle.dump(2) + "\n") << "write it anew: lockstep schema > schemas/editor.json";
}

TEST(SchemaFiles, EditorSchemaTakesExpressionsAndKnowsTheInputs) {
  const Json bundle = editor_schema();
  const auto accepts = [&](std::string_view uses, const Json& with) {
    const Json step{{"id", "a"}, {"uses", uses}, {"with", with}, {"continue_on_error", "${{ params.c }}"}};
    return schema_verdict({{"version", 1}, {"steps", {step}}}, bundle, bundle);
  };
  Json apply{{"destination_catalog", "${{ params.d }}"},
             {"schema_name", "s"},
             {"table_name", "t"},
             {"dry_run", "${{ params.n }}"},
             {"changes", "${{ steps.detect.outputs }}"}};
  EXPECT_TRUE(accepts("schema-evolution/apply", apply));
  EXPECT_FALSE(accepts("schema-evolution/detect", apply));
  apply["dry_run"] = "no";
  EXPECT_FALSE(accepts("schema-evolution/apply", apply));
  EXPECT_TRUE(accepts("sql/query", {{"statement", "SELECT 1"}, {"max_rows", "${{ params.n }}"}}));
  EXPECT_FALSE(accepts("sql/query", {{"statement", "SELECT 1"}, {"max_row", 1}}));
  EXPECT_FALSE(accepts("sql/qery", {{"statement", "SELECT 1"}}));
}

}  // namespace
}  // namespace lockstep
