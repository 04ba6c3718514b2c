// A column's default as SQL that this engine can hold, or the reason why it cannot. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

// Absent: the column has none. Errors: "default-unsupported".
Result<std::optional<std::string>> settable_default(const Column& column, const Dialect& dialect);

}  // namespace lockstep
