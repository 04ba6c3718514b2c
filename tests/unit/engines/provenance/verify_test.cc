#include "engines/provenance/verify.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <chrono>

#include "engines/file.h"
#include "engines/provenance/dsse.h"
#include "engines/provenance/encoding.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/sign.h"
#include "python_vectors.h"
#include "support.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;

const TrustedKeys kTrusted{std::string(kVectorSecret), {}};

std::string python_envelope(const PythonVector& vector) {
  return fmt::format(
      R"({{"signed": true, "algorithm": "HMAC-SHA256", "signature": "{}", "canonical_length": {}, "manifest": {}}})",
      vector.signature, vector.canonical.size(), vector.text);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

ManifestFields signed_fields() {
  ManifestFields fields;
  fields.source_catalog = "prod";
  fields.destination_catalog = "prod_dr";
  fields.job_id = "job-7";
  fields.signed_at = "2026-11-24T10:00:00.000000+00:00";
  fields.config = R"({"big":123456789012345678901234567890,"rate":2.50,"token":"t"})";
  fields.result =
      R"({"status":"match","use_checksum":true,"details":[{"schema":"s","table":"t","verdict":"match",)"
      R"("digest":"rows-1/duckdb-1.5.5","target_checksum":"3:1:2","source_count":3,"target_count":3,"target_version":"7"}]})";
  return fields;
}

Manifest manifest() {
  return build_manifest(signed_fields(), RedactionRules{}).value();
}

TEST(VerifyHmac, AcceptsWhatPythonSigned) {
  const PythonVector& vector = kPythonVectors[0];
  Verification verdict = verify_envelope(python_envelope(vector), kTrusted);
  EXPECT_TRUE(verdict.valid) << verdict.reason;
  EXPECT_EQ(verdict.algorithm, "HMAC-SHA256");
  EXPECT_EQ(verdict.source_catalog, "prod");
  EXPECT_EQ(verdict.destination_catalog, "prod_dr");
  EXPECT_EQ(verdict.signed_at, "2026-11-24T10:00:00.123456+00:00");
  for (const PythonVector& other : kPythonVectors) {
    if (other.canonical[0] != '{') continue;
    Verification again = verify_envelope(python_envelope(other), kTrusted);
    EXPECT_TRUE(again.valid) << again.reason << other.text;
  }
}

TEST(VerifyHmac, AcceptsWhatItSignedAndNothingElse) {
  std::string envelope = sign_hmac(manifest(), std::string(kVectorSecret)).text;
  EXPECT_THAT(envelope, HasSubstr("123456789012345678901234567890"));
  EXPECT_THAT(envelope, HasSubstr(R"("redacted": ["/config/token"])"));
  EXPECT_TRUE(verify_envelope(envelope, kTrusted).valid);
  EXPECT_FALSE(verify_envelope(envelope, TrustedKeys{std::string(kVectorSecret) + "\n", {}}).valid);
  for (auto [what, by] : {std::pair("prod_dr", "prod_dx"), std::pair("7890,", "7891,"), std::pair("2.5", "2.6"),
                          std::pair("\"match\"", "\"natch\"")})
    EXPECT_THAT(verify_envelope(replaced(envelope, what, by), kTrusted).reason,
                HasSubstr("the signature does not fit"));
}

TEST(VerifyHmac, HashesTheManifestAsGiven) {
  // A manifest of someone who signs credentials is verified with them: nothing is dropped here.
  std::string canonical = R"({"config":{"token":"dapi"},"manifest_version":1})";
  std::string envelope = fmt::format(R"({{"signed":true,"algorithm":"HMAC-SHA256","signature":"{}","manifest":{}}})",
                                     hmac_sha256_hex(kVectorSecret, canonical), canonical);
  EXPECT_TRUE(verify_envelope(envelope, kTrusted).valid);
}

// One bit of one byte changed anywhere but in white space.
RC_GTEST_PROP(VerifyHmac, AFlippedBitIsNeverValid, ()) {
  static const std::string envelope = sign_hmac(manifest(), std::string(kVectorSecret)).text;
  std::string changed = envelope;
  auto at = *rc::gen::inRange<std::size_t>(0, changed.find("\"redacted\""));
  changed[at] = static_cast<char>(changed[at] ^ (1 << *rc::gen::inRange(0, 8)));
  RC_PRE(!std::isspace(static_cast<unsigned char>(envelope[at])));
  // The length is a hint that may be absent, so its key may have another name; a wrong value is refused.
  std::size_t hint = envelope.find("canonical_length");
  RC_PRE(at < hint || at >= hint + std::string_view("canonical_length").size());
  RC_ASSERT(!verify_envelope(changed, kTrusted).valid);
}

struct Hostile {
  const char* name;
  std::string text;
  const char* reason;
};

TEST(VerifyHmac, AnswersHostileEnvelopesWithAReason) {
  std::string good = python_envelope(kPythonVectors[0]);
  std::string signature(kPythonVectors[0].signature);
  std::string quoted = "\"" + signature + "\"";
  std::string upper = signature;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const std::vector<Hostile> cases = {
      {"empty", "", "it is empty"},
      {"blank", " \n", "it is empty"},
      {"binary", std::string("\x00\xFF\xFE\x01", 4), "not readable as JSON"},
      {"list", "[]", "not an object"},
      {"null", "null", "not an object"},
      {"empty object", "{}", "the object is empty"},
      {"other object", R"({"a\u001b":1})", R"(it has the keys "a\u001b")"},
      {"report", R"({"run_id":"r","steps":[]})", "the report of a run"},
      {"manifest", R"({"source_catalog":"p","destination_catalog":"q"})", "a manifest without a signature"},
      {"unsigned", R"({"signed":false,"reason":"no \u001b secret"})", R"(not signed: "no \u001b secret")"},
      {"signed is a string", replaced(good, "true", "\"true\""), "\"signed\" should be a boolean, but is a string"},
      {"no signed", replaced(good, "\"signed\": true,", ""), "\"signed\" should be a boolean, but is nothing"},
      {"algorithm is a list", replaced(good, "\"HMAC-SHA256\"", "[]"),
       "\"algorithm\" should be a string, but is a list"},
      {"other algorithm", replaced(good, "HMAC-SHA256", "none"), "unknown algorithm \"none\""},
      {"lower-case algorithm", replaced(good, "HMAC-SHA256", "hmac-sha256"), "unknown algorithm"},
      {"no signature", replaced(good, "\"signature\"", "\"sig\""), "\"signature\" should be a string, but is nothing"},
      {"signature is a number", replaced(good, quoted, "5"), "\"signature\" should be a string, but is a number"},
      {"signature is null", replaced(good, quoted, "null"), "\"signature\" should be a string, but is null"},
      {"signature in capitals", replaced(good, signature, upper), "64 lower-case"},
      {"short signature", replaced(good, signature, signature.substr(1)), "64 lower-case"},
      {"non-ASCII signature", replaced(good, signature, "ü" + signature.substr(1)), "64 lower-case"},
      {"empty signature", replaced(good, signature, ""), "64 lower-case"},
      {"manifest is a string",
       R"({"signed":true,"algorithm":"HMAC-SHA256","signature":")" + signature + R"(","manifest":"x"})",
       "\"manifest\" should be an object, but is a string"},
      {"no manifest", R"({"signed":true,"algorithm":"HMAC-SHA256","signature":")" + signature + R"("})",
       "\"manifest\" should be an object, but is nothing"},
      {"wrong length", replaced(good, "\"canonical_length\": ", "\"canonical_length\": 1"),
       "\"canonical_length\" says"},
      {"length is a string", replaced(good, "\"canonical_length\": ", "\"canonical_length\": \"x\", \"y\": "),
       "\"canonical_length\" says"},
      {"two manifests", replaced(good, "\"manifest\"", "\"manifest\": {}, \"manifest\""), "stands twice"},
      {"duplicate inside", replaced(good, "\"config\":{}", R"("config":{"a":1,"a":1})"), "stands twice"},
      {"nested", replaced(good, "\"config\":{}", "\"config\":" + std::string(200, '[')), "nested deeper than 101"},
      {"cut", good.substr(0, good.size() / 2), "it is cut off"},
      {"a key", "-----BEGIN PUBLIC KEY-----\n", "a key or a certificate in PEM form"},
      {"bad UTF-8", replaced(good, "prod", "pr\xC3"), "not UTF-8"},
      {"trailing text", good + "x", "something follows"},
  };
  for (const Hostile& hostile : cases) {
    Verification verdict = verify_envelope(hostile.text, kTrusted);
    EXPECT_FALSE(verdict.valid) << hostile.name;
    EXPECT_THAT(verdict.reason, HasSubstr(hostile.reason)) << hostile.name;
    EXPECT_LT(verdict.reason.size(), 400U) << hostile.name;
    EXPECT_FALSE(verdict.remedy.empty()) << hostile.name;
  }
}

TEST(VerifyHmac, NeedsTheSecret) {
  Verification verdict = verify_envelope(python_envelope(kPythonVectors[0]), TrustedKeys{});
  EXPECT_FALSE(verdict.valid);
  EXPECT_THAT(verdict.reason, HasSubstr("CLONE_XS_SIGNING_SECRET is not set"));
}

TEST(VerifyHmac, SaysWhatTheSecretAtHandIsNot) {
  std::string envelope = python_envelope(kPythonVectors[0]);
  TrustedKeys key_only{std::nullopt, {PrivateKey::generate().public_key()}};
  EXPECT_THAT(verify_envelope(envelope, key_only).reason, HasSubstr("a public key is of no use"));
  EXPECT_THAT(verify_envelope(envelope, TrustedKeys{"another", {}}).remedy, HasSubstr("compare the secret"));
  EXPECT_THAT(verify_envelope(envelope, TrustedKeys{std::string(kVectorSecret) + "\n", {}}).remedy,
              HasSubstr("ends with white space"));
}

TEST(VerifyHmac, NotesThatAFailureWasSigned) {
  ManifestFields failed = signed_fields();
  failed.result = R"({"status":"mismatch","matched":1,"mismatched":1})";
  Manifest bad = build_manifest(failed, RedactionRules{}).value();
  Verification verdict = verify_envelope(sign_hmac(bad, std::string(kVectorSecret)).text, kTrusted);
  EXPECT_TRUE(verdict.valid);
  EXPECT_THAT(verdict.note, HasSubstr(R"(records a failure (its status is "mismatch"))"));
  EXPECT_THAT(to_json(verdict)["note"], verdict.note);
  EXPECT_EQ(verify_envelope(sign_hmac(manifest(), std::string(kVectorSecret)).text, kTrusted).note, "");
  EXPECT_EQ(verify_envelope(sign_hmac(bad, std::string(kVectorSecret)).text, TrustedKeys{"other", {}}).note, "");
}

TEST(VerifyHmac, NotesThatKeysWereNotUsed) {
  TrustedKeys both{std::string(kVectorSecret), {PrivateKey::generate().public_key()}};
  EXPECT_THAT(verify_envelope(python_envelope(kPythonVectors[0]), both).note, HasSubstr("not the public keys given"));
}

TEST(VerifyHmac, SurvivesHundredMegabytes) {
  constexpr std::size_t kSize = 100U << 20;
  std::string head =
      R"({"signed":true,"algorithm":"HMAC-SHA256","signature":")" + std::string(64, '0') + R"(","manifest":{"a":")";
  Verification verdict = verify_envelope(head + std::string(kSize, 'x') + "\"}}", kTrusted);
  EXPECT_FALSE(verdict.valid);
  EXPECT_THAT(verdict.reason, HasSubstr("the signature does not fit"));
  EXPECT_FALSE(verify_envelope(std::string(kSize, '['), kTrusted).valid);
  EXPECT_FALSE(verify_envelope(std::string(kSize, '\xFF'), kTrusted).valid);
}

