#include "engines/provenance/redactor.h"

#include <gtest/gtest.h>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/json_text.h"

namespace lockstep {
namespace {

struct Redacted {
  std::string text;
  std::vector<std::string> pointers;
};

Redacted redact(std::string_view text, const RedactionRules& rules = {}) {
  CanonicalWriter writer;
  Redactor redactor(writer, rules, "/config");
  Result<void> read = read_json_text(text, redactor, 100);
  EXPECT_TRUE(read) << read.error().message;
  return {writer.take(), redactor.take_redacted()};
}

using Pointers = std::vector<std::string>;

TEST(Redactor, DropsEveryListedName) {
  for (const char* name : {"token",
                           "client_secret",
                           "password",
                           "smtp_password",
                           "api_key",
                           "secret",
                           "slack_webhook_url",
                           "teams_webhook_url",
                           "Authorization",
                           "access_token",
                           "refresh_token",
                           "private_key",
                           "_api_managed_logs",
                           "_tables_progress",
                           "_auth",
                           "target_workspace",
                           "target_workspaces",
                           "logs",
                           "run_url",
                           "PASSWORD",
                           "Client-Secret",
                           "apiKey",
                           "X-Api-Key",
                           "webhook.url",
                           "databricks_token",
                           "connection_string",
                           "pat"}) {
    EXPECT_TRUE(is_sensitive_key(name)) << name;
    Redacted done = redact(std::string("{\"a\":1,\"") + name + "\":[{\"x\":1}],\"z\":2}");
    EXPECT_EQ(done.text, R"({"a":1,"z":2})");
    EXPECT_EQ(done.pointers, Pointers{std::string("/config/") + name});
  }
}

TEST(Redactor, KeepsWhatOnlySoundsLikeIt) {
  for (const char* name : {"token_count", "tokens", "password_policy", "secret_scope", "auth_method", "catalog",
                           "log_level", "path", "author", "pattern", "status", "key_columns", "workspace", "url", ""})
    EXPECT_FALSE(is_sensitive_key(name)) << name;
}

TEST(Redactor, WorksAtAnyDepthAndNamesPlacesAsJsonPointers) {
  Redacted done =
      redact(R"({"list":[{"token":1},{"a/b~c":{"password":"p","ok":true}}],"email":{"smtp_password":{"x":[1]}}})");
  EXPECT_EQ(done.text, R"({"email":{},"list":[{},{"a/b~c":{"ok":true}}]})");
  EXPECT_EQ(done.pointers,
            (Pointers{"/config/list/0/token", "/config/list/1/a~1b~0c/password", "/config/email/smtp_password"}));
}

TEST(Redactor, DropsTaintedPlacesAndListItems) {
  RedactionRules rules;
  rules.tainted = {"/config/list/1", "/config/map/deep"};
  Redacted done = redact(R"({"list":["a","b",{"c":[]}],"map":{"deep":{"x":[1,{}]},"other":null}})", rules);
  EXPECT_EQ(done.text, R"({"list":["a",{"c":[]}],"map":{"other":null}})");
  EXPECT_EQ(done.pointers, (Pointers{"/config/list/1", "/config/map/deep"}));
}

TEST(Redactor, DropsStringsNumbersAndKeysThatHoldASecret) {
  RedactionRules rules;
  rules.is_secret = [](std::string_view text) { return text.find("12345") != std::string_view::npos; };
  Redacted done = redact(R"({"a":"x12345y","b":[912345,1.12345,"ok"],"k12345":{"inner":1},"c":1})", rules);
  EXPECT_EQ(done.text, R"({"b":["ok"],"c":1})");
  EXPECT_EQ(done.pointers, (Pointers{"/config/a", "/config/b/0", "/config/b/1", "/config/***"}));
}

TEST(Redactor, AWholeTaintedValueBecomesAnEmptyObject) {
  RedactionRules rules;
  rules.tainted = {"/config"};
  for (const char* text : {R"({"a":{"b":1}})", "[1,[2]]", "\"x\"", "5"}) {
    Redacted done = redact(text, rules);
    EXPECT_EQ(done.text, "{}") << text;
    EXPECT_EQ(done.pointers, Pointers{"/config"});
  }
}

TEST(Redactor, StillRefusesDuplicateKeys) {
  CanonicalWriter writer;
  RedactionRules rules;
  Redactor redactor(writer, rules, "/config");
  Result<void> read = read_json_text(R"({"a":{"x":1,"x":2}})", redactor, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, R"(line 1, column 19: the key "x" stands twice in one object)");
}

}  // namespace
}  // namespace lockstep
