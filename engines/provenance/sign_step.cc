#include "engines/provenance/sign_step.h"

#include <fmt/format.h>
#include <filesystem>

#include "engines/file.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/sign.h"
#include "specs/counted.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

std::string in_folder(const std::string& directory, const std::string& path) {
  return path.empty() ? path : (std::filesystem::path(directory) / path).lexically_normal().string();
}

Error secret_missing() {
  return Error("signing-secret-missing"_code, fmt::format("{}, and `required` is true", no_secret_reason()),
               "export CLONE_XS_SIGNING_SECRET before the run");
}

class SignStep : public Step {
 public:
  explicit SignStep(const Json& inputs) : inputs_(inputs) {
    ed25519_ = text_member(inputs, "algorithm") == kEd25519Algorithm ||
               (!inputs.contains("algorithm") && inputs.contains("key"));
  }

  Result<Look> look(const StepContext& context) override {
    Result<void> prepared = prepare(context);
    if (!prepared) return std::move(prepared).error();
    Look look;
    look.actions.push_back(Action{Action::Kind::compute, "",
                                  fields_.source_catalog + " -> " + fields_.destination_catalog, what(),
                                  "evidence of what was cloned, how, and with what result", false});
    if (!output_.empty())
      look.actions.push_back(Action{Action::Kind::file, "", output_, "write the envelope",
                                    "to verify it later, from its own bytes", true});
    look.preview = preview();
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    const Action& compute = look.actions.front();
    Result<void> started = context.log.started(compute);
    if (!started) return std::move(started).error();
    fields_.signed_at = utc_now_isoformat();
    Result<Envelope> envelope = sign();
    Result<void> finished =
        context.log.finished(compute, envelope ? std::nullopt : std::optional<Error>(envelope.error()));
    if (!finished) return std::move(finished).error();
    Outcome outcome;
    if (!envelope) {
      outcome.outputs = {{"signed", false}, {"reason", envelope.error().message}, {"redacted", manifest_.redacted}};
      outcome.failure = std::move(envelope).error();
      return outcome;
    }
    Result<void> filled = fill(outcome, *envelope);
    if (!filled) return std::move(filled).error();
    if (output_.empty()) return outcome;
    const Action& write = look.actions.back();
    started = context.log.started(write);
    if (!started) return std::move(started).error();
    Result<void> written = write_file_atomically(output_, envelope->text);
    finished = context.log.finished(write, written ? std::nullopt : std::optional<Error>(written.error()));
    if (!finished) return std::move(finished).error();
    if (written)
      outcome.outputs["output"] = output_;
    else if (!outcome.failure)
      outcome.failure = written.error();
    return outcome;
  }

 private:
  Result<void> prepare(const StepContext& context) {
    fields_.source_catalog = text_member(inputs_, "source_catalog");
    fields_.destination_catalog = text_member(inputs_, "destination_catalog");
    fields_.job_id = text_member(inputs_, "job_id");
    output_ = in_folder(context.directory, text_member(inputs_, "output"));
    required_ = inputs_.value("required", false);
    for (auto [name, text] : {std::pair("config", &fields_.config), std::pair("result", &fields_.result)}) {
      if (!inputs_.contains(name)) continue;
      Result<std::string> canonical = canonical_text(inputs_.at(name), kMaxManifestDepth - 1);
      if (!canonical) return std::move(canonical).error().with_context(fmt::format("while reading {}", name));
      *text = *std::move(canonical);
    }
    std::string key = text_member(inputs_, "key");
    if (ed25519_ && key.empty())
      return Error("signing-key-missing"_code, "algorithm ed25519 signs with a private key, and `key` names none",
                   "make one with `lockstep keygen keys/NAME.pem`, then set `key: keys/NAME.pem`");
    if (!ed25519_ && !key.empty())
      return Error("signing-key-unused"_code, "`key` is for ed25519, but `algorithm` says HMAC-SHA256",
                   "set `algorithm: ed25519`, or leave out `key`");
    if (ed25519_) {
      Result<PrivateKey> read = read_private_key(in_folder(context.directory, key));
      if (!read) return std::move(read).error().with_context("while reading the signing key");
      key_ = *std::move(read);
    } else {
      secret_ = signing_secret();
    }
    rules_.tainted = {context.tainted.begin(), context.tainted.end()};
    rules_.is_secret = secret_rule(signing_secret(), [&secrets = context.secrets](std::string_view text) {
      return secrets.contains_secret(text);
    });
    Result<Manifest> manifest = build_manifest(fields_, rules_);
    if (!manifest) return std::move(manifest).error();
    manifest_ = *std::move(manifest);
    return {};
  }