TEST(VerifyHmac, SurvivesMillionsOfSmallValues) {
  std::string lists = "{\"manifest\":[";
  for (int i = 0; i < 1'000'000; ++i) lists += "[],";
  EXPECT_THAT(verify_envelope(lists + "[]]}", kTrusted).reason, HasSubstr("\"signed\" should be"));
  std::string keys = "{\"manifest\":{";
  for (int i = 1'000'000; i > 0; --i) keys += fmt::format("\"{}\":{{}},", i);
  EXPECT_THAT(verify_envelope(keys + "\"1\":1}}", kTrusted).reason, HasSubstr("the key \"1\" stands twice"));
}

class VerifyDsse : public ::testing::Test {
 protected:
  [[nodiscard]] std::string envelope() const { return sign_ed25519(signed_fields(), manifest(), key_).value().text; }
  [[nodiscard]] std::string around(std::string_view payload) const {
    return Json{
        {"payloadType", kInTotoPayloadType},
        {"payload", base64(payload)},
        {"signatures", {{{"sig", base64(key_.sign(pre_authentication_encoding(kInTotoPayloadType, payload)))}}}}}
        .dump();
  }
  PrivateKey key_ = PrivateKey::generate();
  PrivateKey other_ = PrivateKey::generate();
  TrustedKeys trusted_{std::nullopt, {other_.public_key(), key_.public_key()}};
};

