// Every fault at every stage, on plain connections and TLS, for a request that may be sent twice and for one that may
// not. The fault strikes once: whoever sends again, succeeds. A cell states what comes of it, how many attempts were
// made, how often the server executed the request, and that the deadline was kept.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <optional>
#include <ostream>

#include "engines/workspace/http/transport.h"
#include "engines/workspace/http_client.h"
#include "tests/faults/hostile_server.h"
#include "tests/faults/packed.h"

namespace lockstep::testing {
namespace {

using Kind = HttpFailure::Kind;
using Do = Wire::Do;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// What stalls takes the whole deadline; the rest gets one that a busy machine does not miss.
constexpr milliseconds kShort{500};
constexpr milliseconds kLong{5'000};
constexpr milliseconds kGrace{250};

struct Outcome {
  int status = 0;            // of a response, or
  std::optional<Kind> kind;  // of a failure
  int attempts = 1;
  int executed = 0;
  bool may_have_run = false;
};

Outcome status(int code, int attempts, int executed, bool may_have_run = false) {
  return {code, std::nullopt, attempts, executed, may_have_run};
}
Outcome fails(Kind kind, int attempts, int executed, bool may_have_run = false) {
  return {0, kind, attempts, executed, may_have_run};
}

struct Fault {
  std::string name;
  Ambush ambush;  // of the first connection
  Script script;  // instead of the first answer
  std::optional<Reply> reply;
  Outcome get;
  Outcome submit;
  enum class On { both, plain, tls };
  On on = On::both;
};

std::string head(std::string_view more = "Content-Length: 100\r\n") {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{}\r\n", more);
}
Wire say(std::string bytes) {
  return {Do::send, std::move(bytes), {}};
}
Wire drip(std::string bytes) {
  return {Do::drip, std::move(bytes), milliseconds(15)};
}
const Wire kHear{Do::hear, {}, {}};
const Wire kStall{Do::stall, {}, {}};
const Wire kReset{Do::reset, {}, {}};
const Wire kFinish{Do::finish, {}, {}};
const Wire kCut{Do::cut, {}, {}};
const std::string kNoise(64, '\x07');
const std::string kHalf = std::string(10, '{');

// Retried by who may; ambiguous for a submit.
const Outcome kAgainAfterRun = status(200, 2, 2);
const Outcome kAgainUnrun = status(200, 2, 1);

void at_accept(std::vector<Fault>& faults) {
  auto add = [&](const std::string& name, Script script, Kind plain_kind, bool stalls) {
    const Ambush ambush{Ambush::Where::accept, std::move(script)};
    // Plain: the request went out, and nobody knows how far it came.
    faults.push_back({name,
                      ambush,
                      {},
                      {},
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      fails(stalls ? Kind::timeout : plain_kind, 1, 0, true),
                      Fault::On::plain});
    // TLS: the handshake never ended, so nothing was sent: even a submit goes again.
    faults.push_back({name,
                      ambush,
                      {},
                      {},
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      Fault::On::tls});
  };
  add("accept_reset", {kHear, kReset}, Kind::closed, false);
  add("accept_finish", {kHear, kCut}, Kind::closed, false);
  add("accept_stall", {kStall}, Kind::timeout, true);
  add("accept_garbage", {{Do::plain, kNoise, {}}, kCut}, Kind::garbage, false);
}

void at_handshake(std::vector<Fault>& faults) {
  auto add = [&](std::string name, Script script, bool stalls) {
    faults.push_back({std::move(name),
                      {Ambush::Where::handshake, std::move(script)},
                      {},
                      {},
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      Fault::On::tls});
  };
  add("handshake_reset", {kReset}, false);
  add("handshake_finish", {kCut}, false);
  add("handshake_stall", {kStall}, true);
  add("handshake_garbage", {{Do::plain, kNoise, {}}, kCut}, false);
  // The start of a record of 4096 bytes, and then a byte now and then.
  Script slow{{Do::plain, std::string("\x16\x03\x03\x10\x00\x02\x00\x00\x4d", 9), {}}};
  for (int k = 0; k < 60; ++k) {
    slow.push_back({Do::wait, {}, milliseconds(15)});
    slow.push_back({Do::plain, "x", {}});
  }
  add("handshake_drip", std::move(slow), true);
}

void at_request_body(std::vector<Fault>& faults) {
  auto add = [&](std::string name, Script script, Kind kind, bool stalls) {
    faults.push_back({std::move(name),
                      {Ambush::Where::request_body, std::move(script)},
                      {},
                      {},
                      stalls ? fails(Kind::timeout, 1, 0) : kAgainUnrun,
                      fails(kind, 1, 0, true)});
  };
  add("request_reset", {kReset}, Kind::closed, false);
  add("request_finish", {kFinish}, Kind::closed, false);
  add("request_cut", {kCut}, Kind::closed, false);
  add("request_stall", {kStall}, Kind::timeout, true);
  add("request_garbage", {say(kNoise), kFinish}, Kind::garbage, false);
}

// The request was executed; its answer is spoilt.
void in_the_answer(std::vector<Fault>& faults) {
  auto add = [&](std::string name, Script script, Kind kind) {
    const bool stalls = kind == Kind::timeout;
    const bool large = kind == Kind::too_large;
    faults.push_back({std::move(name),
                      {},
                      std::move(script),
                      {},
                      stalls  ? fails(kind, 1, 1)
                      : large ? fails(kind, 1, 1)
                              : kAgainAfterRun,
                      fails(kind, 1, 1, true)});
  };
  add("status_reset", {kReset}, Kind::closed);
  add("status_finish", {kFinish}, Kind::closed);
  add("status_stall", {kStall}, Kind::timeout);
  add("status_drip", {drip(head())}, Kind::timeout);
  add("status_cut", {say("HTTP/1.1 20"), kFinish}, Kind::closed);
  add("status_partial_reset", {say("HTTP/1.1 20"), {Do::wait, {}, milliseconds(20)}, kReset}, Kind::closed);
  add("status_garbage", {say(kNoise), kStall}, Kind::garbage);
  add("status_other_protocol", {say("SSH-2.0-OpenSSH_9.2\r\n"), kStall}, Kind::garbage);
  add("status_no_number", {say("HTTP/1.1 OK\r\n\r\n"), kFinish}, Kind::garbage);
  add("status_endless", {say("HTTP/1.1 200 " + std::string(20'000, 'a')), kStall}, Kind::garbage);
  add("interim_stall", {say("HTTP/1.1 100 Continue\r\n\r\n"), kStall}, Kind::timeout);
  add("headers_finish", {say("HTTP/1.1 200 OK\r\nContent-Le"), kFinish}, Kind::closed);
  add("headers_reset", {say("HTTP/1.1 200 OK\r\nA: b\r\n"), {Do::wait, {}, milliseconds(20)}, kReset}, Kind::closed);
  add("headers_stall", {say("HTTP/1.1 200 OK\r\nA: b\r\n"), kStall}, Kind::timeout);
  add("headers_drip", {say("HTTP/1.1 200 OK\r\n"), drip("A: " + std::string(200, 'b'))}, Kind::timeout);
  add("headers_garbage", {say("HTTP/1.1 200 OK\r\n\x01\x02\x03\r\n\r\n"), kStall}, Kind::garbage);
  add("headers_endless", {say("HTTP/1.1 200 OK\r\nA: " + std::string(400'000, 'b')), kStall}, Kind::garbage);
  add("length_not_a_number", {say(head("Content-Length: ten\r\n")), kStall}, Kind::garbage);
  add("length_twice", {say(head("Content-Length: 2\r\nContent-Length: 3\r\n") + "{} "), kStall}, Kind::garbage);
  add("length_negative", {say(head("Content-Length: -1\r\n")), kStall}, Kind::garbage);
  add("length_huge", {say(head("Content-Length: 18446744073709551615\r\n")), kStall}, Kind::too_large);
  add("body_cut", {say(head() + kHalf), kFinish}, Kind::cut);
  add("body_cut_rudely", {say(head() + kHalf), kCut}, Kind::cut);
  add("body_reset", {say(head() + kHalf), {Do::wait, {}, milliseconds(20)}, kReset}, Kind::cut);
  add("body_none", {say(head()), kFinish}, Kind::cut);
  add("body_stall", {say(head() + kHalf), kStall}, Kind::timeout);
  add("body_drip", {say(head()), drip(std::string(100, '{'))}, Kind::timeout);
  const std::string chunked = head("Transfer-Encoding: chunked\r\n");
  add("chunk_cut", {say(chunked + "a\r\n01234"), kFinish}, Kind::cut);
  add("chunk_none_more", {say(chunked + "5\r\n01234\r\n"), kFinish}, Kind::cut);
  add("chunk_last_not_ended", {say(chunked + "5\r\n01234\r\n0\r\n"), kFinish}, Kind::cut);
  add("chunk_size_cut", {say(chunked + "5\r\n01234\r\n1"), kFinish}, Kind::cut);
  add("chunk_reset", {say(chunked + "a\r\n01234"), {Do::wait, {}, milliseconds(20)}, kReset}, Kind::cut);
  add("chunk_stall", {say(chunked + "a\r\n01234"), kStall}, Kind::timeout);
  add("chunk_drip", {say(chunked), drip(std::string(90, '0') + "a\r\n0123456789\r\n0\r\n")}, Kind::timeout);
  add("chunk_garbage", {say(chunked + "zz\r\n01234\r\n"), kStall}, Kind::garbage);
  add("chunk_longer", {say(chunked + "2\r\n01234\r\n0\r\n\r\n"), kStall}, Kind::garbage);
  add("chunk_huge", {say(chunked + "ffffffffffffffff\r\n"), kStall}, Kind::too_large);
  add("chunk_too_huge", {say(chunked + "1ffffffffffffffff\r\n"), kStall}, Kind::garbage);
  add("coding_unknown", {say(head("Content-Encoding: br\r\nContent-Length: 2\r\n") + "{}"), kStall}, Kind::garbage);
  add("gzip_garbage", {say(head("Content-Encoding: gzip\r\nContent-Length: 2\r\n") + "{}"), kStall}, Kind::garbage);
  const std::string packed = gzip(R"({"a": 1})");
  add("gzip_cut",
      {say(head(fmt::format("Content-Encoding: gzip\r\nContent-Length: {}\r\n", packed.size() - 4)) +
           packed.substr(0, packed.size() - 4)),
       kStall},
      Kind::cut);
  // A body of unknown length ends with the connection; a TLS stream that is broken off did not end.
  faults.push_back({"until_end_cut",
                    {},
                    {say(head("") + kHalf), kCut},
                    {},
                    kAgainAfterRun,
                    fails(Kind::cut, 1, 1, true),
                    Fault::On::tls});
  faults.push_back({"until_end", {}, {say(head("") + kHalf), kFinish}, {}, status(200, 1, 1), status(200, 1, 1)});
  faults.push_back({"until_end_reset",
                    {},
                    {say(head("") + kHalf), {Do::wait, {}, milliseconds(20)}, kReset},
                    {},
                    kAgainAfterRun,
                    fails(Kind::cut, 1, 1, true)});
}

void statuses(std::vector<Fault>& faults) {
  auto add = [&](std::string name, Reply reply, Outcome get, Outcome submit) {
    faults.push_back({std::move(name), {}, {}, std::move(reply), get, submit});
  };
  auto reply = [](int code, std::vector<std::pair<std::string, std::string>> headers = {}, std::string body = "{}") {
    Reply made;
    made.status = code;
    made.headers = std::move(headers);
    made.body = std::move(body);
    return made;
  };
  add("throttled", reply(429), kAgainAfterRun, kAgainAfterRun);
  add("throttled_for", reply(429, {{"Retry-After", "0.1"}}), kAgainAfterRun, kAgainAfterRun);
  add("throttled_for_long", reply(429, {{"Retry-After", "60"}}), status(429, 1, 1), status(429, 1, 1));
  add("unavailable", reply(503), kAgainAfterRun, status(503, 1, 1, true));
  add("unavailable_for", reply(503, {{"Retry-After", "0"}}), kAgainAfterRun, kAgainAfterRun);
  add("unavailable_for_long", reply(503, {{"Retry-After", "60"}}), status(503, 1, 1), status(503, 1, 1));
  add("unavailable_for_nonsense", reply(503, {{"Retry-After", "soon"}}), kAgainAfterRun, status(503, 1, 1, true));
  add("internal", reply(500), kAgainAfterRun, status(500, 1, 1, true));
  add("bad_gateway", reply(502), kAgainAfterRun, status(502, 1, 1, true));
  add("gateway_timeout", reply(504), kAgainAfterRun, status(504, 1, 1, true));
  add("unauthenticated", reply(401), status(401, 1, 1), status(401, 1, 1));
  add("forbidden", reply(403), status(403, 1, 1), status(403, 1, 1));
  add("bad_request", reply(400), status(400, 1, 1), status(400, 1, 1));
  add("html", reply(200, {{"Content-Type", "text/html"}}, "<html>log in</html>"), status(200, 1, 1), status(200, 1, 1));
  add("redirect", reply(302, {{"Location", "/elsewhere"}}), status(302, 1, 1), status(302, 1, 1));
  add("redirect_same_method", reply(307, {{"Location", "/elsewhere"}}), status(307, 1, 1), status(307, 1, 1));
  Reply chunked = reply(200, {}, std::string(50'000, 'x'));
  chunked.chunked = true;
  add("well_chunked", chunked, status(200, 1, 1), status(200, 1, 1));
}

struct Cell {
  Fault fault;
  bool tls = false;
  RequestClass what = RequestClass::idempotent;
};

std::vector<Cell> cells() {
  std::vector<Fault> faults;
  at_accept(faults);
  at_handshake(faults);
  at_request_body(faults);
  in_the_answer(faults);
  statuses(faults);
  std::vector<Cell> made;
  for (const Fault& fault : faults)
    for (const bool tls : {false, true})
      for (const RequestClass what : {RequestClass::idempotent, RequestClass::submit})
        if (fault.on == Fault::On::both || (fault.on == Fault::On::tls) == tls) made.push_back({fault, tls, what});
  return made;
}

void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.fault.name;
}

std::string cell_name(const ::testing::TestParamInfo<Cell>& info) {
  return fmt::format("{}_{}_{}", info.param.fault.name, info.param.tls ? "tls" : "plain",
                     info.param.what == RequestClass::submit ? "submit" : "get");
}

RetryPace fast() {
  RetryPace pace;
  pace.first = milliseconds(10);
  pace.longest = milliseconds(50);
  pace.max_attempts_idempotent = 3;
  pace.jitter = [] { return 0.0; };
  return pace;
}

HttpRequest request(const std::string& url, RequestClass what) {
  HttpRequest made;
  made.url = url;
  made.ca_file = ca_file();
  if (what == RequestClass::submit) {
    made.method = "POST";
    made.body = std::string(20'000, 's');
  }
  made.headers = {{"Authorization", "Bearer secret-token"}};
  return made;
}

class FaultTable : public ::testing::TestWithParam<Cell> {};

TEST_P(FaultTable, EndsAsStated) {
  const Cell& cell = GetParam();
  const bool submit = cell.what == RequestClass::submit;
  const Outcome& expected = submit ? cell.fault.submit : cell.fault.get;
  ServerSetup setup;
  setup.tls = cell.tls;
  setup.handler = [&](const ServedRequest& served) {
    Reply reply;
    reply.body = R"({"fine": true})";
    if (served.number == 1 && cell.fault.reply) reply = *cell.fault.reply;
    if (served.number == 1) reply.script = cell.fault.script;
    return reply;
  };
  setup.ambush = [&](int connection) { return connection == 1 ? cell.fault.ambush : Ambush{}; };
  HostileServer server(std::move(setup));
  HttpClient client(make_poco_transport({}), fast());

  const HttpRequest sent = request(server.url("/statement"), cell.what);
  const milliseconds deadline = expected.kind == Kind::timeout ? kShort : kLong;
  Call call;
  const auto began = Clock::now();
  call.deadline = began + deadline;
  HttpAnswer answer = client.send(sent, cell.what, call);
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);

  EXPECT_LE(took, deadline + kGrace);
  if (expected.kind == Kind::timeout) {
    EXPECT_GE(took, deadline);
  }
  if (answer.response) {
    EXPECT_EQ(answer.response->status, expected.status) << answer.response->body;
  } else {
    ASSERT_TRUE(expected.kind) << "kind " << static_cast<int>(answer.failure.kind) << ": " << answer.failure.detail;
    EXPECT_EQ(answer.failure.kind, *expected.kind) << answer.failure.detail;
    EXPECT_NE(answer.failure.detail.find("127.0.0.1"), std::string::npos) << answer.failure.detail;
  }
  EXPECT_EQ(answer.response.has_value(), !expected.kind.has_value());
  EXPECT_EQ(answer.attempts, expected.attempts) << answer.failure.detail;
  EXPECT_EQ(server.executed(), expected.executed);
  EXPECT_EQ(server.executed("/elsewhere"), 0);
  EXPECT_EQ(answer.may_have_run, expected.may_have_run);
  EXPECT_EQ(answer.failure.detail.find("secret-token"), std::string::npos);
  if (submit && answer.may_have_run) {
    EXPECT_LE(server.executed(), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, FaultTable, ::testing::ValuesIn(cells()), cell_name);

}  // namespace
}  // namespace lockstep::testing
