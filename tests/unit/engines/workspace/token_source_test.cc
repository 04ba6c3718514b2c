#include "engines/workspace/token_source.h"

#include <atomic>
#include <thread>

#include "engines/workspace/token_cache.h"
#include "tests/unit/engines/workspace/statement_lab.h"

namespace lockstep::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDiscovery = R"({"token_endpoint": "https:\/\/ws.example\/oidc\/v1\/token"})";

WorkspaceConfig m2m_config() {
  WorkspaceConfig config = pat_config();
  config.method = AuthMethod::oauth_m2m;
  config.credentials = {{"client_id", "the-id"}, {"client_secret", "the-client-secret"}};
  return config;
}

std::string token(const std::string& value, const char* expires = "3600") {
  return fmt::format(R"({{"access_token": "{}", "token_type": "Bearer", "expires_in": {}}})", value, expires);
}

std::string authorization(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "Authorization") return value;
  return {};
}

// ---- OAuth

TEST(OAuth, MachineToMachineDiscoversAndSignsIn) {
  StatementLab lab(m2m_config());
  lab.transport->then(answer_json(kDiscovery))
      .then(answer_json(token("at-1", "\"3600\"")))
      .then(answer_state("SUCCEEDED", one_row()));
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  ASSERT_TRUE(lab.run());
  const auto seen = lab.transport->seen();
  ASSERT_EQ(seen.size(), 4U) << "one token for both";
  EXPECT_EQ(seen[0].request.url, "https://ws.example/oidc/.well-known/oauth-authorization-server");
  EXPECT_EQ(seen[1].request.url, "https://ws.example/oidc/v1/token");
  EXPECT_EQ(seen[1].request.body, "grant_type=client_credentials&scope=all-apis");
  EXPECT_EQ(authorization(seen[1].request), "Basic dGhlLWlkOnRoZS1jbGllbnQtc2VjcmV0");
  EXPECT_EQ(authorization(seen[2].request), "Bearer at-1");
}

TEST(OAuth, ARefusedTokenIsRenewedOnceAndThatIsAll) {
  for (const int status : {401, 403}) {
    StatementLab lab(m2m_config());
    int tokens = 0;
    lab.transport->handle([&](const HttpRequest& request, const Call&) {
      if (request.url.find(".well-known") != std::string::npos) return answer_json(kDiscovery);
      if (request.url.ends_with("/token")) return answer_json(token("at-" + std::to_string(++tokens)));
      return answer_json(fmt::format(R"({{"error_code": {}, "message": "Invalid access token."}})", status), status);
    });
    const Error error = lab.run().error();
    EXPECT_EQ(error.code, "authentication-refused");
    EXPECT_THAT(error.message, AllOf(HasSubstr("authentication"), HasSubstr("Invalid access token")));
    EXPECT_EQ(lab.submits(), 2U);
    EXPECT_EQ(tokens, 2);
  }
}

// The token is one for all threads: a permission that is missing is no reason to take it from the others.
TEST(OAuth, AMissingPermissionCostsNoToken) {
  StatementLab lab(m2m_config());
  int tokens = 0;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url.find(".well-known") != std::string::npos) return answer_json(kDiscovery);
    if (request.url.ends_with("/token")) return answer_json(token("at-" + std::to_string(++tokens)));
    return answer_json(R"({"error_code": "PERMISSION_DENIED", "message": "User lacks CAN USE on the warehouse"})", 403);
  });
  for (int i = 0; i < 3; ++i) {
    const Error error = lab.run().error();
    EXPECT_EQ(error.code, "authentication-refused");
    EXPECT_THAT(error.message, AllOf(HasSubstr("authentication"), HasSubstr("CAN USE")));
  }
  EXPECT_EQ(lab.submits(), 3U);
  EXPECT_EQ(tokens, 1);
}

TEST(OAuth, AnExpiredTokenIsReplacedWithoutAnybodyNoticing) {
  StatementLab lab(m2m_config());
  lab.transport->then(answer_json(kDiscovery))
      .then(answer_json(token("old")))
      .then(answer_json(R"({"message": "expired"})", 401))
      .then(answer_json(kDiscovery))
      .then(answer_json(token("new")))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(authorization(lab.transport->seen().back().request), "Bearer new");
}

TEST(OAuth, RefusedCredentialsAreToldWithoutThem) {
  StatementLab lab(m2m_config());
  lab.transport->then(answer_json(kDiscovery))
      .then(answer_json(R"({"error": "invalid_client", "error_description": "Client authentication failed"})", 400));
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "authentication-refused");
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("authentication"), HasSubstr("invalid_client"), Not(HasSubstr("the-client-secret"))));
  EXPECT_EQ(lab.submits(), 0U);
}

