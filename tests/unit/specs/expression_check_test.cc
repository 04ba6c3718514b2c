#include "tests/unit/specs/expression_support.h"

namespace lockstep {
namespace {

using lockstep::testing::check;
using lockstep::testing::Checked;
using ::testing::HasSubstr;
using Kind = ExprType::Kind;

const Json& outputs_schema() {
  static const Json schema = Json::parse(R"({
    "type": "object", "additionalProperties": false, "required": ["status", "matched", "details", "ratio", "ok"],
    "properties": {
      "status": {"type": "string", "enum": ["match", "mismatch", "failed"]},
      "matched": {"type": "integer"}, "ratio": {"type": "number"}, "ok": {"type": "boolean"},
      "reason": {"type": "string"},
      "details": {"type": "array", "items": {"$ref": "#/definitions/detail"}},
      "extra": {"type": "object", "additionalProperties": true, "properties": {"known": {"type": "string"}}, "required": ["known"]},
      "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
      "cell": {"type": ["string", "integer", "null"]}
    },
    "definitions": {"detail": {"type": "object", "additionalProperties": false, "required": ["table"],
      "properties": {"table": {"type": "string"}, "next": {"$ref": "#/definitions/detail"}, "note": {"type": ["string", "null"]}}}}
  })");
  return schema;
}

TypeScope scope() {
  TypeScope scope;
  const TypePtr outputs = ExprType::from_schema(outputs_schema(), outputs_schema());
  scope.params["source"] = ExprType::of_kind(Kind::string);
  scope.params["count"] = ExprType::of_kind(Kind::integer);
  scope.params["names"] = ExprType::list_of(ExprType::of_kind(Kind::string));
  scope.params["env"] = ExprType::string_of({"dev", "prod"});
  scope.params["anything"] = ExprType::of_kind(Kind::object);
  scope.steps["reconcile"] = outputs;
  scope.steps["each"] = ExprType::list_of(outputs);
  return scope;
}

std::string type(const char* text) {
  const Checked checked = check(text, scope());
  return checked.findings.empty() ? checked.type->to_string() : checked.words();
}

TEST(ExpressionCheck, Types) {
  EXPECT_EQ(type("params.source"), "string");
  EXPECT_EQ(type("params.count"), "integer");
  EXPECT_EQ(type("params.names[0]"), "string");
  EXPECT_EQ(type("params.anything.x.y[0].z"), "any");
  EXPECT_EQ(type("env.HOME"), "string");
  EXPECT_EQ(type("run.id == run.started_at && run.dry_run && run.name == run.runbook"), "boolean");
  EXPECT_EQ(type("steps.reconcile.outputs.matched"), "integer");
  EXPECT_EQ(type("steps.reconcile.outputs.details[0].table"), "string");
  EXPECT_EQ(type("steps.reconcile.outputs.details"), "list of object {next, note, table}");
  EXPECT_EQ(type("steps.each.outputs[0].matched"), "integer");
  EXPECT_EQ(type("steps.reconcile.outputs.status"), "string ('match', 'mismatch', 'failed')");
  EXPECT_EQ(type("steps.reconcile.outputs.reason"), "string or null") << "an optional field may be missing";
  EXPECT_EQ(type("default(steps.reconcile.outputs.reason, 'none')"), "string");
  EXPECT_EQ(type("default(steps.reconcile.outputs.extra.known, 'none')"), "string");
  EXPECT_EQ(type("default(params.anything.x, 'none')"), "any");
  EXPECT_EQ(type("steps.reconcile.outputs.reason == null"), "boolean");
  EXPECT_EQ(type("steps.reconcile.outputs.extra.known != null"), "boolean");
  EXPECT_EQ(type("steps.reconcile.outputs.ratio > steps.reconcile.outputs.matched"), "boolean");
  EXPECT_EQ(type("steps.reconcile.outputs.cell"), "string or integer or null");
  EXPECT_EQ(type("keys(params.anything)"), "list of string");
  EXPECT_EQ(type("length(params.names) > 1 && length('x') == 1 && length(params.anything) == 0"), "boolean");
  EXPECT_EQ(type("from_json('[]')[0].x"), "any");
  EXPECT_EQ(type("steps.reconcile.status"), "string ('succeeded', 'failed', 'skipped', 'cancelled', 'unknown')");
  EXPECT_EQ(type("contains(params.names, params.source) || contains(params.source, 'a')"), "boolean");
  EXPECT_EQ(type("format('{0} {1} {{}}', params.count, params.source)"), "string");
  EXPECT_EQ(type("params['source']"), "string");
  EXPECT_EQ(type("default(steps.reconcile.outputs.counts.whatever, 0)"), "integer") << "a map has any key";
}

struct IllTyped {
  const char* text;
  const char* code;
  const char* message;
  const char* hint;
};

TEST(ExpressionCheck, EveryStaticErrorSaysWhatAndWhatToDo) {
  const IllTyped bads[] = {
      {"params.sorce", "expression-undefined", "no param \"sorce\"", "did you mean \"source\"?"},
      {"params['sorce']", "expression-undefined", "no param \"sorce\"", "did you mean \"source\"?"},
      {"parms.source", "expression-undefined", "\"parms\" is not defined", "did you mean \"params\"?"},
      {"source", "expression-undefined", "\"source\" is not defined", "did you mean params.source?"},
      {"reconcile", "expression-undefined", "\"reconcile\" is not defined", "did you mean steps.reconcile.outputs?"},
      {"always", "expression-undefined", "\"always\" is not defined", "write always(...)"},
      {"params", "expression-undefined", "\"params\" alone is no value", "params.NAME"},
      {"steps.reconcile", "expression-undefined", "\"steps.reconcile\" alone is no value", "steps.reconcile.outputs"},
      {"steps.recon.outputs", "expression-undefined", "no step \"recon\"", "did you mean \"reconcile\"?"},
      {"steps.recon.outputs.matched > 'x'", "expression-undefined", "no step \"recon\"", "reconcile"},
      {"steps.reconcile.output", "expression-undefined", "no \"output\"", "did you mean \"outputs\"?"},
      {"steps.reconcile.matched", "expression-undefined", "no \"matched\"",
       "did you mean steps.reconcile.outputs.matched?"},
      {"steps.reconcile.outputs.mached", "expression-undefined", "has no field \"mached\"",
       "did you mean \"matched\"?"},
      {"default(steps.reconcile.outputs.extra.knwon, 'a')", "expression-undefined", "has no field \"knwon\"",
       "did you mean \"known\"?"},
      {"steps.reconcile.outputs.details[0].tabel", "expression-undefined", "has no field \"tabel\"",
       "did you mean \"table\"?"},
      {"steps[params.source].outputs", "expression-undefined", "known beforehand", "steps.NAME"},
      {"run.time", "expression-undefined", "\"run\" has no \"time\"", "known: id"},
      {"item", "expression-context", "only in a step with for_each", "for_each"},
      {"always()", "expression-context", "in `if:` only", "steps.ID.status"},
      {"lenght('a')", "expression-function", "no function \"lenght\"", "did you mean \"length\"?"},
      {"length()", "expression-arity", "got 0 arguments, but takes 1", "length(list"},
      {"length('a', 'b')", "expression-arity", "got 2 arguments, but takes 1", "length(list"},
      {"format()", "expression-arity", "takes 1 or more", "format(string"},
      {"length(1)", "expression-type", "length() needs string or list or object", "length(list"},
      {"lower(params.count)", "expression-type", "lower() needs string", "lower(string)"},
      {"lower(steps.reconcile.outputs.reason)", "expression-null", "lower() needs string", "default("},
      {"'1' == 1", "expression-type", "never equal", "nothing is converted"},
      {"params.count == 'a'", "expression-type", "never equal", "nothing is converted"},
      {"params.count < 'a'", "expression-type", "compared by size", "two numbers or two strings"},
      {"true < false", "expression-type", "compared by size", "two numbers or two strings"},
      {"steps.reconcile.outputs.reason < 'a'", "expression-null", "may be null or missing", "default("},
      {"params.count && true", "expression-type", "&& needs booleans", "compare it"},
      {"true || params.source", "expression-type", "|| needs booleans", "compare it"},
      {"!params.source", "expression-type", "! needs booleans", "compare it"},
      {"params.source.x", "expression-type", "has no field \"x\"", "only objects"},
      {"params.names.x", "expression-type", "has no field \"x\"", "[0]"},
      {"params.names['x']", "expression-type", "has no field \"x\"", "[0]"},
      {"params.names[params.source]", "expression-type", "list is indexed with string", "integer"},
      {"params.names[-1]", "expression-type", "negative", "[0] is the first"},
      {"params.count[0]", "expression-type", "cannot be indexed", "only lists and objects"},
      {"params.anything[1]", "expression-type", "object is indexed with integer", "give a string"},
      {"steps.reconcile.outputs.details[0].next.table", "expression-null", "may be null or missing", "default("},
      {"steps.reconcile.status == 'success'", "expression-value",
       "one of: succeeded, failed, skipped, cancelled, unknown", ""},
      {"'suceeded' == steps.reconcile.status", "expression-value", "succeeded, failed", "did you mean \"succeeded\"?"},
      {"steps.reconcile.status == params.env", "expression-value", "never equal", ""},
      {"params.env == 'production'", "expression-value", "one of: dev, prod", "prod"},
      {"contains(params.names, 1)", "expression-type", "never equal", "contains(list"},
      {"contains('abc', 1)", "expression-type", "searched for integer", "contains(list"},
      {"join(steps.reconcile.outputs.details, ',')", "expression-type", "join() puts", "to_json"},
      {"join(params.names)", "expression-arity", "takes 2", "join(list"},
      {"format('{2}', 1)", "expression-type", "asks for value {2}", "format(string"},
      {"format('{x}', 1)", "expression-type", "a place is a number", "format(string"},
      {"format('{0', 1)", "expression-type", "without its", "format(string"},
      {"format('}', 1)", "expression-type", "single", "format(string"},
      {"format('{0}', params.names)", "expression-type", "format() needs string or number or boolean", "to_json"},
      {"default(params.source, 1)", "expression-type", "the fallback is integer", "same type"},
  };
  for (const IllTyped& bad : bads) {
    const Checked checked = check(bad.text, scope());
    ASSERT_EQ(checked.findings.size(), 1U) << bad.text << "\n" << checked.words();
    const Diagnostic& finding = checked.findings[0];
    EXPECT_EQ(finding.code, bad.code) << bad.text << "\n" << checked.words();
    EXPECT_THAT(finding.message, HasSubstr(bad.message)) << bad.text;
    EXPECT_THAT(finding.hint, HasSubstr(bad.hint)) << bad.text << "\n" << checked.words();
  }
}

TEST(ExpressionCheck, SpansPointAtTheMistake) {
  const std::pair<const char*, const char*> cases[] = {
      {"params.source == params.nope", "nope"},
      {"true && params.count", "params.count"},
      {"steps.reconcile.outputs.mached > 1", "mached"},
      {"steps['nope'].outputs", "'nope'"},
      {"lenght(params.source)", "lenght"},
      {"length(params.count)", "params.count"},
      {"(1 == 'x') || true", "1 == 'x'"},
      {"steps.reconcile.status == 'done'", "'done'"},
      {"params.names[true]", "true"},
  };
  for (const auto& [text, at] : cases) {
    const Checked checked = check(text, scope());
    ASSERT_EQ(checked.findings.size(), 1U) << text << checked.words();
    const Span span = checked.findings[0].span;
    EXPECT_EQ(std::string(text).substr(span.start.column - 4, span.end.column - span.start.column), at);
    EXPECT_EQ(span.start.line, 1U);
  }
}

TEST(ExpressionCheck, AllMistakesOfOneExpressionAtOnce) {
  const Checked checked = check("params.a == params.b && steps.c.outputs.d || lenght(env.X) > 1 || run.e", scope());
  EXPECT_EQ(checked.codes(),
            "expression-undefined expression-undefined expression-undefined expression-function expression-undefined");
}

TEST(ExpressionCheck, WhatCouldNotBeTypedMakesNoNoise) {
  EXPECT_EQ(check("lower(params.nope.x[1]) == 'a' && steps.nope.outputs.z > 1", scope()).findings.size(), 2U);
}

TEST(ExpressionCheck, StatusFunctionsAndItemInTheirPlaces) {
  TypeScope inside = scope();
  inside.status_functions = true;
  inside.item = ExprType::of_kind(Kind::string);
  EXPECT_TRUE(check("always() && !failure() || success() && cancelled()", inside).findings.empty());
  EXPECT_EQ(check("always(1)", inside).codes(), "expression-arity");
  EXPECT_TRUE(check("lower(item) == 'x'", inside).findings.empty());
  EXPECT_EQ(check("item.x == 'x'", inside).codes(), "expression-type");
  inside.allow_steps = false;
  const Checked checked = check("steps.reconcile.outputs.matched > 1", inside);
  EXPECT_EQ(checked.codes(), "expression-context");
  EXPECT_THAT(checked.words(), HasSubstr("before any step runs"));
}

TEST(ExpressionCheck, OnlyScalarsStandInsideText) {
  EXPECT_TRUE(
      check("n ${{ params.count }} ${{ params.source }} ${{ true }} ${{ 1.5 }}", scope(), false).findings.empty());
  const Checked list = check("all: ${{ params.names }}", scope(), false);
  EXPECT_EQ(list.codes(), "expression-interpolation");
  EXPECT_THAT(list.words(), HasSubstr("to_json(...)"));
  EXPECT_EQ(check("x ${{ steps.reconcile.outputs }}", scope(), false).codes(), "expression-interpolation");
  EXPECT_EQ(check("x ${{ steps.reconcile.outputs.reason }}", scope(), false).codes(), "expression-null");
  EXPECT_EQ(check("x ${{ null }}", scope(), false).codes(), "expression-interpolation");
  EXPECT_TRUE(check("${{ params.names }}", scope(), false).findings.empty()) << "a whole value may be anything";
}

TEST(ExprType, FromSchemaAndBack) {
  const auto text = [](const char* schema) {
    const Json parsed = Json::parse(schema);
    return ExprType::from_schema(parsed, parsed)->to_string();
  };
  EXPECT_EQ(text("{}"), "any");
  EXPECT_EQ(text("true"), "any");
  EXPECT_EQ(text(R"({"type": ["string", "null"]})"), "string or null");
  EXPECT_EQ(text(R"({"type": ["integer", "number"]})"), "number");
  EXPECT_EQ(text(R"({"enum": ["a", "b", null]})"), "string ('a', 'b') or null");
  EXPECT_EQ(text(R"({"const": "a"})"), "string ('a')");
  EXPECT_EQ(text(R"({"const": 3})"), "integer");
  EXPECT_EQ(text(R"({"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]})"),
            "string or object {a}");
  EXPECT_EQ(text(R"({"anyOf": [{"type": "string"}, {"type": "null"}]})"), "string or null");
  EXPECT_EQ(text(R"({"allOf": [{"type": "boolean"}]})"), "boolean");
  EXPECT_EQ(text(R"({"type": "array", "items": {"type": "array"}})"), "list of list");
  EXPECT_EQ(text(R"({"type": "object", "properties": {"a": {}}, "additionalProperties": true})"), "object {a, ...}");
  EXPECT_EQ(text(R"({"$ref": "#/definitions/none"})"), "any");
  EXPECT_EQ(text(R"({"$ref": "#/definitions/~"})"), "any");
  EXPECT_EQ(text(R"({"$ref": "#"})"), "any") << "a schema that is only itself ends";
  EXPECT_EQ(text(R"({"type": "nonsense"})"), "any");
  EXPECT_EQ(ExprType::of_value(Json::parse(R"([1, 2.5])"))->to_string(), "list of number");
  EXPECT_EQ(ExprType::of_value(Json::parse(R"([{"a": 1}, {"a": 2, "b": "x"}])"))->element->fields.at("b")->to_string(),
            "string or null");
  EXPECT_EQ(ExprType::of_value(Json::parse(R"([1, "x"])"))->to_string(), "list");
}

bool fits(const TypePtr& from, const char* schema) {
  const Json parsed = Json::parse(schema);
  Diagnostics diagnostics(nullptr);
  const bool good = check_assignable(*from, parsed, parsed, {}, diagnostics);
  EXPECT_EQ(good, !diagnostics.has_errors());
  return good;
}

TEST(Assignable, ATypeFitsWhereItsValuesCanBeRight) {
  const TypePtr text = ExprType::of_kind(Kind::string);
  const TypePtr whole = ExprType::of_kind(Kind::integer);
  const TypePtr real = ExprType::of_kind(Kind::number);
  EXPECT_TRUE(fits(text, R"({"type": "string"})"));
  EXPECT_FALSE(fits(text, R"({"type": "integer"})"));
  EXPECT_TRUE(fits(whole, R"({"type": "number"})"));
  EXPECT_FALSE(fits(real, R"({"type": "integer"})"));
  EXPECT_TRUE(fits(text, R"({"type": "string", "enum": ["a"]})"));
  EXPECT_TRUE(fits(ExprType::string_of({"a", "z"}), R"({"type": "string", "enum": ["a"]})"));
  EXPECT_FALSE(fits(ExprType::string_of({"z"}), R"({"type": "string", "enum": ["a"]})"));
  EXPECT_TRUE(fits(ExprType::of_kind(Kind::any), R"({"type": "integer"})"));
  EXPECT_TRUE(fits(whole, R"({})"));
  EXPECT_TRUE(fits(whole, R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})"));
  EXPECT_FALSE(fits(ExprType::of_kind(Kind::boolean), R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})"));
  EXPECT_TRUE(fits(ExprType::list_of(text), R"({"type": "array", "items": {"type": "string"}})"));
  EXPECT_FALSE(fits(ExprType::list_of(whole), R"({"type": "array", "items": {"type": "string"}})"));
  EXPECT_TRUE(fits(ExprType::of_kind(Kind::list), R"({"type": "array", "items": {"type": "string"}})"));
  const TypePtr maybe = ExprType::unite(text, ExprType::of_kind(Kind::null));
  EXPECT_FALSE(fits(maybe, R"({"type": "string"})"));
  EXPECT_TRUE(fits(maybe, R"({"type": ["string", "null"]})"));
  const char* point = R"({"type": "object", "additionalProperties": false, "required": ["x"],
                          "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}})";
  EXPECT_TRUE(fits(ExprType::of_value({{"x", 1}}), point));
  EXPECT_TRUE(fits(ExprType::of_value({{"x", 1}, {"y", 2}}), point));
  EXPECT_FALSE(fits(ExprType::of_value({{"y", 2}}), point)) << "x is missing";
  EXPECT_FALSE(fits(ExprType::of_value({{"x", "a"}}), point));
  EXPECT_FALSE(fits(ExprType::of_value({{"x", 1}, {"z", 2}}), point)) << "z is unknown";
  EXPECT_TRUE(fits(ExprType::of_kind(Kind::object), point)) << "an unknown object may be right";
}

TEST(Functions, AreListedWithSignatureAndSummary) {
  EXPECT_EQ(expression_functions().size(), 17U);
  for (const FunctionInfo& info : expression_functions()) {
    EXPECT_TRUE(info.signature.starts_with(std::string(info.name) + "(")) << info.name;
    EXPECT_FALSE(info.summary.empty()) << info.name;
  }
}

}  // namespace
}  // namespace lockstep
