// Whom TLS believes: nobody whose certificate is not right, on loopback either.
#include <fmt/format.h>

#include "engines/workspace/http_client.h"
#include "tests/faults/transport_fixture.h"

namespace lockstep::testing {
namespace {

struct Refusal {
  std::string name;
  Certificate certificate;
  std::string host = "127.0.0.1";
  bool trusts_the_ca = true;
  std::string says;
};

class Certificates : public ::testing::TestWithParam<Refusal> {};

TEST_P(Certificates, AreRefusedBeforeAnythingIsSentAndNotAskedAgain) {
  const Refusal& refusal = GetParam();
  ServerSetup setup = serving(true);
  setup.certificate = refusal.certificate;
  HostileServer server(std::move(setup));
  HttpRequest request = get(server.url("/", refusal.host));
  request.headers = {{"Authorization", "Bearer secret"}};
  if (!refusal.trusts_the_ca) request.ca_file.clear();
  HttpClient client(make_poco_transport({}));
  for (const RequestClass what : {RequestClass::idempotent, RequestClass::submit}) {
    HttpAnswer answer = client.send(request, what, within(milliseconds(2'000)));
    EXPECT_FALSE(answer.response);
    EXPECT_EQ(answer.failure.kind, Kind::certificate) << answer.failure.detail;
    EXPECT_FALSE(answer.failure.sent);
    EXPECT_FALSE(answer.may_have_run);
    EXPECT_EQ(answer.attempts, 1);
    EXPECT_NE(answer.failure.detail.find(refusal.says), std::string::npos) << answer.failure.detail;
    EXPECT_NE(answer.failure.detail.find(refusal.host), std::string::npos) << answer.failure.detail;
  }
  EXPECT_EQ(server.executed(), 0);
  EXPECT_EQ(server.connections(), 2);
}

INSTANTIATE_TEST_SUITE_P(
    Cells, Certificates,
    ::testing::Values(Refusal{"expired", Certificate::expired, "127.0.0.1", true, "expired"},
                      Refusal{"not_yet", Certificate::not_yet, "127.0.0.1", true, "is the clock right"},
                      Refusal{"self_signed", Certificate::self_signed, "127.0.0.1", true, "self-signed"},
                      Refusal{"wrong_name", Certificate::wrong_name, "127.0.0.1", true, "another.example"},
                      Refusal{"wrong_name_on_localhost", Certificate::wrong_name, "localhost", true,
                              "not for 'localhost' but for another.example"},
                      Refusal{"unknown_ca", Certificate::good, "127.0.0.1", false, "ca_file"}),
    [](const auto& cell) { return cell.param.name; });

TEST(Tls, GoodOnesAreAcceptedByNameAndByAddress) {
  HostileServer server(serving(true));
  std::unique_ptr<HttpTransport> transport = make_poco_transport({});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    HttpResult result = transport->send(get(server.url("/", host)), within(milliseconds(2'000)));
    EXPECT_EQ(status_of(result), 200);
    EXPECT_EQ(result.peer_certificate_expiry.size(), 20U) << result.peer_certificate_expiry;
    EXPECT_TRUE(result.peer_certificate_expiry.ends_with('Z'));
  }
}

TEST(Tls, OldVersionsAreRefused) {
  ServerSetup setup = serving(true);
  setup.newest_tls = TLS1_1_VERSION;
  HostileServer server(std::move(setup));
  HttpResult result = make_poco_transport({})->send(get(server.url()), within(milliseconds(2'000)));
  EXPECT_EQ(result.failure.kind, Kind::handshake) << result.failure.detail;
  EXPECT_FALSE(result.failure.sent);
  setup = serving(true);
  setup.newest_tls = TLS1_2_VERSION;
  HostileServer newer(std::move(setup));
  EXPECT_EQ(status_of(make_poco_transport({})->send(get(newer.url()), within(milliseconds(2'000)))), 200);
}

TEST(Tls, ACaFileThatCannotBeReadIsNamed) {
  HostileServer server(serving(true));
  HttpRequest request = get(server.url());
  request.ca_file = "/no/such/ca.pem";
  HttpResult result = make_poco_transport({})->send(request, within(milliseconds(2'000)));
  EXPECT_EQ(result.failure.kind, Kind::certificate);
  EXPECT_NE(result.failure.detail.find("/no/such/ca.pem"), std::string::npos) << result.failure.detail;
}

TEST(Tls, APlainServerIsNoTlsServer) {
  HostileServer server(serving(false));
  HttpResult result = make_poco_transport({})->send(get(fmt::format("https://127.0.0.1:{}/", server.port())),
                                                    within(milliseconds(400)));
  EXPECT_TRUE(result.failure.kind == Kind::handshake || result.failure.kind == Kind::timeout) << result.failure.detail;
  EXPECT_FALSE(result.failure.sent);
}

}  // namespace
}  // namespace lockstep::testing
