// JSON values that come without a file, in the form that the schema walk reads. Private to specs/schema*.cc and tests.
#pragma once

#include <cstddef>
#include <optional>

#include "specs/document.h"

namespace lockstep {

// A node without positions. Nothing when the value is nested more than `deepest` levels deep.
std::optional<Node> schema_node(const Json& value, std::size_t deepest);

}  // namespace lockstep