TEST_F(VerifyDsse, SaysWhichOfSeveralKeysSigned) {
  Verification verdict = verify_envelope(envelope(), trusted_);
  EXPECT_TRUE(verdict.valid) << verdict.reason;
  EXPECT_EQ(verdict.algorithm, "ed25519");
  EXPECT_EQ(verdict.keyid, key_.id());
  EXPECT_THAT(verdict.reason, HasSubstr(short_key_id(key_.id())));
  EXPECT_EQ(verdict.subjects, 1U);
  EXPECT_EQ(verdict.result, "PASSED");
  EXPECT_EQ(verdict.destination_catalog, "prod_dr");
  EXPECT_EQ(verdict.job_id, "job-7");
}

TEST_F(VerifyDsse, TrustsNoKeyIdAndNoUnknownKey) {
  Verification verdict = verify_envelope(envelope(), TrustedKeys{std::nullopt, {other_.public_key()}});
  EXPECT_FALSE(verdict.valid);
  EXPECT_THAT(verdict.reason, HasSubstr("the envelope names \"" + short_key_id(key_.id())));
  EXPECT_THAT(verdict.reason, HasSubstr("trusted is \"" + short_key_id(other_.id())));
  EXPECT_THAT(verdict.remedy, HasSubstr("--key"));
  // Claiming a trusted key's id makes no difference, and a wrong or missing one does not invalidate.
  EXPECT_FALSE(
      verify_envelope(replaced(envelope(), key_.id(), other_.id()), TrustedKeys{std::nullopt, {other_.public_key()}})
          .valid);
  EXPECT_TRUE(verify_envelope(replaced(envelope(), key_.id(), other_.id()), trusted_).valid);
  EXPECT_TRUE(verify_envelope(replaced(envelope(), key_.id(), "whatever"), trusted_).valid);
  EXPECT_FALSE(verify_envelope(envelope(), TrustedKeys{}).valid);
  EXPECT_THAT(verify_envelope(envelope(), TrustedKeys{}).reason, HasSubstr("no trusted key was given"));
  EXPECT_THAT(verify_envelope(envelope(), TrustedKeys{"secret", {}}).reason,
              HasSubstr("CLONE_XS_SIGNING_SECRET is of no use"));
}

