// Verifying an envelope of either form. The envelope is foreign data: whatever it holds, the answer is a verdict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/provenance/key.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// Longer files are not read; the verdict says so.
inline constexpr std::uint64_t kMaxEnvelopeBytes = std::uint64_t{256} << 20;

struct TrustedKeys {
  std::optional<std::string> secret;   // for HMAC-SHA256
  std::vector<PublicKey> public_keys;  // for ed25519: any one of them may have signed
};

struct Verification {
  bool valid = false;
  std::string reason;     // one sentence; foreign text in it is escaped and cut
  std::string remedy;     // not valid: what to do next
  std::string algorithm;  // empty: the envelope has no known form
  std::string keyid;      // ed25519 and valid: the key that signed

  // From the verified bytes, so only when valid; empty where the content has none.
  std::string note;  // what "valid" does not say: that a failure was signed, that keys given were not used
  std::string source_catalog;
  std::string destination_catalog;
  std::string job_id;
  std::string signed_at;
  std::string result;        // ed25519: PASSED or FAILED
  std::size_t subjects = 0;  // ed25519
};

// Verifies the text of an envelope: HMAC-SHA256 over the canonical form of the manifest as it is given, or a DSSE
// envelope whose payload is an in-toto statement. Time and memory are linear in the text.
Verification verify_envelope(std::string_view text, const TrustedKeys& trusted);

// The same for a file. A file that cannot be read is an error of read_file(); one beyond kMaxEnvelopeBytes is not
// valid.
// "-" is standard input.
Result<Verification> verify_file(const std::string& path, const TrustedKeys& trusted);

// {valid, reason, algorithm, keyid, remedy, note} plus what is known of the content; null for what is not.
Json to_json(const Verification& verdict);

}  // namespace lockstep
