// What goes out and what comes in when nothing is wrong, and what is refused before anything goes out.
#include <algorithm>

#include "tests/faults/packed.h"
#include "tests/faults/transport_fixture.h"

namespace lockstep::testing {
namespace {

class Exchange : public Transport {};
INSTANTIATE_TEST_SUITE_P(Wires, Exchange, ::testing::Bool(), wire_name);

TEST_P(Exchange, SendsTheRequestAsItWasGiven) {
  std::vector<ServedRequest> seen;
  std::mutex mutex;
  HostileServer server(serving(tls(), [&](const ServedRequest& request) {
    std::lock_guard lock(mutex);
    seen.push_back(request);
    Reply reply;
    reply.status = 201;
    reply.headers = {{"X-Request-Id", "abc"}, {"x-twice", "1"}, {"X-Twice", "2"}};
    reply.body = "body";
    return reply;
  }));
  HttpRequest request = post(server.url("/api/2.1/tables/a%2Fb.c%20d?x=%2F&y=+1"));
  request.headers.emplace_back("Authorization", "Bearer t");
  HttpResult result = send(request);
  ASSERT_EQ(status_of(result), 201);
  EXPECT_EQ(result.response->body, "body");
  EXPECT_EQ(result.response->header("x-request-ID"), "abc");
  EXPECT_EQ(result.response->header("X-TWICE"), "1");
  EXPECT_EQ(result.response->header("x-other"), std::nullopt);
  EXPECT_EQ(result.peer_certificate_expiry.empty(), !tls());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].target, "/api/2.1/tables/a%2Fb.c%20d?x=%2F&y=+1");
  EXPECT_EQ(seen[0].body, request.body);
  EXPECT_EQ(seen[0].header("Host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen[0].header("Accept-Encoding"), "gzip");
  EXPECT_EQ(seen[0].header("User-Agent"), "lockstep");
  EXPECT_EQ(seen[0].header("Authorization"), "Bearer t");
  EXPECT_EQ(seen[0].header("Content-Type"), "application/json");
}

TEST_P(Exchange, ReadsLargeBodiesInEveryForm) {
  std::string large;
  for (int k = 0; k < 40'000; ++k) large += std::to_string(k * 7919) + ",";
  const std::string packed = gzip(large);
  HostileServer server(serving(tls(), [&](const ServedRequest& request) {
    Reply reply;
    reply.body = large;
    if (request.target == "/chunked") reply.chunked = true, reply.chunk = 10'007;
    if (request.target == "/gzip") reply.body = packed, reply.headers = {{"Content-Encoding", "gzip"}};
    if (request.target == "/members")
      reply.body = gzip(large.substr(0, 1'000)) + gzip(large.substr(1'000)),
      reply.headers = {{"Content-Encoding", "GZIP"}};
    if (request.target == "/deflate") reply.body = zlib(large), reply.headers = {{"Content-Encoding", "deflate"}};
    if (request.target == "/raw") reply.body = raw_deflate(large), reply.headers = {{"Content-Encoding", "deflate"}};
    if (request.target == "/gzip-chunked")
      reply.body = packed, reply.headers = {{"Content-Encoding", "gzip"}}, reply.chunked = true, reply.chunk = 999;
    return reply;
  }));
  for (const char* target : {"/plain", "/chunked", "/gzip", "/members", "/deflate", "/raw", "/gzip-chunked"}) {
    HttpResult result = send(get(server.url(target)));
    ASSERT_EQ(status_of(result), 200) << target;
    EXPECT_TRUE(result.response->body == large) << target << ": " << result.response->body.size();
    EXPECT_FALSE(result.response->header("Content-Encoding")) << target;
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(Exchange, SendsLargeBodies) {
  const std::string large(8U << 20U, 's');
  std::atomic<std::size_t> got = 0;
  HostileServer server(serving(tls(), [&](const ServedRequest& request) {
    got = request.body == large ? request.body.size() : 0;
    return Reply{};
  }));
  EXPECT_EQ(status_of(send(post(server.url(), large))), 200);
  EXPECT_EQ(got, large.size());
}

TEST_P(Exchange, StopsAtTheSizeCap) {
  const std::string bomb = gzip(std::string(50U << 20U, 'a'));
  ASSERT_LT(bomb.size(), 100'000U);
  HostileServer server(serving(tls(), [&](const ServedRequest& request) {
    Reply reply;
    reply.body = std::string(2'000, 'x');
    reply.chunked = request.target == "/chunked";
    reply.chunk = 300;
    if (request.target == "/bomb") reply.body = bomb, reply.headers = {{"Content-Encoding", "gzip"}};
    if (request.target == "/endless")
      reply.script = {{Do::send, "HTTP/1.1 200 OK\r\n\r\n" + reply.body, {}}, {Do::stall, {}, {}}};
    return reply;
  }));
  for (const char* target : {"/length", "/chunked", "/endless", "/bomb"}) {
    HttpRequest request = get(server.url(target));
    request.max_response_bytes = target == std::string("/bomb") ? 1U << 20U : 1'999;
    HttpResult result = send(request);
    EXPECT_FALSE(result.response) << target;
    EXPECT_EQ(result.failure.kind, Kind::too_large) << target << result.failure.detail;
    EXPECT_NE(result.failure.detail.find(std::to_string(request.max_response_bytes)), std::string::npos);
  }
  HttpRequest exact = get(server.url("/length"));
  exact.max_response_bytes = 2'000;
  EXPECT_EQ(status_of(send(exact)), 200);
}

TEST_P(Exchange, KnowsAnswersWithoutABody) {
  HostileServer server(serving(tls(), [](const ServedRequest& request) {
    Reply reply;
    const bool head = request.method == "HEAD";
    reply.script = {{Do::send,
                     head                             ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                     : request.target == "/unchanged" ? "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
                     : request.target == "/interim"
                         ? "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
                         : "HTTP/1.1 204\n\n",
                     {}}};
    return reply;
  }));
  HttpRequest head = get(server.url());
  head.method = "HEAD";
  EXPECT_EQ(status_of(send(head)), 200);
  EXPECT_EQ(status_of(send(get(server.url("/unchanged")))), 304);
  EXPECT_EQ(status_of(send(get(server.url("/interim")))), 204);
  EXPECT_EQ(status_of(send(get(server.url("/short")))), 204);
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(Exchange, FollowsNoRedirect) {
  HostileServer elsewhere(serving(tls()));
  HostileServer server(serving(tls(), [&](const ServedRequest&) {
    Reply reply;
    reply.status = 302;
    reply.headers = {{"Location", elsewhere.url("/login.html")}};
    return reply;
  }));
  HttpResult result = send(get(server.url()));
  EXPECT_EQ(status_of(result), 302);
  EXPECT_EQ(result.response->header("location"), elsewhere.url("/login.html"));
  EXPECT_EQ(elsewhere.connections(), 0);
}

// A server may refuse a large body before it has read it; its reason is worth more than "broken pipe".
TEST_P(Exchange, HearsAnAnswerThatComesBeforeTheRequestIsRead) {
  ServerSetup setup = serving(tls());
  setup.ambush = [](int) {
    return Ambush{Ambush::Where::request_body,
                  {{Do::send, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", {}},
                   {Do::finish, {}, {}}}};
  };
  HostileServer server(std::move(setup));
  EXPECT_EQ(status_of(send(post(server.url(), std::string(100'000, 'x')))), 413);
  EXPECT_EQ(server.executed(), 0);
}

// Writing to a peer that is gone raises SIGPIPE, which ends a process that does not see to it.
TEST_P(Exchange, SurvivesAPeerThatIsGone) {
  ServerSetup setup = serving(tls());
  setup.ambush = [](int) { return Ambush{Ambush::Where::request_body, {{Do::reset, {}, {}}}}; };
  HostileServer server(std::move(setup));
  HttpResult result = send(post(server.url(), std::string(32U << 20U, 'x')));
  EXPECT_EQ(result.failure.kind, Kind::closed);
  EXPECT_TRUE(result.failure.sent);
}

struct Refused {
  std::string what;
  std::function<void(HttpRequest&)> spoil;
};

TEST_P(Exchange, SendsNothingThatCouldMeanSomethingElse) {
  HostileServer server(serving(tls()));
  const std::vector<Refused> all{
      {"line break in a value", [](HttpRequest& r) { r.headers = {{"X-A", "secret\r\nX-B: c"}}; }},
      {"lone LF in a value", [](HttpRequest& r) { r.headers = {{"X-A", "secret\nX-B: c"}}; }},
      {"NUL in a value", [](HttpRequest& r) { r.headers = {{"X-A", std::string("secret\0b", 8)}}; }},
      {"line break in a name", [](HttpRequest& r) { r.headers = {{"X-A: b\r\nX-C", "secret"}}; }},
      {"empty name", [](HttpRequest& r) { r.headers = {{"", "secret"}}; }},
      {"own length", [](HttpRequest& r) { r.headers = {{"content-length", "3"}}; }},
      {"own coding", [](HttpRequest& r) { r.headers = {{"Transfer-Encoding", "chunked"}}; }},
      {"own host", [](HttpRequest& r) { r.headers = {{"HOST", "other"}}; }},
      {"line break in the method", [](HttpRequest& r) { r.method = "GET / HTTP/1.1\r\n"; }},
      {"no method", [](HttpRequest& r) { r.method = ""; }},
      {"blank in the URL", [](HttpRequest& r) { r.url += "a b"; }},
      {"line break in the URL", [](HttpRequest& r) { r.url += "a\r\nX: y"; }},
      {"fragment", [](HttpRequest& r) { r.url += "#a"; }},
      {"user in the URL", [](HttpRequest& r) { r.url = "http://user:secret@127.0.0.1/"; }},
      {"another scheme", [](HttpRequest& r) { r.url = "ftp://127.0.0.1/"; }},
      {"no scheme", [](HttpRequest& r) { r.url = "127.0.0.1/"; }},
      {"port 0", [](HttpRequest& r) { r.url = "http://127.0.0.1:0/"; }},
      {"port too large", [](HttpRequest& r) { r.url = "http://127.0.0.1:65536/"; }},
      {"no host", [](HttpRequest& r) { r.url = "http:///x"; }},
  };
  for (const Refused& one : all) {
    HttpRequest request = get(server.url());
    one.spoil(request);
    HttpResult result = send(request);
    EXPECT_FALSE(result.response) << one.what;
    EXPECT_EQ(result.failure.kind, Kind::bad_url) << one.what;
    EXPECT_FALSE(result.failure.sent) << one.what;
    EXPECT_FALSE(result.failure.detail.empty()) << one.what;
    EXPECT_EQ(result.failure.detail.find("secret"), std::string::npos) << result.failure.detail;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(Credentials, GoOverHttpToLoopbackOnly) {
  std::unique_ptr<HttpTransport> transport = make_poco_transport({});
  for (const char* url : {"http://192.0.2.1/", "http://example.com/", "http://127.0.0.1.example.com/",
                          "http://localhost.example/", "http://[2001:db8::1]/"}) {
    HttpRequest request = get(url);
    request.headers = {{"authorization", "Bearer secret"}};
    HttpResult result = transport->send(request, within(milliseconds(300)));
    EXPECT_EQ(result.failure.kind, Kind::bad_url) << url;
    EXPECT_NE(result.failure.detail.find("https://"), std::string::npos) << result.failure.detail;
  }
  HttpRequest token = post("http://example.com/oidc/v1/token", "grant_type=client_credentials&client_secret=x");
  EXPECT_EQ(transport->send(token, within(milliseconds(300))).failure.kind, Kind::bad_url);
  HostileServer server(serving(false));
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST"}) {
    HttpRequest request = get(server.url("/", host));
    request.headers = {{"Authorization", "Bearer secret"}};
    EXPECT_EQ(status_of(transport->send(request, within(milliseconds(2'000)))), 200) << host;
  }
}

}  // namespace
}  // namespace lockstep::testing
