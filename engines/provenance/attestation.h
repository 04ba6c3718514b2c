// The in-toto Statement v1 that an ed25519 signature covers: the tables of a clone, each with its digest.
// https://github.com/in-toto/attestation: spec/v1/statement.md, spec/predicates/test-result.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engines/provenance/manifest.h"
#include "specs/result.h"

namespace lockstep {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kTestResultType = "https://in-toto.io/attestation/test-result/v0.1";

struct Attestation {
  std::string text;          // the payload, JSON
  std::size_t subjects = 0;  // tables with a digest
  std::string result;        // "PASSED" or "FAILED"
};

// The manifest's `result` must have the shape of reconciliation/cross-metastore's outputs. Subjects: the destination's
// tables that have a named digest. PASSED only if `status` is "match" and every table's verdict is; anything else is
// FAILED. Errors: "nothing-to-attest" (no table with a digest), "not-json" (NaN or an infinity, which in-toto's readers
// refuse).
Result<Attestation> build_attestation(const ManifestFields& fields, const Manifest& manifest);

}  // namespace lockstep
