#include "engines/provenance/sign_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engines/file.h"
#include "engines/provenance/encoding.h"
#include "engines/provenance/key.h"
#include "engines/provenance/verify.h"
#include "engines/provenance/verify_step.h"
#include "support.h"

namespace lockstep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kSecret = "literal text";

const Json kResult = Json::parse(R"({"status":"match","use_checksum":true,"details":[
  {"schema":"s","table":"t","verdict":"match","digest":"rows-1","source_checksum":"1:2","target_checksum":"1:2","target_version":"4"}]})");

class SignStepTest : public ::testing::Test {
 protected:
  SignStepTest() { room_.context.directory = folder_.path(); }

  Json with(const Json& more) {
    Json inputs = {{"source_catalog", "prod"},
                   {"destination_catalog", "prod_dr"},
                   {"config", {{"rate", 2.5}}},
                   {"result", kResult}};
    inputs.update(more);
    return inputs;
  }
  std::string make_key() {
    PrivateKey key = PrivateKey::generate();
    EXPECT_TRUE(write_file_atomically(folder_.path("k.pem"), key.pem()));
    EXPECT_TRUE(write_file_atomically(folder_.path("k.pub.pem"), key.public_key().pem()));
    return key.id();
  }
  Look look(Step& step) {
    Result<Look> look = step.look(room_.context);
    EXPECT_TRUE(look) << look.error().message;
    return look ? *look : Look{};
  }
  Outcome run(const Json& inputs) {
    std::unique_ptr<Step> step = make_sign_step(inputs).value();
    Result<Look> seen = step->look(room_.context);
    if (!seen) {
      ADD_FAILURE() << seen.error().message;
      return {};
    }
    Result<Outcome> outcome = step->act(room_.context, *seen);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Outcome{};
  }
  std::string refusal(const Json& inputs) {
    std::unique_ptr<Step> step = make_sign_step(inputs).value();
    Result<Look> seen = step->look(room_.context);
    return seen ? "" : seen.error().code;
  }
  Outcome verify(const Json& inputs) {
    std::unique_ptr<Step> step = make_verify_step(inputs).value();
    return step->act(room_.context, look(*step)).value();
  }

  TemporaryFolder folder_;
  StepRoom room_;
};

TEST_F(SignStepTest, SignsWithTheLiteralSecret) {
  SigningSecret secret(kSecret);
  Outcome outcome = run(with({{"job_id", "j"}}));
  ASSERT_FALSE(outcome.failure);
  const Json& out = outcome.outputs;
  EXPECT_EQ(out["signed"], true);
  EXPECT_EQ(out["algorithm"], "HMAC-SHA256");
  EXPECT_EQ(out["manifest"]["manifest_version"], 1);
  EXPECT_EQ(out["manifest"]["job_id"], "j");
  EXPECT_EQ(out["manifest"]["result"], kResult);
  EXPECT_EQ(out["redacted"], Json::array());
  EXPECT_EQ(out["envelope"]["signature"], out["signature"]);
  EXPECT_THAT(outcome.figure, HasSubstr("HMAC-SHA256"));
  // The seed's way: the envelope's own fields under `with`; and the two short ways.
  Json fields = out;
  fields.erase("envelope");
  for (const Json& inputs : {fields, out, Json{{"envelope", out}}, Json{{"envelope", out["envelope"]}}})
    EXPECT_EQ(verify(inputs).outputs["valid"], true) << verify(inputs).outputs;
  fields["manifest"]["source_catalog"] = "other";
  Outcome changed = verify(fields);
  EXPECT_EQ(changed.outputs["valid"], false);
  ASSERT_TRUE(changed.failure);
  EXPECT_EQ(changed.failure->code, "envelope-not-valid");
}

TEST_F(SignStepTest, WithoutASecretItWarns) {
  for (const char* value : {static_cast<const char*>(nullptr), ""}) {
    SigningSecret secret(value);
    Outcome outcome = run(with(Json::object()));
    EXPECT_FALSE(outcome.failure);
    EXPECT_EQ(outcome.outputs["signed"], false);
    EXPECT_THAT(outcome.outputs["reason"].get<std::string>(), HasSubstr("CLONE_XS_SIGNING_SECRET"));
    EXPECT_THAT(outcome.warnings, ElementsAre(HasSubstr("not signed")));
    EXPECT_EQ(verify({{"envelope", outcome.outputs}}).outputs["valid"], false);
  }
}

