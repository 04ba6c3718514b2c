// The lossless common type of two column types in DuckDB, for comparing columns whose types differ.
#include <algorithm>
#include <array>
#include <optional>

#include "engines/warehouse/common_type.h"
#include "engines/warehouse/duckdb/digest_expression.h"
#include "engines/warehouse/duckdb/integer_types.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

std::optional<DataType> common_integer(const IntegerType& a, const IntegerType& b) {
  const int bits = std::max(a.magnitude_bits(), b.magnitude_bits());
  const bool is_signed = a.is_signed || b.is_signed;
  for (const IntegerType& candidate : kIntegerTypes)  // each half of the table ascends
    if (candidate.is_signed == is_signed && candidate.magnitude_bits() >= bits) return scalar_type(candidate.name);
  return std::nullopt;
}

bool one_of(const DataType& type, std::initializer_list<std::string_view> names) {
  return type.kind == Kind::scalar && std::find(names.begin(), names.end(), type.name) != names.end();
}

bool textual(const DataType& type) {
  return type.kind == Kind::enumeration || one_of(type, {"VARCHAR", "JSON"});
}

int time_rank(const DataType& type) {
  static constexpr std::array kRanks{"DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"};
  if (type.kind != Kind::scalar) return -1;
  const auto found = std::find(kRanks.begin(), kRanks.end(), type.name);
  return found == kRanks.end() ? -1 : static_cast<int>(found - kRanks.begin());
}

bool exact(const DataType& type) {
  return type.kind == Kind::decimal || find_integer_type(type) != nullptr;
}
int whole_digits(const DataType& type) {
  return type.kind == Kind::decimal ? type.precision - type.scale : find_integer_type(type)->digits;
}

Result<DataType> unify_float(const Dialect& dialect, const DataType& a, const DataType& b) {
  if (one_of(a, {"FLOAT", "DOUBLE"}) && one_of(b, {"FLOAT", "DOUBLE"})) return scalar_type("DOUBLE");
  const bool a_is_float = one_of(a, {"FLOAT", "DOUBLE"});
  const IntegerType* whole = find_integer_type(a_is_float ? b : a);
  const DataType& real = a_is_float ? a : b;
  // A FLOAT holds every integer up to 2^24, a DOUBLE up to 2^53.
  if (whole != nullptr && whole->magnitude_bits() <= 24 && real.name == "FLOAT") return scalar_type("FLOAT");
  if (whole != nullptr && whole->magnitude_bits() <= 53) return scalar_type("DOUBLE");
  return types_not_comparable(dialect, a, b, "a binary floating-point number cannot hold every value of the other");
}

Result<DataType> unify_scalar(const Dialect& dialect, const DataType& a, const DataType& b) {
  if (textual(a) && textual(b)) return scalar_type("VARCHAR");
  if (const IntegerType *x = find_integer_type(a), *y = find_integer_type(b); x != nullptr && y != nullptr) {
    if (auto common = common_integer(*x, *y)) return *common;
    return types_not_comparable(dialect, a, b, "no integer type holds both ranges");
  }
  if (exact(a) && exact(b)) {
    if (auto common = common_decimal(whole_digits(a), a.scale, whole_digits(b), b.scale)) return *common;
    return types_not_comparable(dialect, a, b, "it would need more than 38 digits");
  }
  if (one_of(a, {"FLOAT", "DOUBLE"}) || one_of(b, {"FLOAT", "DOUBLE"})) return unify_float(dialect, a, b);
  if (const int x = time_rank(a), y = time_rank(b); x >= 0 && y >= 0) {
    // TIMESTAMP holds microseconds: all of DATE, _S and _MS within its range; a value beyond it is an error at the
    // cast, never a changed value.
    static constexpr std::array kCommon{"TIMESTAMP", "TIMESTAMP", "TIMESTAMP", "TIMESTAMP", "TIMESTAMP_NS"};
    return scalar_type(kCommon[static_cast<std::size_t>(std::max(x, y))]);
  }
  if ((time_rank(a) >= 0 && one_of(b, {"TIMESTAMP WITH TIME ZONE"})) ||
      (time_rank(b) >= 0 && one_of(a, {"TIMESTAMP WITH TIME ZONE"})))
    return types_not_comparable(dialect, a, b, "which instant a local time means depends on the session's time zone");
  return types_not_comparable(dialect, a, b, {});
}

}  // namespace

Result<DataType> duckdb_common_type(const Dialect& dialect, const DataType& a, const DataType& b) {
  return common_type_of(dialect, a, b, [&dialect](const DataType& left, const DataType& right) {
    return unify_scalar(dialect, left, right);
  });
}

}  // namespace lockstep
