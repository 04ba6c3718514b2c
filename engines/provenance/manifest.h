// The manifest of Clone-Xs: what was cloned, how, with what result, and when it was signed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/provenance/redactor.h"
#include "specs/result.h"

namespace lockstep {

struct ManifestFields {
  std::string source_catalog;
  std::string destination_catalog;
  std::string job_id;         // empty: none
  std::string signed_at;      // utc_now_isoformat()
  std::string config = "{}";  // a JSON text; "null" counts as "{}"
  std::string result = "{}";  // a JSON text
};

struct Manifest {
  std::string canonical;              // the bytes that are signed
  std::vector<std::string> redacted;  // JSON pointers into the manifest
  std::string config;                 // the canonical texts of the two parts, as they stand in `canonical`
  std::string result;
  bool has_non_finite = false;  // Python's NaN or Infinity stands in it
};

// Errors: "json-not-readable", and "secret-in-manifest" for a catalog's name or job id that holds a secret: those
// cannot be left out.
Result<Manifest> build_manifest(const ManifestFields& fields, const RedactionRules& rules);

// Now, as Python's datetime.now(timezone.utc).isoformat(timespec="microseconds"): 2026-11-24T10:00:00.123456+00:00.
std::string utc_now_isoformat();

}  // namespace lockstep
