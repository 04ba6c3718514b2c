#include "engines/provenance/verify.h"

#include <fmt/format.h>
#include <array>

#include "engines/file.h"
#include "engines/provenance/attestation.h"
#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/document_members.h"
#include "engines/provenance/dsse.h"
#include "engines/provenance/encoding.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/sign.h"

namespace lockstep {

namespace {

constexpr std::size_t kEnvelopeDepth = kMaxManifestDepth + 1;   // the envelope around the manifest
constexpr std::size_t kStatementDepth = kMaxManifestDepth + 3;  // statement, predicate and "lockstep" around it
constexpr std::size_t kHmacHexDigits = 64;
constexpr std::size_t kMaxSignatures = 16;  // each costs a pass over the payload for every trusted key
constexpr std::size_t kMaxNameBytes = 1000;

Verification not_valid(std::string_view algorithm, std::string reason) {
  Verification verdict;
  verdict.algorithm = algorithm;
  verdict.reason = std::move(reason);
  return verdict;
}

// Foreign text (canonical, so ASCII and escaped) in a message.
std::string shown(std::string_view canonical) {
  constexpr std::size_t kShown = 60;
  return canonical.size() <= kShown ? std::string(canonical) : fmt::format("{}...", canonical.substr(0, kShown));
}

// The value of a string member that is of a sane length and valid UTF-8, for messages and outputs; empty otherwise.
std::string name_at(const DocumentMembers& document, std::string_view member) {
  std::string_view text = document.text(member);
  if (kind_of(text) != TextKind::string || text.size() > kMaxNameBytes) return {};
  Result<Json> parsed = parse_json(text, 0);
  return parsed ? parsed->get<std::string>() : std::string();
}

void describe_manifest(Verification& verdict, const DocumentMembers& manifest) {
  verdict.source_catalog = name_at(manifest, "source_catalog");
  verdict.destination_catalog = name_at(manifest, "destination_catalog");
  verdict.job_id = name_at(manifest, "job_id");
  verdict.signed_at = name_at(manifest, "signed_at");
}

std::optional<std::string> wrong_kind(const DocumentMembers& document, std::string_view member, TextKind wanted) {
  TextKind kind = kind_of(document.text(member));
  if (kind == wanted) return std::nullopt;
  return fmt::format("\"{}\" should be {}, but is {}", member, describe(wanted), describe(kind));
}

Verification verify_hmac(const DocumentMembers& envelope, const TrustedKeys& trusted) {
  auto refuse = [](std::string reason) { return not_valid(kHmacAlgorithm, std::move(reason)); };
  if (auto wrong = wrong_kind(envelope, "signed", TextKind::boolean)) return refuse(*wrong);
  if (envelope.text("signed") == "false") {
    std::string why = envelope.text("reason").empty() ? "" : fmt::format(": {}", shown(envelope.text("reason")));
    Verification verdict = refuse(fmt::format("the envelope says that it is not signed{}", why));
    verdict.unsigned_ = true;
    return verdict;
  }
  if (auto wrong = wrong_kind(envelope, "algorithm", TextKind::string)) return refuse(*wrong);
  if (string_value(envelope.text("algorithm")) != kHmacAlgorithm)
    return not_valid({}, fmt::format("unknown algorithm {}", shown(envelope.text("algorithm"))));
  if (auto wrong = wrong_kind(envelope, "signature", TextKind::string)) return refuse(*wrong);
  std::string_view quoted = envelope.text("signature");
  std::string_view signature = quoted.substr(1, quoted.size() - 2);
  if (signature.size() != kHmacHexDigits || signature.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return refuse("\"signature\" is not 64 lower-case hexadecimal digits");
  if (auto wrong = wrong_kind(envelope, "manifest", TextKind::object)) return refuse(*wrong);
  std::string_view manifest = envelope.text("manifest");
  std::string_view length = envelope.text("canonical_length");
  if (!length.empty() && length != std::to_string(manifest.size()))
    return refuse(fmt::format("\"canonical_length\" says {}, but the manifest's canonical form has {} bytes",
                              shown(length), manifest.size()));
  if (!trusted.secret) return refuse(fmt::format("{}, so the signature cannot be checked", no_secret_reason()));
  if (!equal_in_constant_time(hmac_sha256_hex(*trusted.secret, manifest), signature))
    return refuse("the signature does not fit: the manifest was changed, or another secret signed it");
  Verification verdict;
  verdict.valid = true;
  verdict.algorithm = kHmacAlgorithm;
  verdict.reason = "the signature fits the manifest";
  Result<DocumentMembers> parts = read_members(manifest, kMaxManifestDepth);
  if (parts) describe_manifest(verdict, *parts);
  return verdict;
}

// The statement inside: the bytes that were verified, parsed only now.
Verification describe_statement(const PublicKey& signer, std::string_view payload) {
  auto refuse = [](std::string_view what) {
    return not_valid(kEd25519Algorithm,
                     fmt::format("the signature fits, but the payload is no in-toto statement: {}", what));
  };
  Result<DocumentMembers> statement = read_members(payload, kStatementDepth);
  if (!statement) return refuse(statement.error().message);
  if (name_at(*statement, "_type") != kStatementType) return refuse(fmt::format("its _type is not {}", kStatementType));
  Result<DocumentMembers> subjects = read_members(statement->text("subject"), kStatementDepth);
  if (!subjects || subjects->item_count == 0) return refuse("it has no subject");
  Verification verdict;
  verdict.valid = true;
  verdict.algorithm = kEd25519Algorithm;
  verdict.keyid = signer.id();
  verdict.subjects = subjects->item_count;
  verdict.reason = fmt::format("signed by the trusted key {}", short_key_id(signer.id()));
  Result<DocumentMembers> predicate = read_members(statement->text("predicate"), kStatementDepth);
  if (!predicate) return verdict;
  verdict.result = name_at(*predicate, "result");
  Result<DocumentMembers> own = read_members(predicate->text("lockstep"), kStatementDepth);
  if (!own) return verdict;
  Result<DocumentMembers> manifest = read_members(own->text("manifest"), kStatementDepth);
  if (manifest) describe_manifest(verdict, *manifest);
  return verdict;
}

struct Signature {
  std::string keyid;  // a hint by whoever wrote the envelope, nothing more
  std::string bytes;
};

// The signatures of an envelope, or why there are none.
Result<std::vector<Signature>> read_signatures(const DocumentMembers& envelope) {
  auto refuse = [](std::string why) { return Error("envelope-not-valid"_code, std::move(why)); };
  if (auto wrong = wrong_kind(envelope, "signatures", TextKind::list)) return refuse(*wrong);
  Result<DocumentMembers> list = read_members(envelope.text("signatures"), kEnvelopeDepth);
  if (!list) return std::move(list).error();
  if (list->item_count == 0) return refuse("the envelope has no signature");
  if (list->item_count > kMaxSignatures) return refuse(fmt::format("more than {} signatures", kMaxSignatures));
  std::vector<Signature> signatures;
  for (const std::string& item : list->items) {
    Result<DocumentMembers> fields = read_members(item, kEnvelopeDepth);
    if (!fields) return std::move(fields).error();
    if (!fields->is_object) return refuse("a signature is not an object");
    if (auto wrong = wrong_kind(*fields, "sig", TextKind::string)) return refuse(*wrong);
    std::optional<std::string> bytes = decode_base64(string_value(fields->text("sig")));
    if (!bytes) return refuse("\"sig\" is not base64");
    signatures.push_back(Signature{name_at(*fields, "keyid"), *std::move(bytes)});
  }
  return signatures;
}

// The trusted key that made one of the signatures. A key whose id a signature names is tried first, then all others.
const PublicKey* find_signer(const std::vector<PublicKey>& keys, const std::vector<Signature>& signatures,
                             std::string_view bytes) {
  for (bool named : {true, false})
    for (const Signature& signature : signatures)
      for (const PublicKey& key : keys)
        if ((signature.keyid == key.id()) == named && key.verify(bytes, signature.bytes)) return &key;
  return nullptr;
}

std::string named_keys(const std::vector<Signature>& signatures) {
  std::string names;
  for (const Signature& signature : signatures) {
    if (signature.keyid.empty()) continue;
    names += names.empty() ? " (the envelope names " : ", ";
    names += shown(python_string(short_key_id(signature.keyid)));
  }
  return names.empty() ? names : names + ")";
}

Verification verify_dsse(const DocumentMembers& envelope, const TrustedKeys& trusted) {
  auto refuse = [](std::string reason) { return not_valid(kEd25519Algorithm, std::move(reason)); };
  if (auto wrong = wrong_kind(envelope, "payloadType", TextKind::string)) return refuse(*wrong);
  if (string_value(envelope.text("payloadType")) != kInTotoPayloadType)
    return refuse(
        fmt::format("\"payloadType\" is {}, not {}", shown(envelope.text("payloadType")), kInTotoPayloadType));
  if (auto wrong = wrong_kind(envelope, "payload", TextKind::string)) return refuse(*wrong);
  Result<std::vector<Signature>> signatures = read_signatures(envelope);
  if (!signatures) return refuse(signatures.error().message);
  if (trusted.public_keys.empty())
    return refuse(fmt::format("no trusted key was given to check the signature with{}", named_keys(*signatures)));
  std::optional<std::string> payload = decode_base64(string_value(envelope.text("payload")));
  if (!payload) return refuse("\"payload\" is not base64");
  const PublicKey* signer =
      find_signer(trusted.public_keys, *signatures, pre_authentication_encoding(kInTotoPayloadType, *payload));
  if (signer == nullptr)
    return refuse(fmt::format(
        "no signature is by one of the {} trusted keys{}: the payload was changed, or another key signed it",
        trusted.public_keys.size(), named_keys(*signatures)));
  return describe_statement(*signer, *payload);
}

std::string found_instead(const DocumentMembers& document) {
  if (!document.is_object) return "the file is no envelope: its JSON value is not an object";
  if (!document.text("run_id").empty() && !document.text("steps").empty())
    return "this is the report of a run, not an envelope; verify the file that provenance/sign wrote to `output`";
  if (!document.text("source_catalog").empty()) return "this is a manifest without a signature, not an envelope";
  std::string keys;
  std::size_t listed = 0;
  for (const auto& [key, text] : document.members) {
    if (++listed > 5) break;
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", shown(python_string(key.substr(0, 40))));
  }
  return fmt::format("this is no envelope: {}",
                     keys.empty() ? "the object is empty" : fmt::format("it has the keys {}", keys));
}

Verification verify_text(std::string_view text, const TrustedKeys& trusted, bool may_wrap) {
  Result<DocumentMembers> read = read_members(text, kEnvelopeDepth);
  if (!read) return not_valid({}, fmt::format("not readable as JSON: {}", read.error().message));
  const DocumentMembers& document = *read;
  auto has = [&document](std::string_view name) { return !document.text(name).empty(); };
  if (has("payloadType") || has("payload") || has("signatures")) return verify_dsse(document, trusted);
  // The outputs of a sign step carry the envelope as a whole.
  if (may_wrap && kind_of(document.text("envelope")) == TextKind::object && !has("manifest"))
    return verify_text(document.text("envelope"), trusted, false);
  if (has("signature") || has("signed") || has("manifest")) return verify_hmac(document, trusted);
  return not_valid({}, found_instead(document));
}

}  // namespace

Verification verify_envelope(std::string_view text, const TrustedKeys& trusted) {
  return verify_text(text, trusted, true);
}

Result<Verification> verify_file(const std::string& path, const TrustedKeys& trusted) {
  Result<std::string> text = path == "-" ? read_standard_input(kMaxEnvelopeBytes) : read_file(path, kMaxEnvelopeBytes);
  if (text) return verify_envelope(*text, trusted);
  if (text.error().code != "file-too-large") return std::move(text).error();
  return not_valid(
      {}, fmt::format("larger than {} MiB, the limit for an envelope; it was not read", kMaxEnvelopeBytes >> 20));
}

Json to_json(const Verification& verdict) {
  auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json json = {{"valid", verdict.valid},
               {"reason", verdict.reason},
               {"algorithm", text_or_null(verdict.algorithm)},
               {"keyid", text_or_null(verdict.keyid)}};
  if (!verdict.valid) return json;
  json["source_catalog"] = text_or_null(verdict.source_catalog);
  json["destination_catalog"] = text_or_null(verdict.destination_catalog);
  json["job_id"] = text_or_null(verdict.job_id);
  json["signed_at"] = text_or_null(verdict.signed_at);
  if (verdict.algorithm != kEd25519Algorithm) return json;
  json["result"] = text_or_null(verdict.result);
  json["subjects"] = verdict.subjects;
  return json;
}

}  // namespace lockstep
