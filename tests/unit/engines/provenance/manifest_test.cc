#include "engines/provenance/manifest.h"

#include <gtest/gtest.h>
#include <regex>

namespace lockstep {
namespace {

ManifestFields fields() {
  ManifestFields fields;
  fields.source_catalog = "pröd";
  fields.destination_catalog = "dr";
  fields.signed_at = "2026-11-24T10:00:00.000001+00:00";
  fields.config = R"({ "z": 1, "password": "p", "a": 1.50 })";
  fields.result = R"({"logs":[1],"status":"match"})";
  return fields;
}

TEST(Manifest, HasTheFieldsOfCloneXsInSortedOrder) {
  Result<Manifest> manifest = build_manifest(fields(), RedactionRules{});
  ASSERT_TRUE(manifest);
  EXPECT_EQ(
      manifest->canonical,
      R"({"config":{"a":1.5,"z":1},"destination_catalog":"dr","job_id":"","manifest_version":1,)"
      R"("result":{"status":"match"},"signed_at":"2026-11-24T10:00:00.000001+00:00","source_catalog":"pr\u00f6d"})");
  EXPECT_EQ(manifest->redacted, (std::vector<std::string>{"/config/password", "/result/logs"}));
}

TEST(Manifest, TwoOfTheSameCloneAreEqual) {
  ManifestFields other = fields();
  other.config = R"({"a":15e-1,"z":1,"password":"another"})";
  EXPECT_EQ(build_manifest(fields(), RedactionRules{})->canonical, build_manifest(other, RedactionRules{})->canonical);
}

TEST(Manifest, NullConfigIsAnEmptyOne) {
  ManifestFields none = fields();
  none.config = "null";
  none.result = "null";
  EXPECT_EQ(build_manifest(none, RedactionRules{})->config, "{}");
  EXPECT_EQ(build_manifest(none, RedactionRules{})->result, "null");
}

TEST(Manifest, RefusesASecretInANameItNeeds) {
  RedactionRules tainted;
  tainted.tainted = {"/source_catalog"};
  EXPECT_EQ(build_manifest(fields(), tainted).error().code, "secret-in-manifest");
  RedactionRules secret;
  secret.is_secret = [](std::string_view text) { return text == "dr"; };
  EXPECT_EQ(build_manifest(fields(), secret).error().code, "secret-in-manifest");
}

TEST(Manifest, ParsesItsParts) {
  ManifestFields broken = fields();
  broken.result = "{";
  Result<Manifest> manifest = build_manifest(broken, RedactionRules{});
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().context, std::vector<std::string>{"while reading result"});
}

TEST(Manifest, TimesArePythonsIsoformat) {
  EXPECT_TRUE(std::regex_match(utc_now_isoformat(), std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00)")));
}

}  // namespace
}  // namespace lockstep
