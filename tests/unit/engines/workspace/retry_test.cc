#include "engines/workspace/retry.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using Again = RetryRule::Again;
using Kind = HttpFailure::Kind;
using std::chrono::milliseconds;

HttpResponse response(int status, HttpHeaders headers = {}) {
  return {status, std::move(headers), {}};
}

HttpFailure failed(Kind kind, bool sent) {
  HttpFailure failure;
  failure.kind = kind;
  failure.sent = sent;
  return failure;
}

struct FailureCase {
  Kind kind;
  Again get;
  Again submit_unsent;
};

TEST(RetryTable, EveryFailureIsInIt) {
  const FailureCase all[] = {
      {Kind::bad_url, Again::no, Again::no},         {Kind::resolve, Again::some, Again::some},
      {Kind::refused, Again::some, Again::deadline}, {Kind::connect, Again::some, Again::some},
      {Kind::certificate, Again::no, Again::no},     {Kind::handshake, Again::some, Again::some},
      {Kind::closed, Again::some, Again::some},      {Kind::cut, Again::some, Again::no},
      {Kind::garbage, Again::some, Again::no},       {Kind::too_large, Again::no, Again::no},
      {Kind::timeout, Again::no, Again::no},         {Kind::cancelled, Again::no, Again::no},
  };
  for (const FailureCase& one : all) {
    for (const bool sent : {false, true}) {
      const RetryRule get = rule_for(RequestClass::idempotent, failed(one.kind, sent));
      EXPECT_EQ(get.again, one.get) << static_cast<int>(one.kind);
      EXPECT_FALSE(get.may_have_run);
    }
    const RetryRule unsent = rule_for(RequestClass::submit, failed(one.kind, false));
    EXPECT_EQ(unsent.again, one.submit_unsent) << static_cast<int>(one.kind);
    EXPECT_FALSE(unsent.may_have_run);
    // Once a byte of a submit was sent, it may have run, whatever came of it.
    const RetryRule sent = rule_for(RequestClass::submit, failed(one.kind, true));
    EXPECT_EQ(sent.again, Again::no) << static_cast<int>(one.kind);
    EXPECT_TRUE(sent.may_have_run) << static_cast<int>(one.kind);
  }
}

TEST(RetryTable, ASubmitMayHaveRunAfterA5xxUnlessItWasToldToComeAgain) {
  for (int status = 200; status < 600; ++status) {
    for (const bool asked : {false, true}) {
      const HttpResponse given = response(status, asked ? HttpHeaders{{"retry-after", "3"}} : HttpHeaders{});
      const RetryRule rule = rule_for(RequestClass::submit, given);
      const bool throttled = status == 429 || (status == 503 && asked);
      EXPECT_EQ(rule.again, throttled ? Again::deadline : Again::no) << status << asked;
      EXPECT_EQ(rule.may_have_run, status >= 500 && !throttled) << status << asked;
      EXPECT_FALSE(rule_for(RequestClass::idempotent, given).may_have_run);
    }
  }
}

TEST(RetryTable, AnIdempotentRequestGoesAgainWhereItMayHelp) {
  for (int status : {200, 204, 301, 302, 307, 400, 401, 403, 404, 409, 501})
    EXPECT_EQ(rule_for(RequestClass::idempotent, response(status)).again, Again::no) << status;
  for (int status : {408, 500, 502, 503, 504})
    EXPECT_EQ(rule_for(RequestClass::idempotent, response(status)).again, Again::some) << status;
  EXPECT_EQ(rule_for(RequestClass::idempotent, response(429)).again, Again::deadline);
  EXPECT_EQ(rule_for(RequestClass::idempotent, response(503, {{"Retry-After", "1"}})).again, Again::deadline);
}

// A header that cannot be read is no promise that nothing ran.
TEST(RetryTable, ARetryAfterThatSaysNothingIsNone) {
  const RetryRule rule = rule_for(RequestClass::submit, response(503, {{"Retry-After", "soon"}}));
  EXPECT_EQ(rule.again, Again::no);
  EXPECT_TRUE(rule.may_have_run);
}

TEST(RetryAfter, IsReadAsSecondsOrAsADate) {
  const auto now = *parse_http_date("Tue, 24 Nov 2026 14:00:00 GMT");
  auto after = [&](std::string text, HttpHeaders more = {}) {
    more.emplace_back("Retry-After", std::move(text));
    return retry_after(response(429, std::move(more)), now);
  };
  EXPECT_EQ(after("3"), 3.0);
  EXPECT_EQ(after("0"), 0.0);
  EXPECT_EQ(after("1.5"), 1.5);
  EXPECT_EQ(after("-3"), 0.0);
  EXPECT_EQ(after("99999999999999999999"), 1e9);
  EXPECT_EQ(after("1" + std::string(400, '0')), 1e9);
  EXPECT_EQ(after("Tue, 24 Nov 2026 14:00:30 GMT"), 30.0);
  EXPECT_EQ(after("Tuesday, 24-Nov-26 14:00:30 GMT"), 30.0);
  EXPECT_EQ(after("Tue Nov 24 14:00:30 2026"), 30.0);
  EXPECT_EQ(after("Tue, 24 Nov 2026 13:59:00 GMT"), 0.0);
  // The server's own clock counts, when it tells it.
  EXPECT_EQ(after("Tue, 24 Nov 2026 15:00:30 GMT", {{"Date", "Tue, 24 Nov 2026 15:00:00 GMT"}}), 30.0);
  for (const char* text : {"", "soon", "3s", "nan", "1e9x", "Tue, 24 Nov 2026", "Tue, 31 Feb 2026 14:00:30 GMT",
                           "Tue, 24 Nov 2026 25:00:30 GMT", "Tue, 24 Foo 2026 14:00:30 GMT"})
    EXPECT_EQ(after(text), std::nullopt) << text;
  EXPECT_EQ(retry_after(response(429), now), std::nullopt);
}

TEST(HttpDate, KnowsTheSampleOfTheStandard) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    const auto made = parse_http_date(text);
    ASSERT_TRUE(made) << text;
    EXPECT_EQ(std::chrono::system_clock::to_time_t(*made), 784111777) << text;
  }
}

TEST(Backoff, DoublesUpToItsLimit) {
  RetryPace pace;
  EXPECT_EQ(backoff(pace, 1, 0), milliseconds(500));
  EXPECT_EQ(backoff(pace, 2, 0), milliseconds(1'000));
  EXPECT_EQ(backoff(pace, 5, 0), milliseconds(8'000));
  EXPECT_EQ(backoff(pace, 7, 0), milliseconds(30'000));
  EXPECT_EQ(backoff(pace, 1'000'000, 0), milliseconds(30'000));
  EXPECT_EQ(backoff(pace, 1, 1), milliseconds(250));
  EXPECT_EQ(backoff(pace, 1, 0.5), milliseconds(375));
}

}  // namespace
}  // namespace lockstep
