// Properties over random expressions and random texts.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "specs/expression_functions.h"
#include "tests/unit/specs/expression_support.h"

namespace lockstep {
namespace {

using Kind = ExprType::Kind;

// One set of values that the static types below describe exactly; `maybe` and `absent` are the optional ones.
const Json& samples() {
  static const Json all = Json::parse(R"({
    "params": {"s": "hello", "i": 3, "n": 2.5, "b": true, "ls": ["a", "b"], "li": [1, 2, 3], "mode": "fast"},
    "env": {"HOME": "/root"}, "secrets": {"KEY": "hunter22"},
    "run": {"id": "r", "name": "n", "started_at": "t", "runbook": "f", "dry_run": false},
    "steps": {"q": {"status": "succeeded", "outputs": {"count": 2, "ok": true, "maybe": null, "rows": [{"name": "x"}], "kind": "one"}}},
    "item": {"name": "i", "size": 4}
  })");
  return all;
}

TypeScope types() {
  static const Json schema = Json::parse(R"({
    "type": "object", "additionalProperties": false, "required": ["count", "ok", "rows", "kind"],
    "properties": {"count": {"type": "integer"}, "ok": {"type": "boolean"}, "maybe": {"type": ["string", "null"]}, "absent": {"type": "string"},
      "kind": {"enum": ["one", "two"]},
      "rows": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {"name": {"type": "string"}}}}}})");
  TypeScope scope;
  scope.params["s"] = ExprType::of_kind(Kind::string);
  scope.params["i"] = ExprType::of_kind(Kind::integer);
  scope.params["n"] = ExprType::of_kind(Kind::number);
  scope.params["b"] = ExprType::of_kind(Kind::boolean);
  scope.params["ls"] = ExprType::list_of(ExprType::of_kind(Kind::string));
  scope.params["li"] = ExprType::list_of(ExprType::of_kind(Kind::integer));
  scope.params["mode"] = ExprType::string_of({"fast", "safe"});
  scope.steps["q"] = ExprType::from_schema(schema, schema);
  scope.item = ExprType::of_value(samples()["item"]);
  scope.status_functions = true;
  return scope;
}

// Any expression of the grammar over the names above, well-typed or not; nothing of type `any`.
std::string random_expression(int depth) {
  static const std::vector<std::string> kLeaves = {"params.s",
                                                   "params.i",
                                                   "params.n",
                                                   "params.b",
                                                   "params.ls",
                                                   "params.li",
                                                   "params.mode",
                                                   "env.HOME",
                                                   "env.GONE",
                                                   "secrets.KEY",
                                                   "run.id",
                                                   "run.dry_run",
                                                   "steps.q.outputs",
                                                   "steps.q.outputs.count",
                                                   "steps.q.outputs.ok",
                                                   "steps.q.outputs.maybe",
                                                   "steps.q.outputs.absent",
                                                   "steps.q.outputs.rows",
                                                   "steps.q.outputs.kind",
                                                   "steps.q.status",
                                                   "item",
                                                   "item.name",
                                                   "item.size",
                                                   "1",
                                                   "0",
                                                   "2.5",
                                                   "'x'",
                                                   "''",
                                                   "'fast'",
                                                   "true",
                                                   "false",
                                                   "null",
                                                   "always()",
                                                   "failure()"};
  const int choice = depth <= 0 ? 0 : *rc::gen::inRange(0, 12);
  const auto sub = [depth] { return random_expression(depth - 1); };
  switch (choice) {
    case 1:
      return "!(" + sub() + ")";
    case 2:
      return "(" + sub() + " && " + sub() + ")";
    case 3:
      return "(" + sub() + " || " + sub() + ")";
    case 4:
      return "(" + sub() + *rc::gen::element<std::string>(" == ", " != ") + sub() + ")";
    case 5:
      return "(" + sub() + *rc::gen::element<std::string>(" < ", " <= ", " > ", " >= ") + sub() + ")";
    case 6:
      return *rc::gen::element<std::string>("length", "lower", "upper", "to_json", "keys") + "(" + sub() + ")";
    case 7:
      return *rc::gen::element<std::string>("contains", "starts_with", "ends_with", "join", "default") + "(" + sub() +
             ", " + sub() + ")";
    case 8:
      return "replace(" + sub() + ", " + sub() + ", " + sub() + ")";
    case 9:
      return "format('{0}/{1}', " + sub() + ", " + sub() + ")";
    case 10:
      return sub() + "[" + sub() + "]";
    case 11:
      return "(" + sub() + ")." + *rc::gen::element<std::string>("name", "count", "absent", "maybe");
    default:
      return *rc::gen::elementOf(kLeaves);
  }
}

