#include "engines/provenance/verify.h"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

#include "engines/file.h"
#include "engines/provenance/attestation.h"
#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/document_members.h"
#include "engines/provenance/dsse.h"
#include "engines/provenance/encoding.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/recorded_failure.h"
#include "engines/provenance/sign.h"

namespace lockstep {

namespace {

constexpr std::size_t kEnvelopeDepth = kMaxManifestDepth + 1;   // the envelope around the manifest
constexpr std::size_t kStatementDepth = kMaxManifestDepth + 3;  // statement, predicate and "lockstep" around it
constexpr std::size_t kHmacHexDigits = 64;
constexpr std::size_t kMaxSignatures = 16;  // each costs a pass over the payload for every trusted key
constexpr std::size_t kMaxNameBytes = 1000;

constexpr std::string_view kGetCopy = "get the envelope again from whoever signed it, and do not rely on this one";
constexpr std::string_view kWhatIsAnEnvelope =
    "verify what `lockstep sign` printed, or the file that provenance/sign wrote to `output`";

Verification not_valid(std::string_view algorithm, std::string reason, std::string_view remedy) {
  Verification verdict;
  verdict.algorithm = algorithm;
  verdict.reason = std::move(reason);
  verdict.remedy = remedy;
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

constexpr std::string_view kOnlySigned = "\"valid\" says only that it was signed and is unchanged";

void add_note(Verification& verdict, std::string_view note) {
  verdict.note += fmt::format("{}{}", verdict.note.empty() ? "" : "; ", note);
}

void describe_manifest(Verification& verdict, const DocumentMembers& manifest) {
  verdict.source_catalog = name_at(manifest, "source_catalog");
  verdict.destination_catalog = name_at(manifest, "destination_catalog");
  verdict.job_id = name_at(manifest, "job_id");
  verdict.signed_at = name_at(manifest, "signed_at");
  Result<Json> result = parse_json(manifest.text("result"), kMaxManifestDepth);
  const std::string failure = result ? recorded_failure(*result) : std::string();
  if (!failure.empty())
    add_note(verdict, fmt::format("what was signed records a failure ({}): {}", failure, kOnlySigned));
}

std::optional<std::string> wrong_kind(const DocumentMembers& document, std::string_view member, TextKind wanted) {
  TextKind kind = kind_of(document.text(member));
  if (kind == wanted) return std::nullopt;
  return fmt::format("\"{}\" should be {}, but is {}", member, describe(wanted), describe(kind));
}

// No signature can tell a changed content from another secret, but a secret with an end that nobody sees is often why.
std::string wrong_secret_remedy(std::string_view secret) {
  if (std::isspace(static_cast<unsigned char>(secret.front())) != 0 ||
      std::isspace(static_cast<unsigned char>(secret.back())) != 0)
    return "CLONE_XS_SIGNING_SECRET begins or ends with white space here, which counts: set it without, and if the "
           "signature does not fit then either, compare the secret with the signer's";
  return "compare the secret with the signer's: printf %s \"$CLONE_XS_SIGNING_SECRET\" | sha256sum gives the same on "
         "both sides; if it does, the manifest was changed: do not rely on it";
}

Verification verify_hmac(const DocumentMembers& envelope, const TrustedKeys& trusted) {
  auto refuse = [](std::string reason, std::string_view remedy = kGetCopy) {
    return not_valid(kHmacAlgorithm, std::move(reason), remedy);
  };
  if (auto wrong = wrong_kind(envelope, "signed", TextKind::boolean)) return refuse(*wrong);
  if (envelope.text("signed") == "false") {
    std::string why = envelope.text("reason").empty() ? "" : fmt::format(": {}", shown(envelope.text("reason")));
    return refuse(fmt::format("the envelope says that it is not signed{}", why),
                  "set CLONE_XS_SIGNING_SECRET where the envelope is made, and sign again");
  }
  if (auto wrong = wrong_kind(envelope, "algorithm", TextKind::string)) return refuse(*wrong);
  if (string_value(envelope.text("algorithm")) != kHmacAlgorithm)
    return not_valid({}, fmt::format("unknown algorithm {}", shown(envelope.text("algorithm"))),
                     "this version verifies HMAC-SHA256, and ed25519 in a DSSE envelope; get the envelope again from "
                     "whoever signed it");
  if (auto wrong = wrong_kind(envelope, "signature", TextKind::string)) return refuse(*wrong);
  std::string_view quoted = envelope.text("signature");
  std::string_view signature = quoted.substr(1, quoted.size() - 2);
  if (signature.size() != kHmacHexDigits || signature.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return refuse("\"signature\" is not 64 lower-case hexadecimal digits");
  if (auto wrong = wrong_kind(envelope, "manifest", TextKind::object)) return refuse(*wrong);
  std::string_view manifest = envelope.text("manifest");
  std::string_view length = envelope.text("canonical_length");
  if (!length.empty() && length != std::to_string(manifest.size()))
    return refuse(
        fmt::format("the manifest was changed: \"canonical_length\" says {}, but its canonical form has {} bytes",
                    shown(length), manifest.size()));
  if (!trusted.secret)
    return refuse(fmt::format("{}, so the signature cannot be checked{}", no_secret_reason(),
                              trusted.public_keys.empty()
                                  ? ""
                                  : ": this is an HMAC-SHA256 envelope, for which a public key is of no use"),
                  "export CLONE_XS_SIGNING_SECRET with the secret that signed it, and verify again");
  if (!equal_in_constant_time(hmac_sha256_hex(*trusted.secret, manifest), signature))
    return refuse("the signature does not fit: the manifest was changed, or another secret signed it",
                  wrong_secret_remedy(*trusted.secret));
  Verification verdict;
  verdict.valid = true;
  verdict.algorithm = kHmacAlgorithm;
  verdict.reason = "the signature fits the manifest";
  if (!trusted.public_keys.empty())
    add_note(verdict, "the secret was used, not the public keys given: this is an HMAC-SHA256 envelope");
  Result<DocumentMembers> parts = read_members(manifest, kMaxManifestDepth);
  if (parts) describe_manifest(verdict, *parts);
  return verdict;
}

// The statement inside: the bytes that were verified, parsed only now.
Verification describe_statement(const PublicKey& signer, std::string_view payload) {
  auto refuse = [](std::string_view what) {
    return not_valid(kEd25519Algorithm,
                     fmt::format("the signature fits, but the payload is no in-toto statement: {}", what),
                     "the signer made it with another tool, or for another purpose: have it signed by `lockstep sign`");
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
  if (own) {
    Result<DocumentMembers> manifest = read_members(own->text("manifest"), kStatementDepth);
    if (manifest) describe_manifest(verdict, *manifest);
  }
  if (verdict.note.empty() && verdict.result == "FAILED")
    add_note(verdict, fmt::format("what was signed records a failure (its result is FAILED): {}", kOnlySigned));
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

// Short forms of key ids, escaped where they are foreign, and not all of very many.
template <typename Items, typename IdOf>
std::string listed_keys(const Items& items, IdOf id_of) {
  constexpr std::size_t kShown = 4;
  std::string names;
  std::size_t count = 0;
  for (const auto& item : items) {
    const std::string id = id_of(item);
    if (id.empty() || ++count > kShown) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", shown(python_string(short_key_id(id))));
  }
  if (count > kShown) names += fmt::format(" and {} more", count - kShown);
  return names;
}

std::string named_keys(const std::vector<Signature>& signatures) {
  return listed_keys(signatures, [](const Signature& signature) { return signature.keyid; });
}

Verification no_trusted_key(const std::vector<Signature>& signatures, bool has_secret) {
  const std::string names = named_keys(signatures);
  return not_valid(
      kEd25519Algorithm,
      fmt::format("no trusted key was given to check the signature with{}{}",
                  names.empty() ? "" : fmt::format(" (the envelope names {})", names),
                  has_secret ? ": this is an ed25519 envelope, for which CLONE_XS_SIGNING_SECRET is of no use" : ""),
      "give the signer's public key with --key NAME.pub.pem; in a runbook, list it under trusted_keys");
}

// What a key id says is a claim, but it is what tells a changed payload from a key that is not trusted.
Verification no_signer(const std::vector<PublicKey>& keys, const std::vector<Signature>& signatures) {
  const std::string trusted = listed_keys(keys, [](const PublicKey& key) { return key.id(); });
  const std::string names = named_keys(signatures);
  const auto is_trusted = [&keys](const Signature& signature) {
    return std::any_of(keys.begin(), keys.end(), [&](const PublicKey& key) { return key.id() == signature.keyid; });
  };
  const auto claimed = std::find_if(signatures.begin(), signatures.end(), is_trusted);
  if (claimed != signatures.end())
    return not_valid(kEd25519Algorithm,
                     fmt::format("the envelope names the trusted key {}, but its signature does not fit: the payload "
                                 "or the signature was changed",
                                 python_string(short_key_id(claimed->keyid))),
                     kGetCopy);
  if (!names.empty())
    return not_valid(
        kEd25519Algorithm,
        fmt::format("it was signed by another key than those trusted: the envelope names {}, trusted {} {}", names,
                    keys.size() == 1 ? "is" : "are", trusted),
        "if you trust the signer, give that key's public half too, with --key (in a runbook: "
        "trusted_keys); have its id confirmed by the signer, not by the envelope");
  return not_valid(kEd25519Algorithm,
                   fmt::format("no signature is by a trusted key ({}), and the envelope does not say which key signed: "
                               "the payload was changed, or another key signed it",
                               trusted),
                   "ask the signer for the public key and for the envelope, and verify again");
}

Verification verify_dsse(const DocumentMembers& envelope, const TrustedKeys& trusted) {
  auto refuse = [](std::string reason) { return not_valid(kEd25519Algorithm, std::move(reason), kGetCopy); };
  if (auto wrong = wrong_kind(envelope, "payloadType", TextKind::string)) return refuse(*wrong);
  if (string_value(envelope.text("payloadType")) != kInTotoPayloadType)
    return refuse(
        fmt::format("\"payloadType\" is {}, not {}", shown(envelope.text("payloadType")), kInTotoPayloadType));
  if (auto wrong = wrong_kind(envelope, "payload", TextKind::string)) return refuse(*wrong);
  Result<std::vector<Signature>> signatures = read_signatures(envelope);
  if (!signatures) return refuse(signatures.error().message);
  if (trusted.public_keys.empty()) return no_trusted_key(*signatures, trusted.secret.has_value());
  std::optional<std::string> payload = decode_base64(string_value(envelope.text("payload")));
  if (!payload) return refuse("\"payload\" is not base64");
  const PublicKey* signer =
      find_signer(trusted.public_keys, *signatures, pre_authentication_encoding(kInTotoPayloadType, *payload));
  if (signer == nullptr) return no_signer(trusted.public_keys, *signatures);
  return describe_statement(*signer, *payload);
}

Verification found_instead(const DocumentMembers& document) {
  const auto refuse = [](std::string reason, std::string_view remedy = kWhatIsAnEnvelope) {
    return not_valid({}, std::move(reason), remedy);
  };
  if (!document.is_object) return refuse("the file is no envelope: its JSON value is not an object");
  if (!document.text("run_id").empty() && !document.text("steps").empty())
    return refuse("this is the report of a run, not an envelope");
  if (!document.text("source_catalog").empty())
    return refuse("this is a manifest without a signature, not an envelope",
                  "sign it first: lockstep sign FILE > envelope.json");
  std::string keys;
  std::size_t listed = 0;
  for (const auto& [key, text] : document.members) {
    if (++listed > 5) break;
    keys += fmt::format("{}{}", keys.empty() ? "" : ", ", shown(python_string(key.substr(0, 40))));
  }
  return refuse(fmt::format("this is no envelope: {}",
                            keys.empty() ? "the object is empty" : fmt::format("it has the keys {}", keys)));
}

Verification not_json(std::string_view text, const Error& error) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto begin = std::find_if_not(text.begin(), text.end(), is_blank);
  if (begin == text.end())
    return not_valid({}, "it is empty", "see whether what wrote it failed, and whether this is the right file");
  const std::string_view content = text.substr(static_cast<std::size_t>(begin - text.begin()));
  if (content.substr(0, 11) == "-----BEGIN ")
    return not_valid({}, "this is a key or a certificate in PEM form, not an envelope",
                     "name the envelope here, and the public key with --key (in a runbook: trusted_keys)");
  const char last = *std::find_if_not(text.rbegin(), text.rend(), is_blank);
  if (content.front() == '{' && last != '}')
    return not_valid({}, fmt::format("not readable as JSON: it is cut off: {}", error.message),
                     "copy the whole file again: this one ends in the middle");
  return not_valid({}, fmt::format("not readable as JSON: {}", error.message), kWhatIsAnEnvelope);
}

Verification verify_text(std::string_view text, const TrustedKeys& trusted, bool may_wrap) {
  Result<DocumentMembers> read = read_members(text, kEnvelopeDepth);
  if (!read) return not_json(text, read.error());
  const DocumentMembers& document = *read;
  auto has = [&document](std::string_view name) { return !document.text(name).empty(); };
  if (has("payloadType") || has("payload") || has("signatures")) return verify_dsse(document, trusted);
  // The outputs of a sign step carry the envelope as a whole.
  if (may_wrap && kind_of(document.text("envelope")) == TextKind::object && !has("manifest"))
    return verify_text(document.text("envelope"), trusted, false);
  if (has("signature") || has("signed") || has("manifest")) return verify_hmac(document, trusted);
  return found_instead(document);
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
      {}, fmt::format("larger than {} MiB, the limit for an envelope; it was not read", kMaxEnvelopeBytes >> 20),
      "see whether this is the right file: an envelope holds verdicts and digests, no rows");
}

Json to_json(const Verification& verdict) {
  auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  Json json = {{"valid", verdict.valid},
               {"reason", verdict.reason},
               {"algorithm", text_or_null(verdict.algorithm)},
               {"keyid", text_or_null(verdict.keyid)},
               {"remedy", text_or_null(verdict.remedy)},
               {"note", text_or_null(verdict.note)}};
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
