// The lossless common type of two column types in Databricks, for comparing columns whose types differ.
#include <algorithm>

#include "engines/warehouse/common_type.h"
#include "engines/warehouse/databricks/digest_expression.h"
#include "engines/warehouse/databricks/integer_types.h"
#include "engines/warehouse/databricks/type_text.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

bool one_of(const DataType& type, std::initializer_list<std::string_view> names) {
  return type.kind == Kind::scalar && std::find(names.begin(), names.end(), type.name) != names.end();
}

bool exact(const DataType& type) {
  return type.kind == Kind::decimal || find_databricks_integer(type) != nullptr;
}
int whole_digits(const DataType& type) {
  return type.kind == Kind::decimal ? type.precision - type.scale : find_databricks_integer(type)->digits;
}

Result<DataType> unify_float(const Dialect& dialect, const DataType& a, const DataType& b) {
  const bool a_is_float = one_of(a, {"FLOAT", "DOUBLE"});
  if (a_is_float && one_of(b, {"FLOAT", "DOUBLE"})) return scalar_type("DOUBLE");
  const DatabricksInteger* whole = find_databricks_integer(a_is_float ? b : a);
  const DataType& real = a_is_float ? a : b;
  // A FLOAT holds every integer up to 2^24, a DOUBLE up to 2^53.
  if (whole != nullptr && whole->bits <= 16 && real.name == "FLOAT") return scalar_type("FLOAT");
  if (whole != nullptr && whole->bits <= 32) return scalar_type("DOUBLE");
  return types_not_comparable(dialect, a, b, "a binary floating-point number cannot hold every value of the other");
}

Result<DataType> unify_scalar(const Dialect& dialect, const DataType& a, const DataType& b) {
  if (is_databricks_text(a) && is_databricks_text(b)) {
    const std::optional<int> x = char_length(a);
    const std::optional<int> y = char_length(b);
    return x && y ? (*x > *y ? a : b) : scalar_type("STRING");
  }
  if (const DatabricksInteger *x = find_databricks_integer(a), *y = find_databricks_integer(b);
      x != nullptr && y != nullptr)
    return scalar_type(x->bits > y->bits ? x->name : y->name);
  if (exact(a) && exact(b)) {
    if (auto common = common_decimal(whole_digits(a), a.scale, whole_digits(b), b.scale)) return *common;
    return types_not_comparable(dialect, a, b, "it would need more than 38 digits");
  }
  if (one_of(a, {"FLOAT", "DOUBLE"}) || one_of(b, {"FLOAT", "DOUBLE"})) return unify_float(dialect, a, b);
  const auto local = [](const DataType& type) { return one_of(type, {"DATE", "TIMESTAMP_NTZ"}); };
  if (local(a) && local(b)) return scalar_type("TIMESTAMP_NTZ");
  if ((local(a) && one_of(b, {"TIMESTAMP"})) || (local(b) && one_of(a, {"TIMESTAMP"})))
    return types_not_comparable(dialect, a, b, "which instant a local time means depends on the session's time zone");
  return types_not_comparable(dialect, a, b, {});
}

}  // namespace

Result<DataType> databricks_common_type(const Dialect& dialect, const DataType& a, const DataType& b) {
  return common_type_of(dialect, a, b, [&dialect](const DataType& left, const DataType& right) {
    return unify_scalar(dialect, left, right);
  });
}

}  // namespace lockstep
