// Reads one JSON text a line and prints what Lockstep makes of it, for provenance_differential.py:
//   "ok" TAB canonical form TAB HMAC-SHA256 of it under CLONE_XS_SIGNING_SECRET, or "refused" TAB reason.
#include <fmt/format.h>
#include <cstdio>
#include <iostream>
#include <string>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/encoding.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/sign.h"

int main() {
  using namespace lockstep;
  std::string secret = signing_secret().value_or("");
  std::string line;
  while (std::getline(std::cin, line)) {
    CanonicalWriter writer;
    Result<void> read = read_json_text(line, writer, kMaxManifestDepth);
    if (!read) {
      fmt::print("refused\t{}\n", read.error().message);
      continue;
    }
    std::string canonical = writer.take();
    std::string signature = hmac_sha256_hex(secret, canonical);
    fmt::print("ok\t{}\t{}\n", canonical, signature);
  }
  return 0;
}
