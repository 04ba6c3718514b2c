// Signing a manifest, in either form. Pure but for the OpenSSL calls.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engines/provenance/attestation.h"
#include "engines/provenance/key.h"
#include "engines/provenance/manifest.h"
#include "specs/result.h"

namespace lockstep {

inline constexpr std::string_view kHmacAlgorithm = "HMAC-SHA256";
inline constexpr std::string_view kEd25519Algorithm = "ed25519";
inline constexpr const char* kSigningSecretVariable = "CLONE_XS_SIGNING_SECRET";

// The literal text of CLONE_XS_SIGNING_SECRET; nothing when unset or empty.
std::optional<std::string> signing_secret();
// Why there is no HMAC signature without it.
std::string_view no_secret_reason();

// Is a text part of what may never be signed: `secret` itself, or whatever `other` says (may be empty)?
std::function<bool(std::string_view)> secret_rule(std::optional<std::string> secret,
                                                  std::function<bool(std::string_view)> other);

// An envelope as the text of a file: indented by two at the top level, the manifest in its canonical form.
struct Envelope {
  bool is_signed = false;
  std::string text;
  std::string algorithm;
  std::string keyid;         // ed25519
  std::string result;        // ed25519: PASSED or FAILED
  std::size_t subjects = 0;  // ed25519: tables in the statement
};

// The envelope of Clone-Xs: {signed, algorithm, signature, canonical_length, manifest, redacted}. Without a secret
// {signed: false, reason, manifest, redacted}.
Envelope sign_hmac(const Manifest& manifest, const std::optional<std::string>& secret);

// A DSSE envelope around an in-toto statement. Errors: those of build_attestation().
Result<Envelope> sign_ed25519(const ManifestFields& fields, const Manifest& manifest, const PrivateKey& key);

}  // namespace lockstep