  [[nodiscard]] std::string what() const {
    if (ed25519_) return fmt::format("sign an in-toto statement with the ed25519 key {}", short_key_id(key_->id()));
    if (!secret_) return "nothing: there is no secret to sign with";
    return "HMAC-SHA256 over the canonical form of the manifest";
  }

  [[nodiscard]] bool counts_only() const {
    auto result = inputs_.find("result");
    if (result == inputs_.end() || !result->is_object()) return false;
    auto checksum = result->find("use_checksum");
    return checksum != result->end() && *checksum == false;
  }

  Outcome preview() {
    Outcome outcome;
    outcome.outputs = {
        {"signed", false}, {"reason", "a dry run signs nothing"}, {"redacted", manifest_.redacted}, {"dry_run", true}};
    // For steps that take `outputs.envelope`: the verify step knows this mark.
    outcome.outputs["envelope"] = {{"signed", false}, {"reason", "a dry run signs nothing"}, {"dry_run", true}};
    if (Result<Json> manifest = parse_json(manifest_.canonical, kMaxManifestDepth))
      outcome.outputs["manifest"] = *manifest;
    outcome.figure = "not signed";
    if (!output_.empty()) {
      Result<void> writable = check_writable(output_);
      if (!writable) outcome.failure = writable.error();
    }
    if (!ed25519_ && !secret_) {
      outcome.outputs["reason"] = no_secret_reason();
      if (required_)
        outcome.failure = secret_missing();
      else
        outcome.warnings.emplace_back(fmt::format("not signed: {}", no_secret_reason()));
    }
    if (ed25519_ && counts_only())
      outcome.failure = Error("nothing-to-attest"_code,
                              "the result compares row counts only, so no table has a digest of its content",
                              "set `use_checksum: true` at the reconciliation step");
    return outcome;
  }

  // With signed_at in it, so anew.
  Result<Envelope> sign() {
    Result<Manifest> manifest = build_manifest(fields_, rules_);
    if (!manifest) return std::move(manifest).error();
    manifest_ = *std::move(manifest);
    if (ed25519_) return sign_ed25519(fields_, manifest_, *key_);
    return sign_hmac(manifest_, secret_);
  }

  Result<void> fill(Outcome& outcome, const Envelope& envelope) {
    Result<Json> json = parse_json(envelope.text, kMaxManifestDepth + 1);
    if (!json) return std::move(json).error();
    if (ed25519_) {
      outcome.outputs = {{"signed", true},
                         {"algorithm", envelope.algorithm},
                         {"keyid", envelope.keyid},
                         {"subjects", envelope.subjects},
                         {"result", envelope.result},
                         {"redacted", manifest_.redacted}};
      outcome.figure = fmt::format("ed25519 {}, {}, {}", short_key_id(envelope.keyid),
                                   counted(envelope.subjects, "table"), envelope.result);
    } else {
      outcome.outputs = *json;
      outcome.figure =
          envelope.is_signed ? "HMAC-SHA256 over " + counted(manifest_.canonical.size(), "byte") : "not signed";
    }
    outcome.outputs["envelope"] = *std::move(json);
    if (!manifest_.redacted.empty())
      outcome.warnings.push_back(fmt::format("left out before signing: {}", fmt::join(manifest_.redacted, ", ")));
    if (envelope.is_signed) return {};
    if (required_)
      outcome.failure = secret_missing();
    else
      outcome.warnings.emplace_back(fmt::format("not signed: {}", no_secret_reason()));
    return {};
  }

  Json inputs_;
  bool ed25519_ = false;
  bool required_ = false;
  std::string output_;  // absolute; empty: none
  std::optional<std::string> secret_;
  std::optional<PrivateKey> key_;
  ManifestFields fields_;
  RedactionRules rules_;
  Manifest manifest_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_sign_step(const Json& inputs) {
  return std::unique_ptr<Step>(std::make_unique<SignStep>(inputs));
}

}  // namespace lockstep
