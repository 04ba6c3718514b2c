// Reads a JSON text as Python's json.loads does, without turning numbers into something smaller than they are.
#pragma once

#include <cstddef>
#include <string_view>

#include "engines/provenance/value_sink.h"
#include "specs/result.h"

namespace lockstep {

// Nesting of a manifest. Deeper documents are refused; readers of documents that hold a manifest allow for the levels
// above it.
inline constexpr std::size_t kMaxManifestDepth = 100;

// Feeds the one value in `text` to `sink`. What Python accepts is accepted: NaN, Infinity, -Infinity, escapes of lone
// surrogates, integers of up to 4300 digits, floats out of range. Refused beyond Python: nesting deeper than
// `max_depth`, bytes that are not UTF-8; the canonical writer refuses duplicate keys. Lists and objects together count
// as nesting; a scalar has depth 0. The only error is "json-not-readable"; its message starts with line and column and
// quotes nothing unescaped. Precondition: the text is below 4 GiB. Linear time, recursion bounded by `max_depth`.
Result<void> read_json_text(std::string_view text, ValueSink& sink, std::size_t max_depth);

}  // namespace lockstep