TEST_F(VerifyDsse, NotesThatAFailureWasSigned) {
  ManifestFields failed = signed_fields();
  failed.result = replaced(failed.result, R"("verdict":"match")", R"("verdict":"mismatch")");
  Manifest bad = build_manifest(failed, RedactionRules{}).value();
  Verification verdict = verify_envelope(sign_ed25519(failed, bad, key_).value().text, trusted_);
  EXPECT_TRUE(verdict.valid);
  EXPECT_EQ(verdict.result, "FAILED");
  EXPECT_THAT(verdict.note, HasSubstr(R"(in details "t", verdict is "mismatch")"));
  EXPECT_EQ(verify_envelope(envelope(), trusted_).note, "");
  Json json = Json::parse(envelope());
  std::string payload = *decode_base64(json["payload"].get<std::string>());
  EXPECT_THAT(verify_envelope(around(replaced(payload, "PASSED", "FAILED")), trusted_).note,
              HasSubstr("its result is FAILED"));
}

TEST_F(VerifyDsse, TellsAChangedPayloadFromAnotherKey) {
  Json json = Json::parse(envelope());
  std::string payload = *decode_base64(json["payload"].get<std::string>());
  json["payload"] = base64(replaced(payload, "PASSED", "FAILED"));
  Verification changed = verify_envelope(json.dump(), trusted_);
  EXPECT_THAT(changed.reason, HasSubstr("the payload or the signature was changed"));
  EXPECT_THAT(changed.remedy, HasSubstr("do not rely on this one"));
  json["signatures"][0].erase("keyid");
  EXPECT_THAT(verify_envelope(json.dump(), trusted_).reason, HasSubstr("does not say which key signed"));
}

