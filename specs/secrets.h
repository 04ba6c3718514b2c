// The secrets of a run, and the last-resort scrubber for everything that leaves the process.
// Thread-safe: add() and redact() may be called from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

class SecretSet {
 public:
  SecretSet();
  ~SecretSet();
  SecretSet(const SecretSet&) = delete;
  SecretSet& operator=(const SecretSet&) = delete;

  // Registers a value under its name. Refuses values shorter than 4 bytes: redacting them would shred every output.
  Result<void> add(std::string_view name, std::string_view value);

  // Replaces every occurrence by "***", also base64 (three alignments, both alphabets), percent-encoded, JSON-escaped,
  // hex, and each line (of 4 bytes or more) of a multi-line secret. Longest first.
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] Json redact(const Json& value) const;  // every string in it, keys too
  [[nodiscard]] bool contains_secret(std::string_view text) const;
  [[nodiscard]] bool empty() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
