#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "specs/runbook.h"
#include "specs/yaml.h"

namespace lockstep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<ResolvedInputs> resolve(const char* text) {
  const auto source = std::make_shared<const Source>(Source{"t.yaml", text});
  Diagnostics diagnostics(source);
  const std::optional<Document> document = parse_yaml(source, diagnostics);
  EXPECT_TRUE(document);
  EvalScope scope;
  scope.param = [](std::string_view name) -> Result<Value> {
    if (name == "list") return Value{Json::array({1, 2}), false};
    if (name == "text") return Value{"x", false};
    return Error("test-missing"_code, "no such param");
  };
  scope.secret = [](std::string_view) -> Result<Value> { return Value{"hunter22", false}; };
  return resolve_node(document->root, scope);
}

TEST(Resolve, ValuesKeepTheirTypesAndPlaces) {
  const Result<ResolvedInputs> resolved = resolve(R"(
a: "${{ params.list }}"
b: { c: ["${{ params.text }}-${{ 1 }}", 2.5, true, null, plain] }
)");
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->json, Json::parse(R"({"a": [1, 2], "b": {"c": ["x-1", 2.5, true, null, "plain"]}})"));
  EXPECT_TRUE(resolved->tainted.empty());
}

TEST(Resolve, TaintedPlacesAreJsonPointers) {
  const Result<ResolvedInputs> resolved = resolve(R"(
plain: x
"a/b~c": [1, { key: "pre ${{ secrets.K }}" }]
"": "${{ secrets.K == 'x' }}"
)");
  ASSERT_TRUE(resolved);
  EXPECT_THAT(resolved->tainted, ElementsAre("/a~1b~0c/1/key", "/"));
  for (const std::string& pointer : resolved->tainted)
    EXPECT_TRUE(resolved->json.contains(Json::json_pointer(pointer)));
}

TEST(Resolve, ErrorsNameTheirPlace) {
  const Result<ResolvedInputs> missing = resolve("a: [{ b: \"${{ params.nope }}\" }]\n");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "test-missing");
  EXPECT_THAT(missing.error().context, ElementsAre(HasSubstr("in ${{ params.nope }}"), "at /a/0/b"));
  const Result<ResolvedInputs> syntax = resolve("a: \"${{ 1 + }}\"\n");
  ASSERT_FALSE(syntax);
  EXPECT_EQ(syntax.error().code, "expression-syntax");
}

}  // namespace
}  // namespace lockstep
