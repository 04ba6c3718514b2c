// Through a proxy, and past it.
#include <fmt/format.h>

#include "tests/faults/transport_fixture.h"
#include "tests/faults/tunnel_proxy.h"

namespace lockstep::testing {
namespace {

TransportSettings through(const TunnelProxy& proxy, std::string_view user = {}) {
  TransportSettings settings;
  settings.https_proxy = fmt::format("http://{}127.0.0.1:{}", user, proxy.port());
  settings.http_proxy = settings.https_proxy;
  return settings;
}

TEST(ThroughAProxy, TlsGoesThroughATunnelAndStaysVerified) {
  TunnelProxy proxy;
  HostileServer server(serving(true));
  std::unique_ptr<HttpTransport> transport = make_poco_transport(through(proxy, "user:pa%40ss@"));
  HttpRequest request = get(server.url("/", "localhost"));
  request.headers = {{"Authorization", "Bearer secret-token"}};
  for (int k = 0; k < 5; ++k) EXPECT_EQ(status_of(transport->send(request, within(milliseconds(3'000)))), 200);
  EXPECT_EQ(server.executed(), 5);
  ASSERT_EQ(proxy.heads().size(), 1U);  // the tunnel is kept, too
  const std::string head = proxy.heads()[0];
  EXPECT_TRUE(head.starts_with(fmt::format("CONNECT localhost:{} HTTP/1.1\r\n", server.port()))) << head;
  EXPECT_NE(head.find("Proxy-Authorization: Basic dXNlcjpwYUBzcw==\r\n"), std::string::npos) << head;  // user:pa@ss
  EXPECT_EQ(head.find("secret-token"), std::string::npos) << head;

  ServerSetup wrong = serving(true);
  wrong.certificate = Certificate::wrong_name;
  HostileServer other(std::move(wrong));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    HttpResult result = transport->send(get(other.url("/", host)), within(milliseconds(3'000)));
    EXPECT_EQ(result.failure.kind, Kind::certificate) << result.failure.detail;
  }
  EXPECT_EQ(status_of(transport->send(get(server.url("/", "127.0.0.1")), within(milliseconds(3'000)))), 200);
}

TEST(ThroughAProxy, PlainRequestsNameTheWholeUrl) {
  TunnelProxy proxy;
  std::unique_ptr<HttpTransport> transport = make_poco_transport(through(proxy, "u:p@"));
  HttpResult result = transport->send(get("http://example.invalid/a?b=c"), within(milliseconds(3'000)));
  ASSERT_EQ(status_of(result), 200);
  EXPECT_EQ(result.response->body, "proxy");
  ASSERT_EQ(proxy.heads().size(), 1U);
  EXPECT_TRUE(proxy.heads()[0].starts_with("GET http://example.invalid/a?b=c HTTP/1.1\r\nHost: example.invalid\r\n"));
  EXPECT_NE(proxy.heads()[0].find("Proxy-Authorization: Basic dTpw\r\n"), std::string::npos);
}

TEST(ThroughAProxy, NoProxyGoesPastIt) {
  TunnelProxy proxy;
  HostileServer server(serving(true));
  TransportSettings settings = through(proxy);
  settings.no_proxy = "example.com,127.0.0.1";
  std::unique_ptr<HttpTransport> transport = make_poco_transport(settings);
  EXPECT_EQ(status_of(transport->send(get(server.url()), within(milliseconds(3'000)))), 200);
  EXPECT_TRUE(proxy.heads().empty());
  EXPECT_EQ(status_of(transport->send(get(server.url("/", "localhost")), within(milliseconds(3'000)))), 200);
  EXPECT_EQ(proxy.heads().size(), 1U);
}

TEST(ThroughAProxy, ARefusedTunnelIsNoAnswerOfTheServerAndSentNothing) {
  HostileServer server(serving(true));
  struct Case {
    std::string refusal;
    std::string says;
  };
  for (const Case& one :
       {Case{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "407"},
        Case{"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", "503"},
        Case{"HTTP/1.1 200 OK\r\n\r\nnoise in the tunnel", "tunnel"}, Case{"SSH-2.0\r\n", "not HTTP"}}) {
    TunnelProxy proxy(one.refusal);
    HttpResult result =
        make_poco_transport(through(proxy, "user:hidden@"))->send(post(server.url()), within(milliseconds(3'000)));
    EXPECT_FALSE(result.response);
    EXPECT_EQ(result.failure.kind, Kind::connect) << result.failure.detail;
    EXPECT_FALSE(result.failure.sent);
    EXPECT_NE(result.failure.detail.find(one.says), std::string::npos) << result.failure.detail;
    EXPECT_NE(result.failure.detail.find("proxy"), std::string::npos) << result.failure.detail;
    EXPECT_EQ(result.failure.detail.find("hidden"), std::string::npos) << result.failure.detail;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(ThroughAProxy, AMissingOrSilentProxyIsNamed) {
  RefusingPort port;
  TransportSettings settings;
  settings.https_proxy = fmt::format("user:hidden@127.0.0.1:{}", port.port());
  HttpResult result = make_poco_transport(settings)->send(get("https://example.invalid/"), within(milliseconds(2'000)));
  EXPECT_EQ(result.failure.kind, Kind::connect);
  EXPECT_NE(result.failure.detail.find(fmt::format("the proxy 127.0.0.1:{}", port.port())), std::string::npos)
      << result.failure.detail;
  EXPECT_EQ(result.failure.detail.find("hidden"), std::string::npos);

  BlackHole hole;
  settings.https_proxy = fmt::format("127.0.0.1:{}", hole.port());
  const auto began = Clock::now();
  result = make_poco_transport(settings)->send(get("https://example.invalid/"), within(milliseconds(200)));
  EXPECT_EQ(result.failure.kind, Kind::timeout);
  EXPECT_LE(Clock::now() - began, milliseconds(200) + kGrace);

  HostileServer silent([] {
    ServerSetup setup = serving(false);
    setup.ambush = [](int) { return Ambush{Ambush::Where::accept, {{Do::stall, {}, {}}}}; };
    return setup;
  }());
  settings.https_proxy = fmt::format("127.0.0.1:{}", silent.port());
  result = make_poco_transport(settings)->send(get("https://example.invalid/"), within(milliseconds(200)));
  EXPECT_EQ(result.failure.kind, Kind::timeout);
  EXPECT_FALSE(result.failure.sent);
}

TEST(ThroughAProxy, SettingsThatCannotBeUsedSayWhy) {
  for (const char* text :
       {"socks5://127.0.0.1:1", "https://user:hidden@127.0.0.1:1", "http://user:hidden@", "http://a b"}) {
    TransportSettings settings;
    settings.https_proxy = text;
    HttpResult result = make_poco_transport(settings)->send(get("https://example.invalid/"), within(milliseconds(500)));
    EXPECT_EQ(result.failure.kind, Kind::bad_url) << text;
    EXPECT_NE(result.failure.detail.find("HTTPS_PROXY"), std::string::npos) << result.failure.detail;
    EXPECT_EQ(result.failure.detail.find("hidden"), std::string::npos) << result.failure.detail;
  }
}

TEST(ThroughAProxy, CredentialsOverHttpDoNotLeaveTheMachine) {
  TransportSettings settings;
  settings.http_proxy = "http://proxy.invalid:3128";
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers = {{"Authorization", "Bearer secret"}};
  HttpResult result = make_poco_transport(settings)->send(request, within(milliseconds(500)));
  EXPECT_EQ(result.failure.kind, Kind::bad_url);
  EXPECT_NE(result.failure.detail.find("NO_PROXY"), std::string::npos) << result.failure.detail;
}

}  // namespace
}  // namespace lockstep::testing
