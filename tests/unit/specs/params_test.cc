#include "tests/unit/specs/runbook_support.h"

namespace lockstep {
namespace {

using lockstep::testing::Built;
using ::testing::HasSubstr;

struct Bound {
  ParamValues values;
  std::string words;
  std::string codes;
  std::vector<Diagnostic> findings;
};

Bound bind(std::string_view params, std::vector<std::pair<std::string, std::string>> texts,
           const char* file = nullptr) {
  const Built built = testing::build_steps("  - { id: a, uses: sql/query, with: { statement: SELECT 1 } }\n",
                                           "params: " + std::string(params) + "\n");
  EXPECT_EQ(built.words(), "");
  GivenParams given;
  given.texts = std::move(texts);
  Diagnostics diagnostics(built.source);
  if (file != nullptr) {
    const auto source = std::make_shared<const Source>(Source{"params.yaml", file});
    std::optional<Document> document = parse_yaml(source, diagnostics);
    if (document) given.file = std::make_shared<const Document>(std::move(*document));
  }
  Bound bound;
  bound.values = bind_params(*built.book, given, diagnostics);
  bound.findings = diagnostics.items();
  for (const Diagnostic& finding : bound.findings) {
    bound.words += finding.message + " | " + finding.hint + "\n";
    bound.codes += (bound.codes.empty() ? "" : " ") + finding.code;
  }
  return bound;
}

TEST(Params, TextsTakeTheDeclaredType) {
  const Bound bound = bind(
      "{ s: { type: string }, i: { type: integer }, n: { type: number }, b: { type: boolean }, l: { type: list }, o: { "
      "type: object } }",
      {{"s", "007"}, {"i", "42"}, {"n", "2.5"}, {"b", "true"}, {"l", "[a, 1, {\"x\": null}]"}, {"o", "{a: 1}"}});
  EXPECT_EQ(bound.words, "");
  EXPECT_EQ(bound.values.at("s"), Json("007"));
  EXPECT_EQ(bound.values.at("i"), Json(42));
  EXPECT_EQ(bound.values.at("n"), Json(2.5));
  EXPECT_EQ(bound.values.at("b"), Json(true));
  EXPECT_EQ(bound.values.at("l"), Json::parse(R"(["a", 1, {"x": null}])"));
  EXPECT_EQ(bound.values.at("o"), Json::parse(R"({"a": 1})"));
}

TEST(Params, DefaultsFileAndCommandLineInThatOrder) {
  const Bound bound = bind("{ a: { default: 1 }, b: { default: 1 }, c: { default: 1 }, d: { default: null } }",
                           {{"c", "3"}}, "b: 2\nc: 2\n");
  EXPECT_EQ(bound.words, "");
  EXPECT_EQ(bound.values.at("a"), Json(1));
  EXPECT_EQ(bound.values.at("b"), Json(2));
  EXPECT_EQ(bound.values.at("c"), Json(3));
  EXPECT_EQ(bound.values.at("d"), Json());
}

TEST(Params, AllMistakesAtOnce) {
  const Bound bound = bind(
      "{ source: {}, days: { type: integer, default: 1 }, mode: { enum: [fast, safe], default: safe }, must: { "
      "description: why } }",
      {{"sorce", "x"}, {"days", "soon"}, {"mode", "fsat"}});
  EXPECT_EQ(bound.codes, "param-unknown param-type param-choice param-missing param-missing");
  EXPECT_THAT(bound.words, HasSubstr("did you mean \"source\"?"));
  EXPECT_THAT(bound.words, HasSubstr("\"days\" is not an integer: \"soon\" | write --param days=3"));
  EXPECT_THAT(bound.words, HasSubstr("one of: fast, safe | did you mean \"fast\"?"));
  EXPECT_THAT(bound.words, HasSubstr("\"must\" has no default and was not given (why)"));
}

TEST(Params, ARefusedValueIsNotAlsoMissing) {
  EXPECT_EQ(bind("{ i: { type: integer } }", {{"i", "x"}}).codes, "param-type");
  EXPECT_EQ(bind("{ i: { type: integer } }", {{"i", "1.0"}}).codes, "param-type");
  EXPECT_EQ(bind("{ i: { type: integer } }", {{"i", ""}}).codes, "param-type");
  EXPECT_EQ(bind("{ i: { type: list } }", {{"i", "[1"}}).codes, "param-type");
  EXPECT_EQ(bind("{ i: { type: object } }", {{"i", "a: b: c"}}).codes, "param-type");
}

TEST(Params, FindingsOfAFileStandInThatFile) {
  const Bound bound = bind("{ s: { type: string } }", {}, "s: [1]\nt: 2\n");
  EXPECT_EQ(bound.codes, "param-type param-unknown");
  EXPECT_EQ(bound.findings[0].source->path, "params.yaml");
  EXPECT_EQ(bound.findings[0].span.start.column, 4U);
  EXPECT_EQ(bind("{ s: { default: a } }", {}, "[1]\n").codes, "param-file");
  // What was typed on the command line stands in no file.
  EXPECT_EQ(bind("{ s: { default: a } }", {{"x", "1"}}).findings[0].source, nullptr);
}

}  // namespace
}  // namespace lockstep