TEST_F(VerifyDsse, AcceptsUrlSafeBase64AndSeveralSignatures) {
  Json json = Json::parse(envelope());
  for (std::string* text :
       {json["payload"].get_ptr<std::string*>(), json["signatures"][0]["sig"].get_ptr<std::string*>()})
    for (char& c : *text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  json["signatures"].insert(json["signatures"].begin(),
                            Json{{"keyid", other_.id()}, {"sig", base64(std::string(64, 'x'))}});
  EXPECT_TRUE(verify_envelope(json.dump(), trusted_).valid);
}

TEST_F(VerifyDsse, IsNotValidWhenAnythingSignedChanges) {
  Json json = Json::parse(envelope());
  std::string payload = *decode_base64(json["payload"].get<std::string>());
  json["payload"] = base64(replaced(payload, "PASSED", "FAILED"));
  EXPECT_FALSE(verify_envelope(json.dump(), trusted_).valid);
  EXPECT_FALSE(verify_envelope(replaced(envelope(), "vnd.in-toto+json", "json"), trusted_).valid);
  EXPECT_TRUE(verify_envelope(around(payload), trusted_).valid);
}

TEST_F(VerifyDsse, ParsesOnlyVerifiedBytesAndStillChecksThem) {
  for (const char* payload : {"", "{}", "not json", R"({"_type":"https://in-toto.io/Statement/v0.1","subject":[{}]})",
                              R"({"_type":"https://in-toto.io/Statement/v1","subject":[]})",
                              R"({"_type":"https://in-toto.io/Statement/v1","subject":{}})",
                              R"({"_type":"https://in-toto.io/Statement/v1","_type":"x","subject":[{}]})"}) {
    Verification verdict = verify_envelope(around(payload), trusted_);
    EXPECT_FALSE(verdict.valid) << payload;
    EXPECT_THAT(verdict.reason, HasSubstr("the payload is no in-toto statement")) << payload;
  }
}

TEST_F(VerifyDsse, AnswersHostileEnvelopesWithAReason) {
  std::string good = envelope();
  Json many = Json::parse(good);
  for (int i = 0; i < 20; ++i) many["signatures"].push_back({{"sig", ""}});
  const std::vector<Hostile> cases = {
      {"no payload", R"({"payloadType":"application/vnd.in-toto+json","signatures":[]})",
       "\"payload\" should be a string"},
      {"payload is a number", R"({"payloadType":"application/vnd.in-toto+json","payload":1,"signatures":[]})",
       "but is a number"},
      {"no signatures", R"({"payloadType":"application/vnd.in-toto+json","payload":""})",
       "\"signatures\" should be a list"},
      {"none", R"({"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[]})", "no signature"},
      {"signature is a string", R"({"payloadType":"application/vnd.in-toto+json","payload":"","signatures":["x"]})",
       "not an object"},
      {"no sig", R"({"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{}]})",
       "\"sig\" should be a string"},
      {"sig no base64", R"({"payloadType":"application/vnd.in-toto+json","payload":"","signatures":[{"sig":"ü"}]})",
       "not base64"},
      {"payload no base64", replaced(good, "\"payload\": \"", "\"payload\": \"*"), "\"payload\" is not base64"},
      {"type", R"({"payloadType":"text/plain","payload":"","signatures":[]})", "\"payloadType\" is \"text/plain\""},
      {"too many", many.dump(), "more than 16 signatures"},
      {"keyid of a wrong type", replaced(good, "\"" + key_.id() + "\"", "[1]"), "signed by the trusted key"},
  };
  for (const Hostile& hostile : cases) {
    Verification verdict = verify_envelope(hostile.text, trusted_);
    EXPECT_THAT(verdict.reason, HasSubstr(hostile.reason)) << hostile.name;
    EXPECT_EQ(verdict.valid, std::string(hostile.name) == "keyid of a wrong type") << verdict.reason;
    EXPECT_EQ(verdict.remedy.empty(), verdict.valid) << hostile.name;
  }
}

TEST(VerifyFile, TellsUnreadableFromNotValid) {
  TemporaryFolder folder;
  EXPECT_EQ(verify_file(folder.path("none.json"), kTrusted).error().code, "file-not-found");
  EXPECT_EQ(verify_file(folder.path(), kTrusted).error().code, "file-not-readable");
  ASSERT_TRUE(write_file_atomically(folder.path("e.json"), "{"));
  Result<Verification> verdict = verify_file(folder.path("e.json"), kTrusted);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->valid);
}

TEST(VerifyFile, ReadsNoMoreThanItsLimit) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomically(folder.path("big.json"), ""));
  std::filesystem::resize_file(folder.path("big.json"), kMaxEnvelopeBytes + 1);  // sparse
  Result<Verification> verdict = verify_file(folder.path("big.json"), kTrusted);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->valid);
  EXPECT_THAT(verdict->reason, HasSubstr("larger than 256 MiB"));
}

}  // namespace
}  // namespace lockstep
