#include "tests/unit/specs/expression_support.h"

namespace lockstep {
namespace {

using lockstep::testing::run;
using lockstep::testing::scope_of;
using ::testing::HasSubstr;

const Json& values() {
  static const Json all = Json::parse(R"({
    "params": {"s": "hello", "n": 3, "list": ["a", "b"], "mixed": [1, "x", null], "o": {"b": 1, "a": null}, "nothing": null, "real": 3.0},
    "env": {"HOME": "/root"}, "secrets": {"KEY": "hunter22", "JSON": "{\"a\": [1]}"}, "run": {"id": "r1", "dry_run": false},
    "steps": {"load": {"status": "succeeded", "outputs": {"rows": [[1, "x"], [2, "y"]], "count": 2}}}, "item": {"name": "i"}
  })");
  return all;
}

std::string value(std::string text, bool bare = true) {
  const Result<Value> result = run(std::move(text), scope_of(values()), bare);
  return result ? result->json.dump() : result.error().code + ": " + result.error().message;
}

TEST(ExpressionEval, Functions) {
  EXPECT_EQ(value("contains(params.list, 'a')"), "true");
  EXPECT_EQ(value("contains(params.list, 'z')"), "false");
  EXPECT_EQ(value("contains('hello', 'ell')"), "true");
  EXPECT_EQ(value("contains(params.mixed, null)"), "true");
  EXPECT_EQ(value("starts_with('hello', 'he') && ends_with('hello', 'lo')"), "true");
  EXPECT_EQ(value("length('h\u00e4')"), "2");
  EXPECT_EQ(value("length(params.list)"), "2");
  EXPECT_EQ(value("length(params.o)"), "2");
  EXPECT_EQ(value("to_json(params.o)"), R"("{\"a\":null,\"b\":1}")");
  EXPECT_EQ(value("from_json('{\"a\": [1, 2.5]}').a[1]"), "2.5");
  EXPECT_EQ(value("join(params.list, ', ')"), "\"a, b\"");
  EXPECT_EQ(value("join(from_json('[]'), ', ')"), "\"\"");
  EXPECT_EQ(value("format('{0}-{1}-{0} {{x}}', params.s, params.n)"), "\"hello-3-hello {x}\"");
  EXPECT_EQ(value("keys(params.o)"), R"(["a","b"])");
  EXPECT_EQ(value("replace('a.b.c', '.', '--')"), "\"a--b--c\"");
  EXPECT_EQ(value("replace('abc', '', 'x')"), "\"abc\"");
  EXPECT_EQ(value("lower('ABc') == upper('abc')"), "false");
  EXPECT_EQ(value("upper('abC')"), "\"ABC\"");
  EXPECT_EQ(value("always()"), "true");
  EXPECT_EQ(value("failure()"), "false");
}

TEST(ExpressionEval, Comparison) {
  EXPECT_EQ(value("params.n == 3.0"), "true");
  EXPECT_EQ(value("params.real == 3"), "true");
  EXPECT_EQ(value("params.o == from_json('{\"b\": 1, \"a\": null}')"), "true");
  EXPECT_EQ(value("params.list != params.mixed"), "true");
  EXPECT_EQ(value("params.nothing == 'x'"), "false");
  EXPECT_EQ(value("params.nothing == null"), "true");
  EXPECT_THAT(value("params.mixed[0] == params.mixed[1]"), HasSubstr("expression-type: \"params.mixed[0]\" is number"));
  EXPECT_THAT(value("params.mixed[0] < params.mixed[1]"), HasSubstr("expression-type"));
  EXPECT_THAT(value("params.mixed[0] && true"), HasSubstr("expression-type"));
}

TEST(ExpressionEval, ShortCircuit) {
  EXPECT_EQ(value("false && params.none"), "false");
  EXPECT_EQ(value("true || params.none"), "true");
  EXPECT_THAT(value("true && params.none"), HasSubstr("test-missing"));
}

TEST(ExpressionEval, WhatIsMissingIsAnErrorUnlessForgiven) {
  EXPECT_THAT(value("env.NOPE"), HasSubstr("no env.NOPE"));
  EXPECT_EQ(value("default(env.NOPE, 'x')"), "\"x\"");
  EXPECT_EQ(value("default(env.HOME, 'x')"), "\"/root\"");
  EXPECT_EQ(value("env.NOPE == null"), "true");
  EXPECT_EQ(value("null != steps.nope.outputs.a"), "false");
  EXPECT_EQ(value("default(steps.load.outputs.rows[7][0], 0)"), "0");
  EXPECT_EQ(value("default(params.nothing, default(params.o.a, 5))"), "5");
  EXPECT_EQ(value("default(params.o.a.b.c, 5)"), "5");
  EXPECT_THAT(value("params.o.c"), HasSubstr("expression-missing: \"params.o\" has no field \"c\""));
  EXPECT_THAT(value("params.list[2]"), HasSubstr("expression-missing: \"params.list\" has 2 items"));
  EXPECT_THAT(value("params.mixed[from_json('-1')]"), HasSubstr("there is no item -1"));
  EXPECT_THAT(value("params.o.a.b"), HasSubstr("expression-missing: \"params.o.a\" is null"));
  EXPECT_THAT(value("params.s.b"), HasSubstr("expression-type"));
  // default() forgives what is missing, not what is wrong.
  EXPECT_THAT(value("default(params.s.b, 1)"), HasSubstr("expression-type"));
  EXPECT_THAT(value("default(lower(params.n), 1)"), HasSubstr("expression-type"));
}

TEST(ExpressionEval, ErrorsCarryTheExpressionAndItsPlace) {
  const Result<Value> result = run("x ${{ params.o.c }}", scope_of(values()), false);
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().context.size(), 1U);
  EXPECT_EQ(result.error().context[0], "in ${{ params.o.c }} (line 1, column 10)");
  EXPECT_FALSE(result.error().remedy.empty());
}

TEST(ExpressionEval, OnlyScalarsInText) {
  EXPECT_EQ(value("${{ params.n }} of ${{ params.s }}", false), "\"3 of hello\"");
  EXPECT_THAT(value("x ${{ params.list }}", false), HasSubstr("expression-interpolation"));
  EXPECT_THAT(value("x ${{ params.nothing }}", false), HasSubstr("expression-interpolation"));
}

TEST(ExpressionEval, TaintGoesThroughEverything) {
  const auto tainted = [](const std::string& text, bool bare = true) {
    const Result<Value> result = run(text, scope_of(values()), bare);
    EXPECT_TRUE(result) << text;
    return result && result->tainted;
  };
  EXPECT_TRUE(tainted("secrets.KEY"));
  EXPECT_TRUE(tainted("lower(secrets.KEY)"));
  EXPECT_TRUE(tainted("from_json(secrets.JSON).a[0]"));
  EXPECT_TRUE(tainted("secrets.KEY == 'x'"));
  EXPECT_TRUE(tainted("!(secrets.KEY == 'x')"));
  EXPECT_TRUE(tainted("true && secrets.KEY == 'x'"));
  EXPECT_TRUE(tainted("secrets.KEY == 'hunter22' && true"));
  EXPECT_TRUE(tainted("format('{0}', secrets.KEY)"));
  EXPECT_TRUE(tainted("join(params.list, secrets.KEY)"));
  EXPECT_TRUE(tainted("default(params.nothing, secrets.KEY)"));
  EXPECT_TRUE(tainted("default(secrets.KEY, 'x')"));
  EXPECT_TRUE(tainted("length(secrets.KEY)"));
  EXPECT_TRUE(tainted("params.o[replace(secrets.KEY, 'hunter22', 'b')]"));
  EXPECT_TRUE(tainted("a ${{ params.n }} ${{ secrets.KEY }}", false));
  EXPECT_FALSE(tainted("params.s"));
  EXPECT_FALSE(tainted("a ${{ params.n }}", false));
  EXPECT_FALSE(tainted("default(params.s, secrets.KEY)")) << "the secret was not read";
  Json with_tainted_steps = values();
  with_tainted_steps["tainted_steps"] = true;
  EXPECT_TRUE(run("steps.load.outputs.rows[0][1]", scope_of(with_tainted_steps))->tainted);
}

TEST(ExpressionEval, TextsAreBounded) {
  std::string text = "'aaaaaaaaaa'";
  for (int i = 0; i < 12; ++i) text.insert(0, "replace(").append(", 'a', 'aaaaaaaaaa')");
  EXPECT_THAT(value(text), HasSubstr("expression-limit"));
  std::string format = "'aaaaaaaaaa'";
  for (int i = 0; i < 12; ++i) format.insert(0, "format('{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}', ").append(")");
  EXPECT_THAT(value(format), HasSubstr("expression-limit"));
}

TEST(ExpressionEval, JsonTextsAreBounded) {
  Json deep = values();
  deep["params"]["deep"] = std::string(100'000, '[');
  deep["params"]["quoted"] = "[\"[[[\\\"[\"]";
  EXPECT_EQ(run("from_json(params.deep)", scope_of(deep)).error().code, "expression-json");
  EXPECT_EQ(run("from_json(params.quoted)[0]", scope_of(deep))->json, Json("[[[\"["));
  EXPECT_EQ(run("from_json('nonsense')", scope_of(deep)).error().code, "expression-json");
  EXPECT_EQ(run("from_json('1e999')", scope_of(deep)).error().code, "expression-json");
  deep["params"]["bytes"] = "\xff\xfe";
  EXPECT_TRUE(run("to_json(params.bytes)", scope_of(deep))) << "bytes that are no UTF-8 are replaced, not thrown at";
}

}  // namespace
}  // namespace lockstep
