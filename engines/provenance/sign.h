// Signing a manifest, in either form. Pure but for the OpenSSL calls.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "engines/provenance/key.h"
#include "engines/provenance/manifest.h"
#include "engines/provenance/statement.h"
#include "specs/result.h"

namespace lockstep {

inline constexpr std::string_view kHmacAlgorithm = "HMAC-SHA256";
inline constexpr std::string_view kEd25519Algorithm = "ed25519";
inline constexpr const char* kSigningSecretVariable = "CLONE_XS_SIGNING_SECRET";

// The literal text of CLONE_XS_SIGNING_SECRET; nothing when unset or empty.
std::optional<std::string> signing_secret();
// Why there is no HMAC signature without it.
std::string_view no_secret_reason();

// The envelope of Clone-Xs as the text of a file, two-space indented at the top level; the manifest is its canonical
// text. Without a secret: {"signed": false, "reason", "manifest", "redacted"}.
std::string hmac_envelope(const Manifest& manifest, const std::optional<std::string>& secret);

// A DSSE envelope around the statement, as the text of a file.
std::string dsse_envelope(const Statement& statement, const PrivateKey& key);

}  // namespace lockstep
