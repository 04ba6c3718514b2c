#include "tests/unit/specs/expression_support.h"

namespace lockstep {
namespace {

std::string required(std::string text, bool bare = true) {
  const lockstep::testing::Scalar made = testing::scalar(std::move(text));
  Diagnostics diagnostics(made.source);
  std::string all;
  for (const RequiredName& name : required_names(*parse_template(made.node, bare, diagnostics)))
    all += (all.empty() ? "" : " ") + std::string(name.secret ? "secrets." : "env.") + name.name;
  return all;
}

TEST(RequiredNames, AreThoseWithoutWhichThereIsNoValue) {
  EXPECT_EQ(required("env.A"), "env.A");
  EXPECT_EQ(required("x ${{ secrets['B'] }} ${{ env.A }}", false), "secrets.B env.A");
  EXPECT_EQ(required("!(env.A == 'x' && env.B == 'y')"), "env.A");
  EXPECT_EQ(required("contains(env.A, secrets.B)"), "env.A secrets.B");
  EXPECT_EQ(required("steps.a.outputs.rows[0][env.A]"), "env.A");
  EXPECT_EQ(required("'env.A'"), "");
}

TEST(RequiredNames, LeaveOutWhatIsForgiven) {
  EXPECT_EQ(required("default(env.A, env.B)"), "");
  EXPECT_EQ(required("env.A == null || secrets.B == 'x'"), "");
  EXPECT_EQ(required("params.x || env.A == 'y'"), "");
  EXPECT_EQ(required("always() && env.A == 'y'"), "");
}

TEST(RequiredNames, KnowTheirPlace) {
  const lockstep::testing::Scalar made = testing::scalar("a ${{ env.A }}");
  Diagnostics diagnostics(made.source);
  const std::vector<RequiredName> names = required_names(*parse_template(made.node, false, diagnostics));
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names[0].span.start.line, 1U);
  EXPECT_EQ(names[0].span.start.column, 10U);
}

}  // namespace
}  // namespace lockstep
