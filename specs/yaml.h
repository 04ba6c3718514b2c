// The strict YAML reader. Two independent parsers (libyaml and yaml-cpp) read every file, each turned into the same
// event stream; a file that the two read differently is refused. libyaml's marks give the spans. Findings: everything
// the pre-scan and the event walk see, up to and including the first syntax error. Limits: 8 MiB, depth 100, 1,000,000
// nodes. Thread-safe (no shared state).
#pragma once

#include <future>
#include <memory>
#include <optional>

#include "specs/diagnostic.h"
#include "specs/document.h"
#include "specs/yaml_second_reading.h"

namespace lockstep {

// Nothing when the text could not be read at all (then `diagnostics` has at least one error).
// A document with errors that do not hide its structure (duplicate keys, say) is still returned, so that later checks
// can report theirs in the same pass; the caller asks diagnostics.has_errors() before acting on it.
// A file without a document (nothing but comments) is an error: "empty file". The root may be of any kind.
std::optional<Document> parse_yaml(std::shared_ptr<const Source> source, Diagnostics& diagnostics);

// The same for those who check the document at once: yaml-cpp takes as long as everything else together, so the second
// reading of a large file goes on in a thread of its own until confirm() waits for it.
class AdvanceReading {
 public:
  AdvanceReading(std::shared_ptr<const Source> source, Diagnostics& diagnostics);

  // What the first reading found; nothing when that was no document. Not to be acted on before confirm().
  std::optional<Document> document;
  // False: the two readings differ. Then `diagnostics` holds that one finding and those of the first reading, and what
  // was found in the document since then is taken out again, as nobody knows what the file says. Call it once.
  bool confirm(Diagnostics& diagnostics);

 private:
  struct Shared;
  std::shared_ptr<const Shared> shared_;
  std::optional<Diagnostics> before_;  // the findings when the second reading began
  std::future<std::optional<YamlDisagreement>> second_;
};

}  // namespace lockstep
