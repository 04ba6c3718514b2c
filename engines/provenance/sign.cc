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

std::string hmac_envelope(const Manifest& manifest, const std::optional<std::string>& secret) {
  std::string redacted = Json(manifest.redacted).dump(-1, ' ', true, Json::error_handler_t::replace);
  if (!secret)
    return fmt::format("{{\n  \"signed\": false,\n  \"reason\": \"{}\",\n  \"manifest\": {},\n  \"redacted\": {}\n}}\n",
                       no_secret_reason(), manifest.canonical, redacted);
  return fmt::format(
      "{{\n  \"signed\": true,\n  \"algorithm\": \"{}\",\n  \"signature\": \"{}\",\n  \"canonical_length\": {},\n"
      "  \"manifest\": {},\n  \"redacted\": {}\n}}\n",
      kHmacAlgorithm, hmac_sha256_hex(*secret, manifest.canonical), manifest.canonical.size(), manifest.canonical,
      redacted);
}

std::string dsse_envelope(const Statement& statement, const PrivateKey& key) {
  std::string signature = key.sign(pre_authentication_encoding(kInTotoPayloadType, statement.text));
  return fmt::format(
      "{{\n  \"payloadType\": \"{}\",\n  \"payload\": \"{}\",\n  \"signatures\": [{{\"keyid\": \"{}\", \"sig\": "
      "\"{}\"}}]\n}}\n",
      kInTotoPayloadType, base64(statement.text), key.id(), base64(signature));
}

}  // namespace lockstep
