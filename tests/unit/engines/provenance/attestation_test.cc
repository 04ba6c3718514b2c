#include "engines/provenance/attestation.h"

#include <gtest/gtest.h>

#include "engines/sha256.h"
#include "specs/document.h"

namespace lockstep {
namespace {

Result<Attestation> attest(std::string result) {
  ManifestFields fields;
  fields.source_catalog = "prod";
  fields.destination_catalog = "dr";
  fields.signed_at = "2026-11-24T10:00:00.000000+00:00";
  fields.config = R"({"use_checksum":true,"token":"x"})";
  fields.result = std::move(result);
  return build_attestation(fields, build_manifest(fields, RedactionRules{}).value());
}

TEST(Attestation, SubjectsAreTheDestinationsTables) {
  Result<Attestation> made = attest(
      R"({"status":"match","digest":"rows-1/duckdb-1.5.5","source_version":"3","target_version":"9","details":[)"
      R"({"schema":"s","table":"a","verdict":"match","target_checksum":"2:5:6","source_checksum":"2:5:6","source_count":2,"target_count":2},)"
      R"({"schema":"s","table":"b","verdict":"match","digest":{"algorithm":"rows-2","source":"x","target":"y"},"target_version":10}]})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->result, "PASSED");
  EXPECT_EQ(made->subjects, 2U);
  Json statement = Json::parse(made->text);
  EXPECT_EQ(statement["_type"], "https://in-toto.io/Statement/v1");
  EXPECT_EQ(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
  EXPECT_EQ(statement["subject"], Json::parse(R"([
    {"name":"dr.s.a","digest":{"rows-1/duckdb-1.5.5":"2:5:6"},
     "annotations":{"source_count":2,"target_count":2,"source_version":"3","target_version":"9","verdict":"match"}},
    {"name":"dr.s.b","digest":{"rows-2":"y"},"annotations":{"source_version":"3","target_version":10,"verdict":"match"}}])"));
  const Json& predicate = statement["predicate"];
  EXPECT_EQ(predicate["result"], "PASSED");
  EXPECT_EQ(predicate["passedTests"], Json({"s.a", "s.b"}));
  EXPECT_EQ(predicate["failedTests"], Json::array());
  EXPECT_EQ(predicate["configuration"][0]["digest"]["sha256"], sha256_hex(R"({"use_checksum":true})"));
  EXPECT_EQ(predicate["lockstep"]["redacted"], Json({"/config/token"}));
  EXPECT_EQ(predicate["lockstep"]["manifest"]["source_catalog"], "prod");
  EXPECT_EQ(predicate["lockstep"]["manifest"]["result"]["details"].size(), 2U);
}

TEST(Attestation, IsPassedOnlyIfEverythingMatched) {
  auto result = [](const char* status, const char* second) {
    return attest(std::string(R"({"digest":"d","status":")") + status +
                  R"(","details":[{"schema":"s","table":"a","verdict":"match","target_checksum":"1"},)" +
                  R"({"schema":"s","table":"b","verdict":")" + second + R"("}]})")
        .value()
        .result;
  };
  EXPECT_EQ(result("match", "match"), "PASSED");
  EXPECT_EQ(result("partial", "mismatch"), "FAILED");
  EXPECT_EQ(result("match", "not_compared"), "FAILED");
  EXPECT_EQ(result("match", "error"), "FAILED");
  EXPECT_EQ(result("mismatch", "match"), "FAILED");
  EXPECT_EQ(result("", "match"), "FAILED");
}

TEST(Attestation, RefusesWithoutDigests) {
  for (
      const char* result :
      {"{}", "[]", "null", "5", R"({"details":5})", R"({"details":[]})", R"({"details":[1,"x",null]})",
       R"({"status":"match","use_checksum":false,"details":[{"schema":"s","table":"a","verdict":"match","match":true}]})",
       R"({"details":[{"schema":"s","table":"a","target_checksum":"a value without a name"}]})",
       R"({"details":[{"schema":"s","table":"a","digest":"d","target_checksum":null}]})"}) {
    Result<Attestation> made = attest(result);
    ASSERT_FALSE(made) << result;
    EXPECT_EQ(made.error().code, "nothing-to-attest");
    EXPECT_NE(made.error().remedy.find("use_checksum: true"), std::string::npos);
  }
}

TEST(Attestation, CarriesBigIntegersAndRefusesNan) {
  Result<Attestation> made = attest(
      R"({"n":123456789012345678901234567890,"details":[{"schema":"s","table":"a","digest":"d","target_checksum":"1"}]})");
  ASSERT_TRUE(made);
  EXPECT_NE(made->text.find("\"n\":123456789012345678901234567890"), std::string::npos);
  EXPECT_EQ(attest(R"({"x":NaN,"details":[]})").error().code, "not-json");
}

}  // namespace
}  // namespace lockstep
