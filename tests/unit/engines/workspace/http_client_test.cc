#include "engines/workspace/http_client.h"

#include <thread>

#include "tests/unit/engines/workspace/fake_transport.h"

namespace lockstep {
namespace {

using Kind = HttpFailure::Kind;
using lockstep::testing::answer;
using lockstep::testing::failure;
using lockstep::testing::FakeTransport;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

RetryPace quick() {
  RetryPace pace;
  pace.first = milliseconds(5);
  pace.longest = milliseconds(20);
  pace.max_attempts_idempotent = 4;
  pace.jitter = [] { return 0.0; };
  return pace;
}

Call within(milliseconds time) {
  Call call;
  call.deadline = Clock::now() + time;
  return call;
}

struct Rig {
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  HttpClient client{transport, quick()};
  HttpRequest request;
  HttpAnswer send(RequestClass what, const Call& call, const HttpClient::OnWait& on_wait = nullptr) {
    request.url = "https://w.example/x";
    return client.send(request, what, call, on_wait);
  }
};

TEST(HttpClient, AnIdempotentRequestIsTriedSoManyTimes) {
  Rig rig;
  for (int k = 0; k < 4; ++k) rig.transport->then(failure(Kind::closed, true));
  HttpAnswer got = rig.send(RequestClass::idempotent, within(milliseconds(2'000)));
  EXPECT_FALSE(got.response);
  EXPECT_EQ(got.attempts, 4);
  EXPECT_EQ(got.failure.kind, Kind::closed);
  EXPECT_FALSE(got.may_have_run);
}

TEST(HttpClient, TheFirstAnswerThatIsGoodIsTaken) {
  Rig rig;
  rig.transport->then(failure(Kind::cut, true)).then(answer(502)).then(answer(200, "x"));
  HttpAnswer got = rig.send(RequestClass::idempotent, within(milliseconds(2'000)));
  ASSERT_TRUE(got.response);
  EXPECT_EQ(got.response->body, "x");
  EXPECT_EQ(got.attempts, 3);
}

TEST(HttpClient, ASubmitIsSentOnceWhenItMayHaveRun) {
  for (const HttpResult& ambiguous :
       {failure(Kind::closed, true), failure(Kind::cut, true), answer(500), answer(503)}) {
    Rig rig;
    rig.transport->then(ambiguous);
    HttpAnswer got = rig.send(RequestClass::submit, within(milliseconds(2'000)));
    EXPECT_EQ(got.attempts, 1);
    EXPECT_TRUE(got.may_have_run);
  }
}

TEST(HttpClient, ASubmitThatMetNobodyGoesOnUntilTheDeadline) {
  auto transport =
      std::make_shared<FakeTransport>([](const HttpRequest&, const Call&) { return failure(Kind::refused); });
  HttpClient client(transport, quick());
  HttpRequest request;
  const auto began = Clock::now();
  HttpAnswer got = client.send(request, RequestClass::submit, within(milliseconds(300)));
  EXPECT_EQ(got.failure.kind, Kind::refused);  // says more than "timeout"
  EXPECT_GT(got.attempts, 8);                  // more than an idempotent one
  EXPECT_FALSE(got.may_have_run);
  EXPECT_GE(Clock::now() - began, milliseconds(300)) << "the call is over when it returns";
  EXPECT_LE(Clock::now() - began, milliseconds(400));
}

// The last attempt says only that the time is over.
TEST(HttpClient, ATimeoutAfterThrottlingNamesTheThrottling) {
  Rig rig;
  rig.transport->then(answer(429)).then(failure(Kind::timeout, false, "the time was over"));
  HttpAnswer got = rig.send(RequestClass::submit, within(milliseconds(2'000)));
  EXPECT_EQ(got.failure.kind, Kind::timeout);
  EXPECT_EQ(got.failure.detail, "the time was over; before that: throttled by the server (status 429)");
}

TEST(HttpClient, WithoutADeadlinePatienceEnds) {
  auto transport = std::make_shared<FakeTransport>([](const HttpRequest&, const Call&) { return answer(429); });
  RetryPace pace = quick();
  pace.without_deadline = milliseconds(100);
  HttpClient client(transport, pace);
  const auto began = Clock::now();
  HttpAnswer got = client.send({}, RequestClass::submit, {});
  EXPECT_EQ(got.response->status, 429);
  EXPECT_TRUE(got.throttled);
  EXPECT_LE(Clock::now() - began, milliseconds(400));
}

TEST(HttpClient, NeverSoonerThanRetryAfter) {
  Rig rig;
  rig.transport->then(answer(429, "", {{"Retry-After", "0.2"}}))
      .then(answer(503, "", {{"Retry-After", "0.1"}}))
      .then(answer(200));
  std::vector<std::string> told;
  HttpAnswer got = rig.send(RequestClass::submit, within(milliseconds(3'000)),
                            [&](std::string_view why, milliseconds, std::optional<milliseconds> left) {
                              told.emplace_back(why);
                              ASSERT_TRUE(left);
                              EXPECT_GT(*left, milliseconds(1'500));
                              EXPECT_LE(*left, milliseconds(3'000));
                            });
  EXPECT_EQ(got.response->status, 200);
  EXPECT_FALSE(got.throttled);
  const auto seen = rig.transport->seen();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_GE(seen[1].at - seen[0].at, milliseconds(200));
  EXPECT_LE(seen[1].at - seen[0].at, milliseconds(400));
  EXPECT_GE(seen[2].at - seen[1].at, milliseconds(100));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("throttled"), std::string::npos) << told[0];
  EXPECT_NE(told[0].find("429"), std::string::npos) << told[0];
}

TEST(HttpClient, ARetryAfterBeyondTheDeadlineFailsAtOnce) {
  for (const RequestClass what : {RequestClass::idempotent, RequestClass::submit}) {
    Rig rig;
    rig.transport->then(answer(429, "", {{"Retry-After", "60"}}));
    const auto began = Clock::now();
    HttpAnswer got = rig.send(what, within(milliseconds(2'000)));
    EXPECT_EQ(got.attempts, 1);
    EXPECT_EQ(got.response->status, 429);
    EXPECT_EQ(got.throttled_for, 60.0);
    EXPECT_TRUE(got.throttled);
    EXPECT_FALSE(got.may_have_run);
    EXPECT_LT(Clock::now() - began, milliseconds(200));
  }
}

TEST(HttpClient, ARetryAfterOfZeroIsNoStorm) {
  auto transport = std::make_shared<FakeTransport>(
      [](const HttpRequest&, const Call&) { return answer(429, "", {{"Retry-After", "0"}}); });
  HttpClient client(transport, quick());
  HttpAnswer got = client.send({}, RequestClass::idempotent, within(milliseconds(300)));
  EXPECT_EQ(got.response->status, 429);
  EXPECT_LE(got.attempts, 40);
  EXPECT_GE(got.attempts, 4);
}

TEST(HttpClient, ADeadReusedConnectionCostsNoWait) {
  Rig rig;
  HttpResult dead = failure(Kind::closed, true);
  dead.failure.reused = true;
  rig.transport->then(dead).then(answer(200));
  int waits = 0;
  HttpAnswer got = rig.send(RequestClass::idempotent, within(milliseconds(2'000)), [&](auto, auto, auto) { ++waits; });
  EXPECT_EQ(got.response->status, 200);
  EXPECT_EQ(waits, 0);
}

TEST(HttpClient, AStopEndsTheWait) {
  Rig rig;
  rig.transport->then(answer(429, "", {{"Retry-After", "10"}}));
  std::stop_source stop;
  Call call = within(milliseconds(20'000));
  call.stop = stop.get_token();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    stop.request_stop();
  });
  const auto began = Clock::now();
  HttpAnswer got = rig.send(RequestClass::submit, call);
  EXPECT_FALSE(got.response);
  EXPECT_EQ(got.failure.kind, Kind::cancelled);
  EXPECT_FALSE(got.failure.sent);
  EXPECT_FALSE(got.may_have_run);
  EXPECT_NE(got.failure.detail.find("429"), std::string::npos) << got.failure.detail;
  EXPECT_LE(Clock::now() - began, milliseconds(300));
}

TEST(HttpClient, WhatDoesNotGetBetterIsAskedOnce) {
  for (const HttpResult& last : {failure(Kind::certificate), failure(Kind::bad_url), failure(Kind::too_large, true),
                                 answer(401), answer(403), answer(404), answer(302), answer(200, "<html>")}) {
    Rig rig;
    rig.transport->then(last);
    EXPECT_EQ(rig.send(RequestClass::idempotent, within(milliseconds(1'000))).attempts, 1);
  }
}

}  // namespace
}  // namespace lockstep
