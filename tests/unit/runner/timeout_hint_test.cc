#include "runner/timeout_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "engines/step.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TimeoutHint, SpeaksOfWhatTheStepTypeHas) {
  EXPECT_THAT(timeout_hint("reconciliation/cross-metastore", false, false), HasSubstr("max_workers"));
  const std::string query = timeout_hint("sql/query", false, false);
  EXPECT_THAT(query, HasSubstr("the statement"));
  EXPECT_THAT(query, HasSubstr("it only reads"));
  EXPECT_THAT(query, Not(HasSubstr("tables")));
}

TEST(TimeoutHint, DoesNotCallAStatementThatChangesRepeatable) {
  const std::string hint = timeout_hint("sql/query", true, false);
  EXPECT_THAT(hint, HasSubstr("see whether the statement took effect"));
  EXPECT_THAT(hint, Not(HasSubstr("may be run again")));
  EXPECT_THAT(timeout_hint("schema-evolution/evolve-catalog", true, false), HasSubstr("may be run again"));
}

TEST(TimeoutHint, SaysThatItemsShareTheTime) {
  EXPECT_THAT(timeout_hint("sql/query", false, true), HasSubstr("for all items together"));
}

TEST(TimeoutHint, EveryStepTypeHasOneOfItsOwn) {
  const std::string unknown = timeout_hint("none/such", false, false);
  std::set<std::string> hints;
  for (const StepType& type : step_types()) {
    EXPECT_NE(timeout_hint(type.uses, false, false), unknown) << type.uses;
    hints.insert(timeout_hint(type.uses, false, false));
  }
  EXPECT_EQ(hints.size(), step_types().size());
}

}  // namespace
}  // namespace lockstep
