#include "engines/provenance/sign.h"

#include <fmt/format.h>
#include <cstdlib>

#include "engines/provenance/dsse.h"
#include "engines/provenance/encoding.h"
#include "specs/document.h"

namespace lockstep {

std::optional<std::string> signing_secret() {
  const char* text = std::getenv(kSigningSecretVariable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::string(text);
}

std::string_view no_secret_reason() {
  return "CLONE_XS_SIGNING_SECRET is not set, or is empty";
}

std::function<bool(std::string_view)> secret_rule(std::optional<std::string> secret,
                                                  std::function<bool(std::string_view)> other) {
  // A shorter secret would be found in half of all texts; SecretSet has the same limit.
  constexpr std::size_t kShortest = 4;
  return [secret = std::move(secret), other = std::move(other)](std::string_view text) {
    if (secret && secret->size() >= kShortest && text.find(*secret) != std::string_view::npos) return true;
    return other && other(text);
  };
}

Envelope sign_hmac(const Manifest& manifest, const std::optional<std::string>& secret) {
  Envelope envelope;
  envelope.is_signed = secret.has_value();
  std::string redacted = Json(manifest.redacted).dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string head = fmt::format("  \"signed\": false,\n  \"reason\": \"{}\",\n", no_secret_reason());
  if (secret) {
    envelope.algorithm = kHmacAlgorithm;
    head = fmt::format(
        "  \"signed\": true,\n  \"algorithm\": \"{}\",\n  \"signature\": \"{}\",\n  \"canonical_length\": {},\n",
        kHmacAlgorithm, hmac_sha256_hex(*secret, manifest.canonical), manifest.canonical.size());
  }
  envelope.text =
      fmt::format("{{\n{}  \"manifest\": {},\n  \"redacted\": {}\n}}\n", head, manifest.canonical, redacted);
  return envelope;
}

Result<Envelope> sign_ed25519(const ManifestFields& fields, const Manifest& manifest, const PrivateKey& key) {
  Result<Attestation> statement = build_attestation(fields, manifest);
  if (!statement) return std::move(statement).error();
  Envelope envelope;
  envelope.is_signed = true;
  envelope.algorithm = kEd25519Algorithm;
  envelope.keyid = key.id();
  envelope.result = statement->result;
  envelope.subjects = statement->subjects;
  std::string signature = key.sign(pre_authentication_encoding(kInTotoPayloadType, statement->text));
  envelope.text = fmt::format(
      "{{\n  \"payloadType\": \"{}\",\n  \"payload\": \"{}\",\n  \"signatures\": [{{\"keyid\": \"{}\", \"sig\": "
      "\"{}\"}}]\n}}\n",
      kInTotoPayloadType, base64(statement->text), key.id(), base64(signature));
  return envelope;
}

}  // namespace lockstep
