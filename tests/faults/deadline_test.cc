// The end of a call, by time or by hand, wherever it strikes.
#include <fmt/format.h>
#include <atomic>
#include <thread>

#include "tests/faults/transport_fixture.h"

namespace lockstep::testing {
namespace {

constexpr milliseconds kDeadline{250};

TEST(Connect, RefusedIsKnownAtOnceAndNothingWasSent) {
  RefusingPort port;
  for (const char* scheme : {"http", "https"}) {
    const auto began = Clock::now();
    HttpResult result = make_poco_transport({})->send(post(fmt::format("{}://127.0.0.1:{}/", scheme, port.port())),
                                                      within(milliseconds(2'000)));
    EXPECT_EQ(result.failure.kind, Kind::refused) << result.failure.detail;
    EXPECT_FALSE(result.failure.sent);
    EXPECT_LT(Clock::now() - began, milliseconds(500));
  }
}

TEST(Connect, ABlackHoleTakesTheDeadlineAndNothingWasSent) {
  BlackHole hole;
  for (const char* scheme : {"http", "https"}) {
    const auto began = Clock::now();
    HttpResult result =
        make_poco_transport({})->send(post(fmt::format("{}://127.0.0.1:{}/", scheme, hole.port())), within(kDeadline));
    EXPECT_EQ(result.failure.kind, Kind::timeout) << result.failure.detail;
    EXPECT_FALSE(result.failure.sent);
    EXPECT_NE(result.failure.detail.find("connecting"), std::string::npos) << result.failure.detail;
    EXPECT_GE(Clock::now() - began, kDeadline);
    EXPECT_LE(Clock::now() - began, kDeadline + kGrace);
  }
}

TEST(Connect, AStopEndsABlackHole) {
  BlackHole hole;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(100));
    stop.request_stop();
  });
  const auto began = Clock::now();
  HttpResult result = make_poco_transport({})->send(get(fmt::format("https://127.0.0.1:{}/", hole.port())),
                                                    Call{stop.get_token(), std::nullopt});
  EXPECT_EQ(result.failure.kind, Kind::cancelled) << result.failure.detail;
  EXPECT_FALSE(result.failure.sent);
  EXPECT_LE(Clock::now() - began, milliseconds(100) + kGrace);
}

TEST(Connect, AnUnknownNameSaysSo) {
  HttpResult result = make_poco_transport({})->send(get("https://no-such-host.invalid/"), within(milliseconds(5'000)));
  EXPECT_TRUE(result.failure.kind == Kind::resolve || result.failure.kind == Kind::timeout) << result.failure.detail;
  EXPECT_FALSE(result.failure.sent);
  EXPECT_NE(result.failure.detail.find("no-such-host.invalid"), std::string::npos) << result.failure.detail;
}

class Deadline : public Transport {};
INSTANTIATE_TEST_SUITE_P(Wires, Deadline, ::testing::Bool(), wire_name);

TEST_P(Deadline, ACallThatIsOverSendsNothing) {
  HostileServer server(serving(tls()));
  EXPECT_EQ(send(get(server.url()), milliseconds(-1)).failure.kind, Kind::timeout);
  std::stop_source stop;
  stop.request_stop();
  HttpResult result = transport_->send(get(server.url()), Call{stop.get_token(), std::nullopt});
  EXPECT_EQ(result.failure.kind, Kind::cancelled);
  EXPECT_FALSE(result.failure.sent);
  EXPECT_EQ(server.connections(), 0);
  // And on a connection that is there.
  EXPECT_EQ(status_of(send(get(server.url()))), 200);
  EXPECT_EQ(send(get(server.url()), milliseconds(-1)).failure.kind, Kind::timeout);
  EXPECT_EQ(server.executed(), 1);
}

// A request that lingers goes on when it has been sent, and only then.
TEST_P(Deadline, OnlyWhatWasSentLingers) {
  HostileServer server(serving(tls(), [](const ServedRequest&) {
    Reply reply;
    reply.script = {{Do::wait, {}, milliseconds(400)}, {Do::send, reply_text({}), {}}};
    return reply;
  }));
  HttpRequest request = post(server.url());
  std::atomic<int> began = 0;
  std::stop_source enough;
  request.linger = HttpLinger{milliseconds(1'000), [&] { ++began; }, enough.get_token()};
  EXPECT_EQ(status_of(transport_->send(request, within(milliseconds(150)))), 200);
  EXPECT_EQ(began, 1);
  EXPECT_EQ(status_of(transport_->send(get(server.url()), within(milliseconds(2'000)))), 200);
  EXPECT_EQ(server.connections(), 1) << "it is as good as any other";

  request.linger->time = milliseconds(100);
  const auto asked = Clock::now();
  const HttpResult late = transport_->send(request, within(milliseconds(150)));
  EXPECT_EQ(late.failure.kind, Kind::timeout) << late.failure.detail;
  EXPECT_TRUE(late.failure.sent);
  EXPECT_LE(Clock::now() - asked, milliseconds(250) + kGrace);

  EXPECT_EQ(transport_->send(request, within(milliseconds(-1))).failure.kind, Kind::timeout);
  EXPECT_EQ(server.executed(), 3);

  request.linger->time = milliseconds(1'000);
  request.linger->began = [&] { enough.request_stop(); };
  const auto again = Clock::now();
  EXPECT_EQ(transport_->send(request, within(milliseconds(150))).failure.kind, Kind::timeout);
  EXPECT_LE(Clock::now() - again, milliseconds(150) + kGrace);

  BlackHole hole;
  HttpRequest nowhere = post(fmt::format("http://127.0.0.1:{}/", hole.port()));
  nowhere.linger = HttpLinger{milliseconds(5'000), nullptr, {}};
  const auto dialled = Clock::now();
  EXPECT_FALSE(transport_->send(nowhere, within(milliseconds(150))).failure.sent);
  EXPECT_LE(Clock::now() - dialled, milliseconds(150) + kGrace);
}

TEST_P(Deadline, AStopEndsTheWaitForAnAnswer) {
  HostileServer server(serving(tls(), [](const ServedRequest&) {
    Reply reply;
    reply.script = {{Do::stall, {}, {}}};
    return reply;
  }));
  std::stop_source stop;
  Clock::time_point stopped;
  std::jthread stopper([&] {
    while (server.executed() == 0) std::this_thread::sleep_for(milliseconds(5));
    std::this_thread::sleep_for(milliseconds(30));
    stopped = Clock::now();
    stop.request_stop();
  });
  HttpResult result = transport_->send(post(server.url()), Call{stop.get_token(), std::nullopt});
  EXPECT_EQ(result.failure.kind, Kind::cancelled) << result.failure.detail;
  EXPECT_TRUE(result.failure.sent);
  const auto ended = Clock::now();
  stopper.join();
  EXPECT_GE(ended, stopped);
  EXPECT_LE(ended - stopped, kGrace);
}

TEST_P(Deadline, APeerThatDoesNotReadTakesTheDeadline) {
  ServerSetup setup = serving(tls());
  setup.ambush = [](int) { return Ambush{Ambush::Where::request_body, {{Do::stall, {}, {}}}}; };
  HostileServer server(std::move(setup));
  const HttpRequest request = post(server.url(), std::string(16U << 20U, 'x'));
  const auto began = Clock::now();
  HttpResult result = send(request, milliseconds(600));
  EXPECT_EQ(result.failure.kind, Kind::timeout) << result.failure.detail;
  EXPECT_TRUE(result.failure.sent);
  EXPECT_LE(Clock::now() - began, milliseconds(600) + kGrace);
}

// A deadline that strikes one request leaves the others alone, and a later one does not hide an earlier.
TEST_P(Deadline, EachRequestHasItsOwn) {
  HostileServer server(serving(tls(), [](const ServedRequest& request) {
    Reply reply;
    if (request.target == "/stall") reply.script = {{Do::stall, {}, {}}};
    if (request.target == "/slow") std::this_thread::sleep_for(milliseconds(400));
    return reply;
  }));
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_EQ(status_of(send(get(server.url("/slow")))), 200); });
  for (int k = 4; k >= 1; --k)
    threads.emplace_back([&, k] {
      const auto began = Clock::now();
      const milliseconds mine(80 * k);
      HttpResult result = send(get(server.url("/stall")), mine);
      EXPECT_EQ(result.failure.kind, Kind::timeout);
      EXPECT_GE(Clock::now() - began, mine);
      EXPECT_LE(Clock::now() - began, mine + kGrace);
    });
}

// Stops and deadlines that meet the end of the request from every side.
TEST_P(Deadline, RacesEndInOneOfTheTwoWays) {
  ServerSetup setup = serving(tls());
  setup.latency = milliseconds(3);
  HostileServer server(std::move(setup));
  for (int k = 0; k < 60; ++k) {
    std::stop_source stop;
    std::jthread stopper([&stop, k] {
      std::this_thread::sleep_for(std::chrono::microseconds(2'500 + 30 * k));
      stop.request_stop();
    });
    Call call = within(std::chrono::milliseconds(4));
    call.stop = stop.get_token();
    HttpResult result = transport_->send(get(server.url()), call);
    if (!result.response) {
      EXPECT_TRUE(result.failure.kind == Kind::cancelled || result.failure.kind == Kind::timeout)
          << result.failure.detail;
    }
  }
  EXPECT_EQ(status_of(send(get(server.url()))), 200);
}

}  // namespace
}  // namespace lockstep::testing