TEST(OAuth, TheSecretGoesToNoPlainAddress) {
  StatementLab lab(m2m_config());
  lab.transport->then(answer_json(R"({"token_endpoint": "http://elsewhere.example/token"})"));
  EXPECT_EQ(lab.run().error().code, "authentication-refused");
  EXPECT_EQ(lab.transport->seen().size(), 1U);
}

TEST(OAuth, WithoutADiscoveryTheWorkspacesOwnEndpointIsUsed) {
  StatementLab lab(m2m_config());
  lab.transport->then(answer(404)).then(answer_json(token("at-1"))).then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(lab.transport->seen()[1].request.url, "https://ws.example/oidc/v1/token");
}

TEST(OAuth, GitHubsIdTokenIsExchanged) {
  WorkspaceConfig config = pat_config();
  config.method = AuthMethod::github_oidc;
  config.credentials = {{"client_id", "the-id"},
                        {"github_token_url", "https://github.example/token?v=1"},
                        {"github_token", "request-token"}};
  StatementLab lab(config);
  lab.transport->then(answer_json(R"({"value": "the.jwt"})"))
      .then(answer_json(token("at-1")))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  const auto seen = lab.transport->seen();
  EXPECT_EQ(seen[0].request.url,
            "https://github.example/token?v=1&audience=https%3A%2F%2Fws.example%2Foidc%2Fv1%2Ftoken");
  EXPECT_EQ(authorization(seen[0].request), "Bearer request-token");
  EXPECT_EQ(seen[1].request.url, "https://ws.example/oidc/v1/token");
  EXPECT_EQ(authorization(seen[1].request), "");
  EXPECT_THAT(seen[1].request.body,
              AllOf(HasSubstr("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"),
                    HasSubstr("subject_token=the.jwt"), HasSubstr("client_id=the-id"), HasSubstr("scope=all-apis")));
}

TEST(OAuth, AnIdTokenOfTheEnvironmentIsExchanged) {
  WorkspaceConfig config = pat_config();
  config.method = AuthMethod::env_oidc;
  config.credentials = {{"oidc_token_env", "MY_JWT"}};
  WorkspaceOptions options = quick_options();
  options.environment = [](const std::string& name) { return name == "MY_JWT" ? "env.jwt\n" : ""; };
  StatementLab lab(config, options);
  lab.transport->then(answer_json(token("at-1"))).then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_THAT(lab.transport->seen()[0].request.body,
              AllOf(HasSubstr("subject_token=env.jwt&"), Not(HasSubstr("client_id"))));
}

TEST(OAuth, AMissingIdTokenSendsNothing) {
  WorkspaceConfig config = pat_config();
  config.method = AuthMethod::env_oidc;
  config.credentials = {{"oidc_token_env", "MY_JWT"}};
  StatementLab lab(config);
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "authentication-refused");
  EXPECT_THAT(error.message, HasSubstr("MY_JWT"));
  EXPECT_TRUE(lab.transport->seen().empty());
}

TEST(OAuth, EntraIsAskedInTheTenantThatTheWorkspaceNames) {
  WorkspaceConfig config = pat_config();
  config.host = "https://adb-1.7.azuredatabricks.net";
  config.method = AuthMethod::azure_client_secret;
  config.credentials = {{"azure_client_id", "a-id"}, {"azure_client_secret", "a-secret-value"}};
  StatementLab lab(config);
  lab.transport
      ->then(answer(302, "", {{"Location", "https://login.microsoftonline.com/tenant-1/oauth2/authorize?x=1"}}))
      .then(answer_json(token("at-1", "\"3599\"")))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  const auto seen = lab.transport->seen();
  EXPECT_EQ(seen[0].request.url, "https://adb-1.7.azuredatabricks.net/aad/auth");
  EXPECT_EQ(seen[1].request.url, "https://login.microsoftonline.com/tenant-1/oauth2/token");
  EXPECT_THAT(seen[1].request.body, AllOf(HasSubstr("resource=2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"),
                                          HasSubstr("client_secret=a-secret-value")));
}

TEST(OAuth, AzuresManagementVouchesForAPrincipalOfAWorkspaceNamedByItsResource) {
  WorkspaceConfig config = pat_config();
  config.host = "https://adb-1.7.databricks.azure.us";
  config.method = AuthMethod::azure_client_secret;
  config.credentials = {{"azure_client_id", "a-id"},
                        {"azure_client_secret", "a-secret-value"},
                        {"azure_tenant_id", "tenant-1"},
                        {"azure_workspace_resource_id", "/subscriptions/1/workspaces/w"}};
  std::vector<std::string> told;
  WorkspaceOptions options = quick_options();
  options.on_secret = [&told](std::string_view, std::string_view value) { told.emplace_back(value); };
  StatementLab lab(config, options);
  int management = 0;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url == "https://login.microsoftonline.us/tenant-1/oauth2/token") {
      const bool own =
          request.body.find("resource=https%3A%2F%2Fmanagement.core.usgovcloudapi.net%2F") != std::string::npos;
      return answer_json(token(own ? fmt::format("mgmt-{}", ++management) : "at-1"));
    }
    EXPECT_EQ(authorization(request), "Bearer at-1");
    std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    EXPECT_EQ(headers["X-Databricks-Azure-Workspace-Resource-Id"], "/subscriptions/1/workspaces/w");
    if (headers["X-Databricks-Azure-SP-Management-Token"] != "mgmt-2")
      return answer_json(R"({"error_code": 401, "message": "Invalid access token."})", 401);
    return answer_state("SUCCEEDED", one_row());
  });
  ASSERT_TRUE(lab.run()) << "a refused one is renewed as well";
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(management, 2) << "fetched once for all requests";
  EXPECT_THAT(told, AllOf(Contains("mgmt-1"), Contains("mgmt-2"), Contains("at-1")));
}