TEST_F(SignStepTest, WithoutASecretItFailsWhenRequired) {
  SigningSecret secret(nullptr);
  Outcome outcome = run(with({{"required", true}}));
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "signing-secret-missing");
  EXPECT_EQ(outcome.outputs["signed"], false);
  std::unique_ptr<Step> step = make_sign_step(with({{"required", true}})).value();
  EXPECT_TRUE(look(*step).preview.failure);
}

TEST_F(SignStepTest, DropsCredentialsTaintedPlacesAndRegisteredSecrets) {
  SigningSecret secret(kSecret);
  ASSERT_TRUE(room_.secrets.add("db", "hunter2hunter2"));
  room_.context.tainted = {"/config/list/1"};
  Json config = {{"email", {{"smtp_password", "p"}, {"host", "h"}}},
                 {"list", {"a", "tainted"}},
                 {"url", "https://u:hunter2hunter2@h"},
                 {"note", std::string("holds ") + kSecret}};
  Outcome outcome = run(with({{"config", config}}));
  EXPECT_EQ(outcome.outputs["manifest"]["config"], Json::parse(R"({"email":{"host":"h"},"list":["a"]})"));
  EXPECT_EQ(outcome.outputs["redacted"],
            Json({"/config/email/smtp_password", "/config/list/1", "/config/note", "/config/url"}));
  EXPECT_EQ(outcome.outputs.dump().find("hunter2"), std::string::npos);
  EXPECT_EQ(verify({{"envelope", outcome.outputs}}).outputs["valid"], true);
}

TEST_F(SignStepTest, WritesTheEnvelopeWhole) {
  SigningSecret secret(kSecret);
  Outcome outcome = run(with({{"output", "e.json"}}));
  ASSERT_FALSE(outcome.failure);
  std::string path = folder_.path("e.json");
  EXPECT_EQ(outcome.outputs["output"], path);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_THAT(room_.log.events, ElementsAre("started prod -> prod_dr", "finished prod -> prod_dr", "started " + path,
                                            "finished " + path));
  Outcome verified = verify({{"envelope", "e.json"}});
  EXPECT_EQ(verified.outputs["valid"], true);
  EXPECT_EQ(verified.outputs["source_catalog"], "prod");
}

TEST_F(SignStepTest, AnUnsignedEnvelopeReplacesAnOldOne) {
  {
    SigningSecret secret(kSecret);
    run(with({{"output", "e.json"}}));
  }
  SigningSecret none(nullptr);
  run(with({{"output", "e.json"}}));
  SigningSecret secret(kSecret);
  EXPECT_EQ(verify({{"envelope", "e.json"}}).outputs["valid"], false);
}

TEST_F(SignStepTest, ADryRunSignsNothing) {
  SigningSecret secret(kSecret);
  make_key();
  for (const Json& more : {Json::object(), Json{{"algorithm", "ed25519"}, {"key", "k.pem"}}}) {
    Json inputs = with(more);
    inputs["output"] = "e.json";
    std::unique_ptr<Step> step = make_sign_step(inputs).value();
    Look seen = look(*step);
    EXPECT_FALSE(seen.preview.failure);
    EXPECT_TRUE(seen.changes());
    EXPECT_EQ(seen.preview.outputs["signed"], false);
    EXPECT_FALSE(seen.preview.outputs.contains("signature"));
    EXPECT_FALSE(std::filesystem::exists(folder_.path("e.json")));
    // And the verify step behind it says so, and does not fail the dry run.
    for (const Json& given : {seen.preview.outputs, seen.preview.outputs["envelope"]}) {
      std::unique_ptr<Step> verify_step = make_verify_step({{"envelope", given}}).value();
      Look verified = look(*verify_step);
      EXPECT_FALSE(verified.preview.failure);
      EXPECT_EQ(verified.preview.outputs["valid"], false);
    }
    std::unique_ptr<Step> file_step = make_verify_step({{"envelope", "e.json"}}).value();
    EXPECT_FALSE(look(*file_step).preview.failure);
    Result<Outcome> acted = file_step->act(room_.context, look(*file_step));
    ASSERT_FALSE(acted);
    EXPECT_EQ(acted.error().code, "file-not-found");
  }
  EXPECT_TRUE(room_.log.events.size() == 4U) << "only the two file steps acted";
}

