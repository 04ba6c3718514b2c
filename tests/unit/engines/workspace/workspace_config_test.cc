#include "engines/workspace/workspace_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engines/workspace/host.h"
#include "engines/workspace/profile_file.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Config : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("config_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    variables_["HOME"] = folder_.string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void profiles(const std::string& text) { std::ofstream(folder_ / ".databrickscfg") << text; }
  Result<WorkspaceConfig> resolve(Json settings) {
    settings["warehouse_id"] = "w";
    return resolve_workspace_config(settings, "/runbooks", [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    });
  }
  std::string code(const Json& settings) {
    const Result<WorkspaceConfig> config = resolve(settings);
    return config ? "" : config.error().code;
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(Config, TheRunbookWinsOverEnvironmentAndProfile) {
  profiles("[dr]\nhost = https://profile.example\ntoken = profile-token\n");
  variables_["DATABRICKS_HOST"] = "https://env.example";
  variables_["DATABRICKS_TOKEN"] = "env-token";
  const Result<WorkspaceConfig> config =
      resolve({{"host", "https://runbook.example"}, {"token", "runbook-token"}, {"profile", "dr"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "https://runbook.example");
  EXPECT_EQ(config->credential("token"), "runbook-token");
  EXPECT_EQ(config->origins.at("host"), "the runbook");
  EXPECT_EQ(config->method, AuthMethod::pat);
}

TEST_F(Config, TheEnvironmentWinsOverTheProfileValueByValue) {
  profiles("[dr]\nhost = https://profile.example\ntoken = profile-token\n");
  variables_["DATABRICKS_HOST"] = "https://env.example";
  const Result<WorkspaceConfig> config = resolve({{"profile", "dr"}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->host, "https://env.example");
  EXPECT_EQ(config->origins.at("host"), "DATABRICKS_HOST");
  EXPECT_EQ(config->credential("token"), "profile-token");
  EXPECT_THAT(config->origins.at("token"), HasSubstr("profile dr of"));
}

TEST_F(Config, AHostInTheEnvironmentSwitchesTheFileOff) {
  profiles("[DEFAULT]\nhost = https://profile.example\ntoken = profile-token\n");
  EXPECT_EQ(resolve(Json::object())->host, "https://profile.example");
  variables_["DATABRICKS_HOST"] = "https://env.example";
  EXPECT_EQ(code(Json::object()), "workspace-auth-missing");
  // A profile that is named is read all the same.
  variables_["DATABRICKS_CONFIG_PROFILE"] = "DEFAULT";
  EXPECT_EQ(resolve(Json::object())->credential("token"), "profile-token");
}

TEST_F(Config, AHostInTheRunbookSwitchesTheFileOffToo) {
  profiles("[DEFAULT]\ntoken = profile-token\n");
  EXPECT_EQ(code({{"host", "https://runbook.example"}}), "workspace-auth-missing");
  EXPECT_EQ(code({{"host", "https://runbook.example"}, {"auth_method", "profile"}}), "");
}

TEST_F(Config, ProfilesAreNamedByRunbookEnvironmentAndFile) {
  profiles(
      "[__settings__]\ndefault_profile = a\n[DEFAULT]\nhost=https://d\ntoken=dddd\n[a]\nhost=https://a\ntoken=aaaa\n"
      "[b]\nhost=https://b\ntoken=bbbb\n[c]\nhost=https://c\ntoken=cccc\n[bare]\nhost=https://bare\n");
  EXPECT_EQ(resolve(Json::object())->host, "https://a");
  variables_["DATABRICKS_CONFIG_PROFILE"] = "b";
  EXPECT_EQ(resolve(Json::object())->host, "https://b");
  EXPECT_EQ(resolve({{"profile", "c"}})->host, "https://c");
  EXPECT_EQ(code({{"profile", "bare"}}), "workspace-auth-missing") << "[DEFAULT] is not inherited";
  const Error error = resolve({{"profile", "nowhere"}}).error();
  EXPECT_EQ(error.code, "workspace-profile-unknown");
  EXPECT_THAT(error.message, HasSubstr("DEFAULT, a, b, bare, c"));
}

TEST_F(Config, TheFileMayLieElsewhere) {
  std::ofstream(folder_ / "other.cfg") << "[x]\nhost=https://x\ntoken=xxxx\n";
  variables_["DATABRICKS_CONFIG_FILE"] = (folder_ / "other.cfg").string();
  EXPECT_EQ(resolve({{"profile", "x"}})->host, "https://x");
  variables_["DATABRICKS_CONFIG_FILE"] = (folder_ / "missing.cfg").string();
  EXPECT_EQ(code({{"profile", "x"}}), "workspace-profile-unknown");
}

TEST_F(Config, OneMethodIsChosen) {
  variables_["DATABRICKS_HOST"] = "https://h";
  EXPECT_EQ(code(Json::object()), "workspace-auth-missing");
  variables_["DATABRICKS_CLIENT_ID"] = "id";
  variables_["DATABRICKS_CLIENT_SECRET"] = "client-secret";
  EXPECT_EQ(resolve(Json::object())->method, AuthMethod::oauth_m2m);
  variables_["DATABRICKS_TOKEN"] = "env-token";
  const Error both = resolve(Json::object()).error();
  EXPECT_EQ(both.code, "workspace-auth-invalid");
  EXPECT_THAT(both.message, HasSubstr("more than one authentication method is configured: pat and oauth-m2m"));
  variables_["DATABRICKS_AUTH_TYPE"] = "oauth-m2m";
  EXPECT_EQ(resolve(Json::object())->method, AuthMethod::oauth_m2m);
  EXPECT_EQ(resolve({{"auth_method", "pat"}})->method, AuthMethod::pat);
  EXPECT_EQ(resolve({{"token", "runbook-token"}})->method, AuthMethod::pat) << "the runbook wins over the variable";
  variables_["DATABRICKS_AUTH_TYPE"] = "external-browser";
  EXPECT_EQ(code(Json::object()), "workspace-auth-invalid");
}

TEST_F(Config, FederationIsFoundInTheEnvironment) {
  variables_["DATABRICKS_HOST"] = "https://h";
  variables_["ACTIONS_ID_TOKEN_REQUEST_URL"] = "https://github.example/token";
  variables_["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-token";
  EXPECT_EQ(resolve({{"client_id", "id"}})->method, AuthMethod::github_oidc);
  variables_["DATABRICKS_TOKEN"] = "env-token";
  EXPECT_EQ(resolve(Json::object())->method, AuthMethod::pat) << "every job on GitHub could federate";
  EXPECT_EQ(resolve({{"client_id", "id"}})->method, AuthMethod::github_oidc) << "the runbook asks for it";
  variables_.erase("DATABRICKS_TOKEN");
  variables_.erase("ACTIONS_ID_TOKEN_REQUEST_URL");
  variables_["DATABRICKS_OIDC_TOKEN"] = "jwt-of-the-job";
  EXPECT_EQ(resolve(Json::object())->method, AuthMethod::env_oidc);
  EXPECT_EQ(resolve({{"auth_method", "env-oidc"}})->method, AuthMethod::env_oidc);
  variables_.erase("DATABRICKS_OIDC_TOKEN");
  variables_["DATABRICKS_OIDC_TOKEN_FILEPATH"] = "/run/jwt";
  EXPECT_EQ(resolve(Json::object())->method, AuthMethod::file_oidc);
}

TEST_F(Config, ServicePrincipalsOfBothKinds) {
  const Json pair{{"host", "https://h"}, {"client_id", "id"}, {"client_secret", "client-secret"}};
  Json named = pair;
  named["auth_method"] = "service_principal";
  EXPECT_EQ(resolve(named)->method, AuthMethod::oauth_m2m);
  named["auth_method"] = "azure-client-secret";
  const Result<WorkspaceConfig> azure = resolve(named);
  ASSERT_TRUE(azure) << azure.error().message;
  EXPECT_EQ(azure->credential("azure_client_secret"), "client-secret");
  variables_["ARM_CLIENT_ID"] = "arm-id";
  variables_["ARM_CLIENT_SECRET"] = "arm-secret";
  EXPECT_EQ(resolve({{"host", "https://h"}})->method, AuthMethod::azure_client_secret);
  named["auth_method"] = "oauth-m2m";
  named.erase("client_secret");
  EXPECT_EQ(code(named), "workspace-auth-incomplete");
}

TEST_F(Config, SecretsAreNamedForTheScrubberAndNeverShown) {
  variables_["DATABRICKS_HOST"] = "https://h";
  variables_["DATABRICKS_CLIENT_SECRET"] = "env-secret-value";
  const Result<WorkspaceConfig> config = resolve({{"token", "runbook-token-value"}});
  ASSERT_TRUE(config);
  const std::vector<std::pair<std::string, std::string>> secrets = config->secrets();
  EXPECT_THAT(secrets, ::testing::UnorderedElementsAre(
                           std::pair<std::string, std::string>("token", "runbook-token-value"),
                           std::pair<std::string, std::string>("client_secret", "env-secret-value")));
  for (const auto& [key, origin] : config->origins) EXPECT_THAT(origin, Not(HasSubstr("value")));
}

TEST_F(Config, PlacesThatAreMissing) {
  EXPECT_EQ(code({{"token", "tttt"}}), "workspace-host-missing");
  const Result<WorkspaceConfig> none =
      resolve_workspace_config({{"host", "https://h"}, {"token", "tttt"}}, "/", [](const std::string&) { return ""; });
  EXPECT_EQ(none.error().code, "workspace-warehouse-missing");
  EXPECT_EQ(resolve({{"host", "https://h"}, {"token", "tttt"}, {"ca_file", "certs/ca.pem"}})->ca_file,
            "/runbooks/certs/ca.pem");
}

TEST_F(Config, AllThatIsMissingIsToldAtOnce) {
  const auto only = [](const char* variable) {
    return [variable](const std::string& name) { return std::string(name == variable ? "tttt" : ""); };
  };
  std::vector<std::string> codes;
  for (const Error& problem : workspace_config_problems(Json::object(), "/", only(""))) codes.push_back(problem.code);
  EXPECT_THAT(
      codes, ::testing::ElementsAre("workspace-host-missing", "workspace-warehouse-missing", "workspace-auth-missing"));
  EXPECT_EQ(workspace_config_problems({{"host", "ftp://h"}}, "/", only("DATABRICKS_TOKEN")).size(), 2U);
  EXPECT_TRUE(workspace_config_problems({{"host", "h"}, {"warehouse_id", "w"}}, "/", only("DATABRICKS_TOKEN")).empty());
}

TEST_F(Config, HalfOfACredentialAndAnEmptyProfileAreCalledSo) {
  variables_["DATABRICKS_CLIENT_ID"] = "me";
  const Error half = resolve({{"host", "https://h"}}).error();
  EXPECT_EQ(half.code, "workspace-auth-incomplete");
  EXPECT_THAT(half.message, HasSubstr("client_id (from DATABRICKS_CLIENT_ID) has no client_secret"));
  EXPECT_THAT(half.remedy, HasSubstr("DATABRICKS_CLIENT_SECRET"));
  variables_.erase("DATABRICKS_CLIENT_ID");
  profiles("[dr]\nhost = https://profile.example\n");
  const Error empty = resolve({{"profile", "dr"}}).error();
  EXPECT_EQ(empty.code, "workspace-auth-missing");
  EXPECT_THAT(empty.message, HasSubstr("the profile dr (named by the runbook) has no credentials"));
}

TEST_F(Config, AWarehouseMayBeNamedByItsHttpPath) {
  const Json settings{
      {"host", "https://h"}, {"token", "tttt"}, {"warehouse_id", "/sql/1.0/warehouses/0123456789abcdef"}};
  const Result<WorkspaceConfig> config =
      resolve_workspace_config(settings, "/", [](const std::string&) { return std::string(); });
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->warehouse_id, "0123456789abcdef");
}

TEST(Host, IsNormalised) {
  const auto host = [](std::string_view text) {
    const Result<std::string> normal = normalise_host(text);
    return normal ? *normal : normal.error().code;
  };
  EXPECT_EQ(host("ADB-1.azuredatabricks.net"), "https://adb-1.azuredatabricks.net");
  EXPECT_EQ(host("https://ws.example/?o=123#job"), "https://ws.example");
  EXPECT_EQ(host("https://ws.example:8443/sql/"), "https://ws.example:8443");
  EXPECT_EQ(host("http://localhost:9000"), "http://localhost:9000");
  EXPECT_EQ(host("http://127.0.0.1:9000/x"), "http://127.0.0.1:9000");
  EXPECT_EQ(host("http://[::1]:9000"), "http://[::1]:9000");
  for (const char* bad : {"http://ws.example", "http://127.evil.example", "http://localhost.evil.example",
                          "ftp://ws.example", "", "https://", "https://user:pass@ws.example", "https://a b",
                          "https://ws.example:port", "https://ws.example:", "https://[::1"})
    EXPECT_EQ(host(bad), "workspace-host-invalid") << bad;
  EXPECT_THAT(normalise_host("https://user:hunter22@h").error().message, Not(HasSubstr("hunter22")));
}

TEST(ProfileFile, IsReadAsTheVendorsToolsDo) {
  const Result<ProfileFile> file =
      parse_profile_file("f", "; note\ntop = level\n\n[ a ]\r\ntoken=with#hash # note\nx = \n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->profiles.at("DEFAULT").at("top"), "level");
  EXPECT_EQ(file->profiles.at("a").at("token"), "with#hash");
  EXPECT_EQ(file->profiles.at("a").at("x"), "");
  const Error bad = parse_profile_file("f", "[a]\ndapi-secret\n").error();
  EXPECT_EQ(bad.code, "workspace-profile-invalid");
  EXPECT_THAT(bad.message, HasSubstr("f:2"));
  EXPECT_THAT(bad.message, Not(HasSubstr("dapi")));
}

}  // namespace
}  // namespace lockstep