TEST(OAuth, EverySecretIsToldBeforeItIsUsed) {
  std::vector<std::string> told;
  WorkspaceOptions options = quick_options();
  options.on_secret = [&told](std::string_view name, std::string_view value) {
    told.push_back(fmt::format("{}={}", name, value));
  };
  StatementLab lab(m2m_config(), options);
  EXPECT_THAT(told, ElementsAre("client_secret=the-client-secret"));
  lab.transport->then(answer_json(kDiscovery)).then(answer_json(token("at-1")));
  lab.transport->handle([&](const HttpRequest&, const Call&) {
    EXPECT_THAT(told, Contains("access_token=at-1"));
    return answer_state("SUCCEEDED", one_row());
  });
  ASSERT_TRUE(lab.run());
}

// ---- One token for all threads

class Cache : public ::testing::Test {
 protected:
  SteadyTime start_ = std::chrono::steady_clock::now();
  seconds passed_{0};
};

TEST_F(Cache, RenewsBeforeTheExpiry) {
  int fetches = 0;
  CachedTokenSource cache(
      [&](const Call&) -> Result<FetchedToken> { return FetchedToken{"t" + std::to_string(++fetches), seconds(3600)}; },
      nullptr, [this] { return start_ + passed_; });
  EXPECT_EQ(*cache.header({}), "Bearer t1");
  passed_ = seconds(2399);
  EXPECT_EQ(*cache.header({}), "Bearer t1");
  passed_ = seconds(2401);
  EXPECT_EQ(*cache.header({}), "Bearer t2") << "20 minutes before";
}

TEST_F(Cache, AFailedEarlyRenewalKeepsTheOldTokenForAMinute) {
  int fetches = 0;
  bool broken = false;
  CachedTokenSource cache(
      [&](const Call&) -> Result<FetchedToken> {
        ++fetches;
        if (broken) return Error("workspace-unreachable"_code, "down", "wait");
        return FetchedToken{"t", seconds(3600)};
      },
      nullptr, [this] { return start_ + passed_; });
  ASSERT_TRUE(cache.header({}));
  broken = true;
  passed_ = seconds(2500);
  EXPECT_TRUE(cache.header({}));
  EXPECT_TRUE(cache.header({}));
  EXPECT_EQ(fetches, 2);
  passed_ = seconds(2561);
  EXPECT_TRUE(cache.header({}));
  EXPECT_EQ(fetches, 3);
  passed_ = seconds(3570);
  EXPECT_EQ(cache.header({}).error().code, "workspace-unreachable") << "30 s before its expiry it is of no use";
}

TEST_F(Cache, ManyThreadsFetchOnce) {
  std::atomic<int> fetches{0};
  std::atomic<bool> go{false};
  CachedTokenSource cache(
      [&](const Call&) -> Result<FetchedToken> {
        ++fetches;
        while (!go) std::this_thread::yield();
        return FetchedToken{"t", seconds(3600)};
      },
      nullptr);
  std::atomic<int> good{0};
  std::vector<std::jthread> threads;
  threads.reserve(16);
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] {
      const Result<std::string> header = cache.header({});
      if (header && *header == "Bearer t") ++good;
    });
  while (fetches == 0) std::this_thread::yield();
  go = true;
  threads.clear();
  EXPECT_EQ(fetches, 1);
  EXPECT_EQ(good, 16);
}

TEST_F(Cache, WhoeverWaitsMayBeStopped) {
  std::atomic<bool> go{false};
  std::atomic<bool> fetching{false};
  CachedTokenSource cache(
      [&](const Call&) -> Result<FetchedToken> {
        fetching = true;
        while (!go) std::this_thread::yield();
        return FetchedToken{"t", seconds(3600)};
      },
      nullptr);
  std::jthread first([&] { (void)cache.header({}); });
  while (!fetching) std::this_thread::yield();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(cache.header({stop.get_token(), std::nullopt}).error().code, "cancelled");
  EXPECT_EQ(cache.header({{}, std::chrono::steady_clock::now()}).error().code, "timeout");
  go = true;
}

TEST_F(Cache, ATokenThatWasRenewedAlreadyIsNotThrownAway) {
  int fetches = 0;
  CachedTokenSource cache(
      [&](const Call&) -> Result<FetchedToken> { return FetchedToken{"t" + std::to_string(++fetches), seconds(3600)}; },
      nullptr);
  const std::string old = *cache.header({});
  EXPECT_TRUE(cache.renew(old));
  EXPECT_EQ(*cache.header({}), "Bearer t2");
  EXPECT_TRUE(cache.renew(old));
  EXPECT_EQ(*cache.header({}), "Bearer t2");
}

}  // namespace
}  // namespace lockstep::testing
