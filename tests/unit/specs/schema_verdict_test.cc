#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <thread>

#include "specs/schema_acceptor.h"
#include "tests/unit/specs/schema_support.h"

namespace lockstep {
namespace {

using schema_test::Documents;
using schema_test::walked;

struct Subject {
  std::string name;
  const Json* schema;
  const Json* root;
  bool written_by_people;  // may hold expressions
};

std::vector<Subject> subjects() {
  std::vector<Subject> all{{"runbook", embedded_schema("runbook"), embedded_schema("runbook"), true}};
  for (const char* name : {"report", "diagnostics", "envelope", "event"})
    all.push_back(Subject{name, embedded_schema(name), embedded_schema(name), false});
  for (const StepSchema& step : step_schemas()) {
    all.push_back(Subject{step.uses + " with", step.with, step.root, true});
    all.push_back(Subject{step.uses + " outputs", step.outputs, step.root, false});
  }
  return all;
}

// How many documents were accepted and refused: the generator is worth something only if it makes both kinds.
struct Tally {
  int accepted = 0;
  int refused = 0;
};

void expect_agreement(const Subject& subject, Expressions expressions, Tally& tally) {
  const bool held = rc::check(subject.name, [&](unsigned seed) {
    Documents documents(seed, *subject.root, expressions == Expressions::accepted);
    for (int i = 0; i < 10; ++i) {
      const Json value = documents.make(*subject.schema);
      const Diagnostics found = walked(value, *subject.schema, *subject.root);
      const bool verdict = schema_verdict(value, *subject.schema, *subject.root, expressions);
      (verdict ? tally.accepted : tally.refused) += 1;
      // With expressions nobody but valijson is asked.
      const bool valijson =
          expressions == Expressions::accepted ? verdict : valijson_verdict(value, *subject.schema, *subject.root);
      if (found.has_errors() == verdict || valijson != verdict)
        RC_FAIL(value.dump(2) + "\n" + (found.items().empty() ? "the walk is content" : found.items()[0].message));
    }
  });
  EXPECT_TRUE(held) << subject.name;
}

// The walk finds something exactly when valijson refuses, for random documents of every schema.
TEST(SchemaVerdict, AgreesWithTheWalk) {
  Tally tally;
  for (const Subject& subject : subjects()) {
    expect_agreement(subject, Expressions::literal, tally);
    if (subject.written_by_people) expect_agreement(subject, Expressions::accepted, tally);
  }
  EXPECT_GT(tally.accepted, 3'000);
  EXPECT_GT(tally.refused, 3'000);
}

// The quick yes is never wrong, and for the outputs of steps it mostly comes.
TEST(SchemaAcceptor, AcceptsOnlyWhatValijsonAccepts) {
  int right = 0;
  int accepted = 0;
  for (const Subject& subject : subjects()) {
    const SchemaAcceptor acceptor(*subject.schema, *subject.root);
    const bool held = rc::check(subject.name, [&](unsigned seed) {
      Documents documents(seed, *subject.root, false);
      for (int i = 0; i < 10; ++i) {
        const Json value = documents.make(*subject.schema);
        const bool is_right = !walked(value, *subject.schema, *subject.root).has_errors();
        const bool quick = acceptor.accepts(value);
        if (quick && !valijson_verdict(value, *subject.schema, *subject.root)) RC_FAIL(value.dump(2));
        if (!subject.name.ends_with("outputs")) continue;
        right += is_right ? 1 : 0;
        accepted += quick ? 1 : 0;
      }
    });
    EXPECT_TRUE(held) << subject.name;
  }
  EXPECT_GT(right, 1'000);
  EXPECT_GT(accepted, right / 2);
}

TEST(SchemaAcceptor, IsSureOfTheKeywordsOfOutputsOnly) {
  const auto accepts = [](const char* schema, const char* value) {
    const Json parsed = Json::parse(schema);
    return SchemaAcceptor(parsed, parsed).accepts(Json::parse(value));
  };
  EXPECT_TRUE(accepts(R"({"type": ["string", "null"], "enum": ["a", null]})", R"("a")"));
  EXPECT_TRUE(accepts(R"({"type": ["string", "null"], "enum": ["a", null]})", "null"));
  EXPECT_FALSE(accepts(R"({"type": ["string", "null"], "enum": ["a", null]})", R"("b")"));
  EXPECT_FALSE(accepts(R"({"type": "string", "enum": ["a", null]})", "null"));
  EXPECT_FALSE(accepts(R"({"enum": [1, 2]})", "1"));
  EXPECT_TRUE(accepts(R"({"type": "integer", "minimum": 0})", "0"));
  EXPECT_FALSE(accepts(R"({"type": "integer", "minimum": 0})", "-1"));
  EXPECT_FALSE(accepts(R"({"type": "integer"})", "1.0")) << "valijson may think otherwise, and is asked";
  EXPECT_TRUE(accepts(R"({"type": "number"})", "1.5"));
  EXPECT_FALSE(accepts(R"({"type": "string", "minLength": 1})", R"("long")")) << "a keyword that it does not know";
  constexpr const char* kClosed =
      R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"], "additionalProperties": false})";
  EXPECT_TRUE(accepts(kClosed, R"({"a": 1})"));
  EXPECT_TRUE(accepts(kClosed, R"({"a": 1, "b": []})"));
  EXPECT_FALSE(accepts(kClosed, R"({"b": 1})"));
  EXPECT_FALSE(accepts(kClosed, R"({"a": 1, "c": 1})"));
  EXPECT_FALSE(accepts(kClosed, R"({"a": "1"})"));
  EXPECT_TRUE(accepts(R"({"properties": {"a": {}}, "required": ["z"]})", R"({"a": 1, "y": 2, "z": 3})"));
  EXPECT_FALSE(accepts(R"({"properties": {"a": {}}, "required": ["z"]})", R"({"a": 1, "y": 2})"));
  EXPECT_FALSE(accepts(R"({"required": ["z"], "additionalProperties": false})", R"({"z": 1})"));
  EXPECT_TRUE(accepts(R"({"type": "array", "items": {"type": "boolean"}})", "[true, false]"));
  EXPECT_FALSE(accepts(R"({"type": "array", "items": {"type": "boolean"}})", "[true, 0]"));
  EXPECT_FALSE(accepts(R"({"$ref": "#/definitions/none"})", "1"));
  EXPECT_TRUE(accepts(
      R"({"$ref": "#/definitions/tree", "definitions": {"tree": {"type": "array", "items": {"$ref": "#/definitions/tree"}}}})",
      "[[], [[]]]"));
}

TEST(SchemaVerdict, TakesExpressionsForThemselvesWhenAsked) {
  const StepSchema& step = *step_schema("sql/query");
  const Json value{{"statement", "SELECT 1"}, {"max_rows", "${{ params.n }}"}};
  EXPECT_TRUE(schema_verdict(value, *step.with, *step.root, Expressions::accepted));
  EXPECT_FALSE(schema_verdict(value, *step.with, *step.root, Expressions::literal));
  EXPECT_FALSE(
      schema_verdict({{"statement", "SELECT 1"}, {"max_rows", "n"}}, *step.with, *step.root, Expressions::accepted));
}

TEST(SchemaVerdict, JudgesSchemasThatAreNotEmbedded) {
  const Json root{{"definitions", {{"n", {{"type", "integer"}}}}}};
  const Json schema{{"type", "object"}, {"properties", {{"a", {{"$ref", "#/definitions/n"}}}}}};
  EXPECT_TRUE(schema_verdict({{"a", 1}}, schema, root));
  EXPECT_FALSE(schema_verdict({{"a", "1"}}, schema, root));
  const Json broken{{"type", "object"}, {"properties", {{"a", {{"$ref", "#/definitions/none"}}}}}};
  EXPECT_THROW(schema_verdict({{"a", 1}}, broken, root), std::logic_error);
}

TEST(SchemaVerdict, SurvivesLongStrings) {
  const StepSchema& step = *step_schema("sql/query");
  const std::string text(1'000'000, 'x');
  EXPECT_TRUE(schema_verdict({{"statement", text}}, *step.with, *step.root));
  const Json& report = *embedded_schema("report");
  Json value{{"version", 1},       {"run_id", text},         {"runbook", "r"},
             {"status", "failed"}, {"steps", Json::array()}, {"started_at", text}};
  EXPECT_TRUE(schema_verdict(value, report, report));  // formats are notes
}

TEST(SchemaVerdict, MayBeAskedFromManyThreads) {
  constexpr int kThreads = 8;
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  std::atomic<int> accepted{0};
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&accepted] {
      for (const StepSchema& step : step_schemas())
        accepted += schema_verdict({{"statement", "SELECT 1"}}, *step.with, *step.root) ? 1 : 0;
    });
  threads.clear();
  EXPECT_EQ(accepted, kThreads);
}

}  // namespace
}  // namespace lockstep
