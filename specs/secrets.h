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

  // Replaces every occurrence by "***", also base64 (three alignments, both alphabets), hex, with doubled quotes as in
  // SQL, percent-encoded or JSON-escaped in any way (also one inside the other), and each line (of 4 bytes or more) of
  // a multi-line secret. Where occurrences overlap, all of them are masked together. Linear in the text for ordinary
  // secrets, whatever their number.
  [[nodiscard]] std::string redact(std::string_view text) const;
  // Exact matches for what would otherwise be ambiguous: Json is made from strings, too.
  [[nodiscard]] std::string redact(const std::string& text) const { return redact(std::string_view(text)); }
  [[nodiscard]] std::string redact(const char* text) const { return redact(std::string_view(text)); }
  // Every string in it, keys too, and a number whose digits are a secret. Two keys that become the same are numbered.
  [[nodiscard]] Json redact(const Json& value) const;
  // Whether that would change anything; spares the copy of what is large and clean.
  [[nodiscard]] bool would_redact(const Json& value) const;
  [[nodiscard]] bool contains_secret(std::string_view text) const;
  [[nodiscard]] bool empty() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
