#include "runner/retry.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Error error_of(const char* code) {
  Error error;
  error.code = code;
  return error;
}

TEST(Retry, WithoutAListOnlyPassingBreakdowns) {
  const RetryPolicy policy;
  EXPECT_TRUE(worth_another_attempt(policy, error_of("connection-lost"), false));
  EXPECT_TRUE(worth_another_attempt(policy, error_of("catalog-locked"), false));
  EXPECT_FALSE(worth_another_attempt(policy, error_of("connection-lost"), true));
  for (const char* code : {"cancelled", "timeout", "outcome-unknown", "inputs-invalid", "catalog-not-found",
                           "secret-missing", "connection-unknown", "internal-error"})
    EXPECT_FALSE(worth_another_attempt(policy, error_of(code), false)) << code;
}

TEST(Retry, WithAListExactlyThat) {
  RetryPolicy policy;
  policy.on = {"mismatch", "catalog-not-found", "timeout"};
  EXPECT_TRUE(worth_another_attempt(policy, error_of("mismatch"), true));
  EXPECT_TRUE(worth_another_attempt(policy, error_of("catalog-not-found"), false));
  EXPECT_FALSE(worth_another_attempt(policy, error_of("connection-lost"), false));
  EXPECT_FALSE(worth_another_attempt(policy, error_of("timeout"), false));  // the step's own has run out
}

TEST(Retry, WaitsTwiceAsLongEachTimeUpToTheCap) {
  RetryPolicy policy;
  policy.backoff = Milliseconds(100);
  policy.max_backoff = Milliseconds(500);
  std::minstd_rand random(1);
  const long most[] = {100, 200, 400, 500, 500};
  for (int next = 2; next < 7; ++next)
    for (int i = 0; i < 100; ++i) {
      const Milliseconds wait = wait_before(policy, next, random);
      EXPECT_LE(wait.count(), most[next - 2]);
      EXPECT_GE(wait.count(), most[next - 2] / 2);
    }
  EXPECT_LE(wait_before(policy, 1000000, random).count(), 500);
  policy.backoff = Milliseconds(0);
  EXPECT_EQ(wait_before(policy, 5, random).count(), 0);
}

}  // namespace
}  // namespace lockstep
