// libFuzzer target: any bytes as an envelope. Never a crash, never valid by accident, and the canonical form is a fixed
// point. Run by ./dev fuzz.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "engines/provenance/manifest.h"
#include "engines/provenance/verify.h"

namespace {

using namespace lockstep;

void must(bool holds) {
  if (!holds) std::abort();
}

// The fuzzer cannot guess the secret or the key, so whatever it makes is not valid.
const TrustedKeys& trusted() {
  static const TrustedKeys keys{"7f1c0a55b0c1d3e9a4f2", {PrivateKey::generate().public_key()}};
  return keys;
}

void check_canonical(std::string_view text) {
  CanonicalWriter writer;
  if (!read_json_text(text, writer, kMaxManifestDepth)) return;
  std::string once = writer.take();
  CanonicalWriter again;
  must(read_json_text(once, again, kMaxManifestDepth).ok());
  must(again.take() == once);
  if (Result<Json> json = parse_json(once, kMaxManifestDepth)) must(canonical_text(*json, kMaxManifestDepth).ok());
}

void check_redaction(std::string_view text) {
  ManifestFields fields;
  fields.source_catalog = "a";
  fields.destination_catalog = "b";
  fields.config = text;
  RedactionRules rules;
  rules.tainted = {"/config/a", "/config/0"};
  rules.is_secret = [](std::string_view part) { return part.find("s3cr3t") != std::string_view::npos; };
  Result<Manifest> manifest = build_manifest(fields, rules);
  if (!manifest) return;
  must(manifest->canonical.find("s3cr3t") == std::string::npos);
  CanonicalWriter writer;
  must(read_json_text(manifest->canonical, writer, kMaxManifestDepth).ok());
  must(writer.take() == manifest->canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Verification verdict = verify_envelope(text, trusted());
  must(!verdict.valid && !verdict.reason.empty());
  must(!to_json(verdict).dump().empty());
  check_canonical(text);
  check_redaction(text);
  return 0;
}
