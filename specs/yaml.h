// The strict YAML reader. Two independent parsers (libyaml and yaml-cpp) read every file, each turned into the same
// event stream; a file that the two read differently is refused. libyaml's marks give the spans. Findings: everything
// the pre-scan and the event walk see, up to and including the first syntax error. Limits: 8 MiB, depth 100, 1,000,000
// nodes. Thread-safe (no shared state).
#pragma once

#include <memory>
#include <optional>

#include "specs/diagnostic.h"
#include "specs/document.h"

namespace lockstep {

// Nothing when the text could not be read at all (then `diagnostics` has at least one error).
// A document with errors that do not hide its structure (duplicate keys, say) is still returned, so that later checks
// can report theirs in the same pass; the caller asks diagnostics.has_errors() before acting on it.
// A file without a document (nothing but comments) is an error: "empty file". The root may be of any kind.
std::optional<Document> parse_yaml(std::shared_ptr<const Source> source, Diagnostics& diagnostics);

// For files that must be a mapping (runbooks, params, secrets): reports "no mapping" at line 1 and answers false for
// any other root.
bool require_mapping(const Document& document, Diagnostics& diagnostics);

}  // namespace lockstep