// Does the value belong to the type?
bool belongs(const Json& value, const ExprType& type) {
  if (type.kind == Kind::any || (value.is_null() && (type.nullable || type.kind == Kind::null))) return true;
  switch (type.kind) {
    case Kind::boolean:
      return value.is_boolean();
    case Kind::integer:
      return value.is_number_integer();
    case Kind::number:
      return value.is_number();
    case Kind::string:
      return value.is_string();
    case Kind::list:
      return value.is_array() && (!type.element || std::all_of(value.begin(), value.end(), [&](const Json& item) {
               return belongs(item, *type.element);
             }));
    case Kind::object:
      return value.is_object();
    default:
      return false;
  }
}

// What the check accepts never fails for its types, and gives a value of the type that was promised. It may still meet
// something that does not exist: a variable, an optional field, an index.
RC_GTEST_PROP(ExpressionProperty, EvaluationAgreesWithTheCheck, ()) {
  // Most random expressions are refused, so that one case tries many.
  for (int i = 0; i < 40; ++i) {
    const std::string text = random_expression(3);
    const lockstep::testing::Checked checked = testing::check(text, types());
    RC_ASSERT(checked.text.has_value());
    if (!checked.findings.empty()) continue;
    const Result<Value> result = evaluate(*checked.text, testing::scope_of(samples()));
    if (result) {
      if (!belongs(result->json, *checked.type))
        RC_FAIL(text + " is " + result->json.dump() + ", not " + checked.type->to_string());
    } else if (result.error().code != "test-missing" && result.error().code != "expression-missing") {
      RC_FAIL(text + ": " + result.error().code + " " + result.error().message);
    }
  }
}

// Taint is never lost: what reads a secret and is computed from it is tainted.
RC_GTEST_PROP(ExpressionProperty, NoSecretComesOutUntainted, ()) {
  for (int i = 0; i < 40; ++i) {
    const std::string text = random_expression(3);
    const lockstep::testing::Checked checked = testing::check(text, types());
    if (!checked.findings.empty()) continue;
    const Result<Value> result = evaluate(*checked.text, testing::scope_of(samples()));
    if (!result) continue;
    const std::string dump = result->json.dump();
    const bool shown = dump.find("hunter22") != std::string::npos || dump.find("HUNTER22") != std::string::npos;
    if (shown && !result->tainted) RC_FAIL(text + " shows a secret");
    if (result->tainted && references_of(*checked.text).secrets.empty()) RC_FAIL(text + " has read no secret");
  }
}

// No text makes the parser or the check crash, and every refusal stands inside the scalar.
RC_GTEST_PROP(ExpressionProperty, AnyTextGivesAnAnswer, ()) {
  static const std::vector<std::string> kPieces = {
      "${{",    "}}",       "'",       "''",   "\"", "(",      ")",
      "[",      "]",        ".",       ",",    "!",  "==",     "!=",
      "<",      ">=",       "&&",      "||",   "a",  "params", "steps.q",
      "always", "format",   "default", "-",    "1",  "1e",     "9999999999999999999999",
      " ",      "\xC3\xA4", "\xFF",    "null", "{",  "}",      "+"};
  std::string text;
  const int count = *rc::gen::inRange(0, 40);
  for (int i = 0; i < count; ++i) text += *rc::gen::elementOf(kPieces);
  for (const Node::Style style : {Node::Style::plain, Node::Style::quoted}) {
    for (const bool bare : {false, true}) {
      const lockstep::testing::Scalar made = testing::scalar(text, style);
      Diagnostics diagnostics(made.source);
      const std::optional<Template> parsed = parse_template(made.node, bare, diagnostics);
      RC_ASSERT(parsed.has_value() != diagnostics.has_errors());
      if (parsed) {
        check_template(*parsed, types(), diagnostics);
        static_cast<void>(evaluate(*parsed, testing::scope_of(samples())));
      }
      for (const Diagnostic& finding : diagnostics.items()) {
        RC_ASSERT(finding.span.start.offset >= made.node.span.start.offset);
        RC_ASSERT(finding.span.end.offset <= made.node.span.end.offset);
        RC_ASSERT(finding.span.start.offset <= finding.span.end.offset);
        RC_ASSERT(!finding.message.empty() && !finding.hint.empty());
      }
    }
  }
}

// unite() gives a type that takes what either took, and order does not matter.
RC_GTEST_PROP(ExpressionProperty, UnitedTypesTakeBoth, ()) {
  static const std::vector<Json> kValues = {1,
                                            2.5,
                                            "x",
                                            true,
                                            nullptr,
                                            Json::array(),
                                            Json::array({1}),
                                            Json::array({"a", nullptr}),
                                            {{"a", 1}},
                                            {{"a", "x"}, {"b", 2}}};
  const TypePtr a = ExprType::of_value(*rc::gen::elementOf(kValues));
  const TypePtr b = ExprType::of_value(*rc::gen::elementOf(kValues));
  const TypePtr both = ExprType::unite(a, b);
  RC_ASSERT(both->to_string() == ExprType::unite(b, a)->to_string());
  RC_ASSERT(!misfit(*a, *both));
  RC_ASSERT(!misfit(*b, *both));
}

}  // namespace
}  // namespace lockstep
