// Databricks' integer types: the one table that widening and common types are decided by. Immutable, thread-safe.
#pragma once

#include <array>
#include <string_view>

#include "engines/warehouse/type.h"

namespace lockstep {

struct DatabricksInteger {
  std::string_view name;
  int bits;
  int digits;          // decimal digits of its largest value
  int decimal_digits;  // digits before the point that Delta asks of a DECIMAL it widens to [Delta PROTOCOL.md]
};

inline constexpr std::array<DatabricksInteger, 4> kDatabricksIntegers = {
    {{"TINYINT", 8, 3, 10}, {"SMALLINT", 16, 5, 10}, {"INT", 32, 10, 10}, {"BIGINT", 64, 19, 20}}};

// Null when the type is no integer.
inline const DatabricksInteger* find_databricks_integer(const DataType& type) {
  if (type.kind != DataType::Kind::scalar) return nullptr;
  for (const DatabricksInteger& candidate : kDatabricksIntegers)
    if (candidate.name == type.name) return &candidate;
  return nullptr;
}

}  // namespace lockstep
