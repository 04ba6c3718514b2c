#include "engines/provenance/verify_step.h"

#include <fmt/format.h>
#include <filesystem>

#include "engines/file.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/sign.h"
#include "engines/provenance/verify.h"

namespace lockstep {

namespace {

Outcome outcome_of(const Verification& verdict) {
  Outcome outcome;
  outcome.outputs = to_json(verdict);
  outcome.figure = verdict.valid ? fmt::format("valid, {}", verdict.algorithm) : "not valid";
  if (!verdict.note.empty()) outcome.warnings.push_back(verdict.note);
  if (verdict.valid) return outcome;
  outcome.failure =
      Error("envelope-not-valid"_code, fmt::format("the envelope is not valid: {}", verdict.reason), verdict.remedy);
  return outcome;
}

Outcome not_known_yet(std::string why) {
  Outcome outcome;
  outcome.outputs = {{"valid", false}, {"reason", why}, {"algorithm", nullptr}, {"keyid", nullptr}, {"dry_run", true}};
  outcome.warnings.push_back(std::move(why));
  outcome.figure = "not verified";
  return outcome;
}

class VerifyStep : public Step {
 public:
  explicit VerifyStep(const Json& inputs) : envelope_(inputs) {
    envelope_.erase("trusted_keys");
    if (inputs.contains("trusted_keys"))
      for (const Json& path : inputs.at("trusted_keys")) trusted_keys_.push_back(path.get<std::string>());
  }

  Result<Look> look(const StepContext& context) override {
    Result<void> prepared = prepare(context);
    if (!prepared) return std::move(prepared).error();
    Look look;
    look.actions.push_back(Action{Action::Kind::compute, "", path_.empty() ? "the envelope given" : path_,
                                  "verify the signature", "what follows may rely on the content", false});
    std::error_code ignored;
    if (!path_.empty() && !std::filesystem::exists(path_, ignored)) {
      look.preview = not_known_yet(fmt::format("'{}' does not exist yet, so there is nothing to verify", path_));
    } else if (path_.empty() && envelope_.value("dry_run", Json()) == true) {
      look.preview = not_known_yet("a dry run signs nothing, so there is nothing to verify");
    } else {
      Result<Verification> verdict = verify();
      if (!verdict) return std::move(verdict).error();
      look.preview = outcome_of(*verdict);
      known_ = true;
    }
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    Result<void> started = context.log.started(look.actions.front());
    if (!started) return std::move(started).error();
    Result<Outcome> outcome = look.preview;
    if (!known_) {
      Result<Verification> verdict = verify();
      outcome = verdict ? Result<Outcome>(outcome_of(*verdict)) : Result<Outcome>(std::move(verdict).error());
    }
    std::optional<Error> error = outcome ? outcome->failure : std::optional<Error>(outcome.error());
    Result<void> finished = context.log.finished(look.actions.front(), error);
    if (!finished) return std::move(finished).error();
    return outcome;
  }

 private:
  Result<void> prepare(const StepContext& context) {
    if (envelope_.empty())
      return Error("envelope-missing"_code, "there is no envelope to verify",
                   "give the envelope's own fields, or `envelope:` with the envelope or its file's path");
    if (auto found = envelope_.find("envelope"); found != envelope_.end()) {
      if (envelope_.size() > 1 && !envelope_.contains("signed"))
        return Error("envelope-given-twice"_code, "`envelope` and an envelope's own fields are both given",
                     "give one of the two");
      Json inner = *found;
      if (inner.is_string())
        path_ = (std::filesystem::path(context.directory) / inner.get<std::string>()).lexically_normal().string();
      else
        envelope_ = std::move(inner);
    }
    std::vector<std::string> paths;
    paths.reserve(trusted_keys_.size());
    for (const std::string& path : trusted_keys_)
      paths.push_back((std::filesystem::path(context.directory) / path).lexically_normal().string());
    Result<std::vector<PublicKey>> keys = read_public_keys(paths);
    if (!keys) return std::move(keys).error().with_context("while reading the trusted keys");
    trusted_ = TrustedKeys{signing_secret(), *std::move(keys)};
    return {};
  }

  [[nodiscard]] Result<Verification> verify() const {
    if (path_.empty()) {
      Result<std::string> text = canonical_text(envelope_, kMaxManifestDepth + 2);
      if (text) return verify_envelope(*text, trusted_);
      Verification verdict;
      verdict.reason = text.error().message;
      verdict.remedy = "give the envelope as provenance/sign answers it, or its file's path";
      return verdict;
    }
    return verify_file(path_, trusted_);
  }

  Json envelope_;
  std::vector<std::string> trusted_keys_;
  std::string path_;  // absolute; empty: the envelope is in envelope_
  TrustedKeys trusted_;
  bool known_ = false;  // look() has verified
};

}  // namespace

Result<std::unique_ptr<Step>> make_verify_step(const Json& inputs) {
  return std::unique_ptr<Step>(std::make_unique<VerifyStep>(inputs));
}

}  // namespace lockstep
