// JSON as a workspace answers it, up to a hundred megabytes at once. Safe from any thread.
#pragma once

#include <optional>
#include <string>

#include "specs/document.h"

namespace lockstep {

// A body that is no JSON, or is nested deeper than anything that a workspace sends (100), is none. Of a key that stands
// twice the last value counts; an integer beyond 64 bits becomes a double. Spares a copy when the capacity of `body` is
// at least 32 bytes beyond its size.
std::optional<Json> parse_answer(const std::string& body);

}  // namespace lockstep
