#include "tests/unit/specs/expression_support.h"

namespace lockstep {
namespace {

using lockstep::testing::check;
using lockstep::testing::Checked;
using lockstep::testing::run;
using lockstep::testing::scalar;
using lockstep::testing::Scalar;
using lockstep::testing::scope_of;

std::string value_of(std::string text, const Json& scope = Json::object()) {
  const Result<Value> result = run(std::move(text), scope_of(scope));
  return result ? result->json.dump() : "error " + result.error().code;
}

TEST(ExpressionParse, Precedence) {
  EXPECT_EQ(value_of("true || false && false"), "true");
  EXPECT_EQ(value_of("(true || false) && false"), "false");
  EXPECT_EQ(value_of("1 < 2 == true"), "true");
  EXPECT_EQ(value_of("1 == 1 && 2 != 3"), "true");
  EXPECT_EQ(value_of("!true || true"), "true");
  EXPECT_EQ(value_of("!(true || true)"), "false");
  EXPECT_EQ(value_of("!!true"), "true");
  EXPECT_EQ(value_of("false == false == true"), "true");
  EXPECT_EQ(value_of("1 == 2 == false"), "true");
  EXPECT_EQ(value_of("2 >= 2 && 2 <= 2 && 'a' < 'b' && 3 > 2"), "true");
}

TEST(ExpressionParse, Literals) {
  EXPECT_EQ(value_of("42"), "42");
  EXPECT_EQ(value_of("-7"), "-7");
  EXPECT_EQ(value_of("2.50"), "2.5");
  EXPECT_EQ(value_of("1e3"), "1000.0");
  EXPECT_EQ(value_of("1.5e-2"), "0.015");
  EXPECT_EQ(value_of("'it''s'"), "\"it's\"");
  EXPECT_EQ(value_of("''"), "\"\"");
  EXPECT_EQ(value_of("null"), "null");
  EXPECT_EQ(value_of("9223372036854775807"), "9223372036854775807");
}

TEST(ExpressionParse, PathsAndIndexes) {
  const Json scope = {{"params", {{"list", {1, 2, {{"a-b", "x"}, {"null", 5}}}}}}};
  EXPECT_EQ(value_of("params.list[1]", scope), "2");
  EXPECT_EQ(value_of("params['list'][2].a-b", scope), "\"x\"");
  EXPECT_EQ(value_of("params.list[2]['a-b']", scope), "\"x\"");
  EXPECT_EQ(value_of("params.list[2].null", scope), "5");
  EXPECT_EQ(value_of("params . list [ 0 ]", scope), "1");
}

struct BadExpression {
  const char* text;
  const char* message;
  const char* hint;
  unsigned column;  // of the finding, when the text begins at column 4
};

TEST(ExpressionParse, SyntaxErrorsSayWhatToWrite) {
  const BadExpression bads[] = {
      {"1 = 1", "\"=\" is no operator", "==", 6},
      {"true & false", "\"&\" is no operator", "&&", 9},
      {"true | false", "\"|\" is no operator", "||", 9},
      {"true and false", "\"and\" stands where", "&&", 9},
      {"true or false", "\"or\" stands where", "||", 9},
      {"\"x\" == 'x'", "single quotes", "'text'", 4},
      {"1 + 1", "no arithmetic", "format", 6},
      {"'abc", "no closing quote", "''", 4},
      {"(1", "the expression ends where \")\"", "complete", 6},
      {"1)", "\")\" stands where", "", 5},
      {"length('a' 'b')", "\"'b'\" stands where \",\" or \")\"", "", 15},
      {"params.", "the expression ends where a name", "", 11},
      {"params.[0]", "\"[\" stands where a name", "", 11},
      {"params[0", "\"]\"", "", 12},
      {"==", "\"==\" stands where a value", "", 4},
      {"a ? b : c", "\"?\" is no operator", "default", 6},
      {"12x", "neither a number nor a name", "", 4},
      {"007", "begins with a zero", "without the zero", 4},
      {"99999999999999999999", "does not fit 64 bits", "", 4},
      {"1e999", "does not fit a double", "", 4},
      {"\xC3\xA4", "does not belong", "", 4},
  };
  for (const BadExpression& bad : bads) {
    const Checked checked = check(bad.text, {});
    ASSERT_EQ(checked.findings.size(), 1U) << bad.text << "\n" << checked.words();
    const Diagnostic& finding = checked.findings[0];
    EXPECT_EQ(finding.code, "expression-syntax") << bad.text;
    EXPECT_THAT(finding.message, ::testing::HasSubstr(bad.message)) << bad.text;
    EXPECT_THAT(finding.hint, ::testing::HasSubstr(bad.hint)) << bad.text;
    EXPECT_EQ(finding.span.start.column, bad.column) << bad.text;
    EXPECT_FALSE(checked.text) << bad.text;
  }
}

TEST(ExpressionParse, LimitsAreErrorsNotCrashes) {
  EXPECT_EQ(check(std::string(100'000, '('), {}).codes(), "expression-limit");
  EXPECT_EQ(check(std::string(9'000, '('), {}).codes(), "expression-limit");
  EXPECT_EQ(check(std::string(9'000, '!') + "true", {}).codes(), "expression-limit");
  std::string chain = "item";
  for (int i = 0; i < 4'000; ++i) chain += ".a";
  EXPECT_EQ(check(chain, {}).codes(), "expression-limit");
  std::string brackets = "item";
  for (int i = 0; i < 4'000; ++i) brackets += "[0]";
  EXPECT_EQ(check(brackets, {}).codes(), "expression-limit");
  std::string sum = "true";
  for (int i = 0; i < 900; ++i) sum += " && true";
  EXPECT_EQ(check(sum, {}).codes(), "expression-limit");
  std::string calls;
  for (int i = 0; i < 900; ++i) calls += "lower(";
  EXPECT_EQ(check(calls, {}).codes(), "expression-limit");
  // The limits leave room for what people write.
  std::string wide = "true";
  for (int i = 0; i < 90; ++i) wide += " && true";
  EXPECT_EQ(value_of(wide), "true");
  EXPECT_EQ(value_of(std::string(90, '(') + "1" + std::string(90, ')')), "1");
}

TEST(TemplateParse, TextAndExpressionsAlternate) {
  const Json scope = {{"params", {{"a", "x"}, {"n", 3}, {"f", 1.5}, {"b", true}}}};
  const auto text = [&](const char* written) {
    const Result<Value> result = run(written, scope_of(scope), false);
    return result ? result->json.dump() : result.error().code;
  };
  EXPECT_EQ(text("plain"), "\"plain\"");
  EXPECT_EQ(text("a ${{ params.a }} b ${{params.n}}!"), "\"a x b 3!\"");
  EXPECT_EQ(text("${{ params.f }}/${{ params.b }}"), "\"1.5/true\"");
  EXPECT_EQ(text("${{ params.n }}"), "3") << "a whole value keeps its type";
  EXPECT_EQ(text(" ${{ params.n }}"), "\" 3\"");
  EXPECT_EQ(text("${{ '}}' }}"), "\"}}\"");
  EXPECT_EQ(text("${{ '${{' }} x }}"), "\"${{ x }}\"");
  EXPECT_EQ(text("$ { {{ }} $}"), "\"$ { {{ }} $}\"");
}

TEST(TemplateParse, UnclosedAndEmpty) {
  EXPECT_THAT(check("x ${{ params.a", {}, false).words(), ::testing::HasSubstr("is not closed"));
  EXPECT_EQ(check("x ${{ params.a", {}, false).findings[0].span.start.column, 6U);
  EXPECT_THAT(check("${{ }}", {}, false).words(), ::testing::HasSubstr("the expression is empty"));
  EXPECT_THAT(check("${{ 'a }}", {}, false).words(), ::testing::HasSubstr("no closing quote"));
  EXPECT_THAT(check("${{ ${{ 1 }} }}", {}, false).words(), ::testing::HasSubstr("not nested"));
  // Every broken expression of a text is reported.
  EXPECT_EQ(check("${{ = }} and ${{ + }}", {}, false).findings.size(), 2U);
}

TEST(TemplateParse, Conditions) {
  EXPECT_EQ(value_of("${{ 1 == 1 }}"), "true");
  EXPECT_EQ(value_of("  ${{ 1 == 1 }}  "), "true");
  EXPECT_EQ(value_of("'${{' == 'x'"), "false");
  EXPECT_THAT(check("${{ true }} && false", {}).words(), ::testing::HasSubstr("only in part inside"));
  EXPECT_THAT(check("x ${{ true }}", {}).words(), ::testing::HasSubstr("only in part inside"));
  EXPECT_EQ(check("", {}).codes(), "expression-syntax");
  Scalar made = scalar("true");
  made.node.kind = Node::Kind::boolean;
  made.node.scalar = true;
  Diagnostics diagnostics(made.source);
  const std::optional<Template> parsed = parse_template(made.node, true, diagnostics);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(evaluate(*parsed, {})->json, Json(true));
}

// Where findings stand, for each way to write the scalar.
TEST(TemplateSpans, PlainAndQuoted) {
  const std::string text = "\u00e4\u00f6 ${{ params.b == 'x' }} ${{ params.cc }}";
  for (const Node::Style style : {Node::Style::plain, Node::Style::quoted}) {
    const Scalar made = scalar(text, style);
    Diagnostics diagnostics(made.source);
    const std::optional<Template> parsed = parse_template(made.node, false, diagnostics);
    ASSERT_TRUE(parsed);
    check_template(*parsed, {}, diagnostics);
    ASSERT_EQ(diagnostics.items().size(), 2U);
    const auto source_text = [&](const Span& span) {
      return made.source->text.substr(span.start.offset, span.end.offset - span.start.offset);
    };
    EXPECT_EQ(source_text(diagnostics.items()[0].span), "b");
    EXPECT_EQ(source_text(diagnostics.items()[1].span), "cc");
    const unsigned quote = style == Node::Style::quoted ? 1 : 0;
    EXPECT_EQ(diagnostics.items()[0].span.start.column, 4 + 3 + 4 + 7 + quote) << "columns count code points";
    // The doubled quotes before it shift the second expression by two more.
    EXPECT_EQ(diagnostics.items()[1].span.start.column, 4 + 3 + 4 + 7 + 1 + 7 + 3 + 1 + 4 + 7 + 3 * quote);
  }
}

TEST(TemplateSpans, DoubleQuotesWithEscapes) {
  Scalar made = scalar("");
  made.source =
      std::make_shared<const Source>(Source{"t.yaml", "k: \"\\t\\u00e4 ${{ format('\\\"{0}', params.no) }}\"\n"});
  made.node.style = Node::Style::quoted;
  made.node.scalar = "\t\u00e4 ${{ format('\"{0}', params.no) }}";
  made.node.span.end = {1, 50, static_cast<std::uint32_t>(made.source->text.size() - 1)};
  Diagnostics diagnostics(made.source);
  const std::optional<Template> parsed = parse_template(made.node, false, diagnostics);
  ASSERT_TRUE(parsed);
  check_template(*parsed, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  const Span span = diagnostics.items()[0].span;
  EXPECT_EQ(made.source->text.substr(span.start.offset, span.end.offset - span.start.offset), "no");
}

TEST(TemplateSpans, BlockScalars) {
  const std::string file = "k: |\n  select 1\n  from ${{ params.nope }}\n";
  Scalar made = scalar("");
  made.source = std::make_shared<const Source>(Source{"t.yaml", file});
  made.node.style = Node::Style::block;
  made.node.scalar = "select 1\nfrom ${{ params.nope }}\n";
  made.node.span = {{1, 4, 3}, {4, 1, static_cast<std::uint32_t>(file.size())}};
  Diagnostics diagnostics(made.source);
  const std::optional<Template> parsed = parse_template(made.node, false, diagnostics);
  ASSERT_TRUE(parsed);
  check_template(*parsed, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].span.start.line, 3U);
  EXPECT_EQ(diagnostics.items()[0].span.start.column, 19U);
  // One expression alone in a block scalar is a whole value: the line break at its end is nobody's wish.
  made.source = std::make_shared<const Source>(Source{"t.yaml", "k: |\n  ${{ 7 }}\n"});
  made.node.scalar = "${{ 7 }}\n";
  made.node.span.end = {3, 1, static_cast<std::uint32_t>(made.source->text.size())};
  const std::optional<Template> whole = parse_template(made.node, false, diagnostics);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->whole);
}

TEST(TemplateSpans, FoldedInsideTheExpressionFallsBackToTheScalar) {
  const std::string file = "k: a ${{ params.x\n  == 'b' }}\n";
  Scalar made = scalar("");
  made.source = std::make_shared<const Source>(Source{"t.yaml", file});
  made.node.scalar = "a ${{ params.x == 'b' }}";
  made.node.span = {{1, 4, 3}, {2, 12, static_cast<std::uint32_t>(file.size() - 1)}};
  Diagnostics diagnostics(made.source);
  const std::optional<Template> parsed = parse_template(made.node, false, diagnostics);
  ASSERT_TRUE(parsed);
  check_template(*parsed, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].span.start, made.node.span.start);
}

TEST(TemplateSpans, HandMadeNodesWithoutASource) {
  Node node = scalar("${{ params.x }}").node;
  Diagnostics diagnostics(nullptr);
  const std::optional<Template> parsed = parse_template(node, false, diagnostics);
  ASSERT_TRUE(parsed);
  check_template(*parsed, {}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].span.start.column, 15U);
}

TEST(References, NameEverythingOnce) {
  const Checked checked =
      check("steps.a.outputs.x == steps['b-c'].status && env.E == secrets.S && params.P == item && always()", {});
  ASSERT_TRUE(checked.text);
  References all = references_of(*checked.text);
  EXPECT_THAT(all.steps, ::testing::ElementsAre("a", "b-c"));
  EXPECT_THAT(all.env, ::testing::ElementsAre("E"));
  EXPECT_THAT(all.secrets, ::testing::ElementsAre("S"));
  EXPECT_THAT(all.params, ::testing::ElementsAre("P"));
  EXPECT_TRUE(all.item);
  EXPECT_TRUE(all.status_function);
  References other;
  other.steps = {"z"};
  all.merge(other);
  EXPECT_TRUE(all.steps.contains("z"));
}

}  // namespace
}  // namespace lockstep
