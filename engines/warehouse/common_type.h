// The lossless common type of two column types: what is the same on every engine. Structures are unified here, scalars
// by the engine's own rule. Pure; thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

// Both arguments are scalars, DECIMALs or enumerations, and not the same type.
using ScalarUnifier = std::function<Result<DataType>(const DataType&, const DataType&)>;

// Struct fields are paired by name without regard to case; names and order are those of `a`. Errors:
// "types-not-comparable" with the reason as its message.
Result<DataType> common_type_of(const Dialect& dialect, const DataType& a, const DataType& b,
                                const ScalarUnifier& scalars);

// The error; `why` may be empty.
Error types_not_comparable(const Dialect& dialect, const DataType& a, const DataType& b, std::string_view why);

// The DECIMAL with the larger scale and enough digits in front of it; nothing above 38 digits.
std::optional<DataType> common_decimal(int whole_a, int scale_a, int whole_b, int scale_b);

}  // namespace lockstep