TEST_F(SignStepTest, SignsWithEd25519) {
  SigningSecret none(nullptr);
  std::string id = make_key();
  Outcome outcome = run(with({{"algorithm", "ed25519"}, {"key", "k.pem"}, {"output", "e.json"}}));
  ASSERT_FALSE(outcome.failure) << outcome.failure->message;
  EXPECT_EQ(outcome.outputs["signed"], true);
  EXPECT_EQ(outcome.outputs["keyid"], id);
  EXPECT_EQ(outcome.outputs["subjects"], 1);
  EXPECT_EQ(outcome.outputs["result"], "PASSED");
  for (const Json& envelope : {Json("e.json"), outcome.outputs, outcome.outputs["envelope"]}) {
    Outcome verified = verify({{"envelope", envelope}, {"trusted_keys", {"k.pub.pem"}}});
    EXPECT_EQ(verified.outputs["valid"], true) << verified.outputs;
    EXPECT_EQ(verified.outputs["keyid"], id);
    EXPECT_EQ(verify({{"envelope", envelope}}).outputs["valid"], false);
  }
  // `key` alone means ed25519.
  EXPECT_EQ(run(with({{"key", "k.pem"}})).outputs["algorithm"], "ed25519");
}

TEST_F(SignStepTest, Ed25519NeedsDigests) {
  make_key();
  Json counts = kResult;
  counts["use_checksum"] = false;
  counts["details"][0].erase("target_checksum");
  Json inputs = with({{"algorithm", "ed25519"}, {"key", "k.pem"}, {"output", "e.json"}, {"result", counts}});
  std::unique_ptr<Step> step = make_sign_step(inputs).value();
  ASSERT_TRUE(look(*step).preview.failure);
  Outcome outcome = run(inputs);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, "nothing-to-attest");
  EXPECT_THAT(outcome.failure->remedy, HasSubstr("use_checksum: true"));
  EXPECT_EQ(outcome.outputs["signed"], false);
  EXPECT_FALSE(std::filesystem::exists(folder_.path("e.json")));
}

TEST_F(SignStepTest, RefusesInputsThatCannotWork) {
  make_key();
  EXPECT_EQ(refusal(with({{"algorithm", "ed25519"}})), "signing-key-missing");
  EXPECT_EQ(refusal(with({{"algorithm", "HMAC-SHA256"}, {"key", "k.pem"}})), "signing-key-unused");
  EXPECT_EQ(refusal(with({{"key", "none.pem"}})), "key-file-missing");
  EXPECT_EQ(refusal(with({{"key", "k.pub.pem"}})), "key-invalid");
  room_.context.tainted = {"/destination_catalog"};
  EXPECT_EQ(refusal(with(Json::object())), "secret-in-manifest");
}

TEST_F(SignStepTest, SaysBeforeActingThatTheOutputCannotBeWritten) {
  SigningSecret secret(kSecret);
  std::unique_ptr<Step> step = make_sign_step(with({{"output", "no/such/folder/e.json"}})).value();
  Look seen = look(*step);
  ASSERT_TRUE(seen.preview.failure);
  EXPECT_EQ(seen.preview.failure->code, "file-not-writable");
  EXPECT_THAT(seen.preview.failure->remedy, HasSubstr("mkdir -p"));
  Outcome outcome = step->act(room_.context, seen).value();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.outputs["signed"], true) << "the envelope is in the outputs, although it is in no file";
}

TEST_F(SignStepTest, VerifyRefusesContradictoryInputs) {
  auto refusal_of = [this](const Json& inputs) {
    Result<Look> seen = make_verify_step(inputs).value()->look(room_.context);
    return seen ? "" : seen.error().code;
  };
  EXPECT_EQ(refusal_of(Json::object()), "envelope-missing");
  EXPECT_EQ(refusal_of({{"trusted_keys", {"k.pub.pem"}}}), "envelope-missing");
  EXPECT_EQ(refusal_of({{"envelope", "e.json"}, {"manifest", Json::object()}}), "envelope-given-twice");
  EXPECT_EQ(refusal_of({{"envelope", "e.json"}, {"trusted_keys", {"none.pem"}}}), "key-file-missing");
}

}  // namespace
}  // namespace lockstep
