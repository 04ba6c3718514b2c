// DuckDB's integer types: the one table that widening and common types are decided by. Immutable, thread-safe.
#pragma once

#include <array>
#include <string_view>

#include "engines/warehouse/type.h"

namespace lockstep {

struct IntegerType {
  std::string_view name;
  bool is_signed;
  int bits;    // of its storage
  int digits;  // decimal digits of its largest value

  // Every value lies in [-2^n, 2^n - 1], or in [0, 2^n - 1] when unsigned.
  [[nodiscard]] constexpr int magnitude_bits() const { return is_signed ? bits - 1 : bits; }
};

// The signed ones, then the unsigned ones; each half ascends.
inline constexpr std::array<IntegerType, 10> kIntegerTypes = {{{"TINYINT", true, 8, 3},
                                                               {"SMALLINT", true, 16, 5},
                                                               {"INTEGER", true, 32, 10},
                                                               {"BIGINT", true, 64, 19},
                                                               {"HUGEINT", true, 128, 39},
                                                               {"UTINYINT", false, 8, 3},
                                                               {"USMALLINT", false, 16, 5},
                                                               {"UINTEGER", false, 32, 10},
                                                               {"UBIGINT", false, 64, 20},
                                                               {"UHUGEINT", false, 128, 39}}};

// Null when the type is no integer.
const IntegerType* find_integer_type(const DataType& type);

}  // namespace lockstep
