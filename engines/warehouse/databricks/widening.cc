#include "engines/warehouse/databricks/widening.h"

#include "engines/warehouse/databricks/integer_types.h"
#include "engines/warehouse/databricks/type_text.h"
#include "engines/warehouse/type_change.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

TypeChange leaf(const DataType& from, const DataType& to);

const TypeChangeRules& rules() {
  static const TypeChangeRules kRules{leaf, print_databricks_type};
  return kRules;
}

TypeChange refuse(const DataType& from, const DataType& to, std::string_view why) {
  return refused_change(rules(), from, to, why);
}

TypeChange from_integer(const DatabricksInteger& from, const DataType& from_type, const DataType& to) {
  if (const DatabricksInteger* target = find_databricks_integer(to))
    return target->bits > from.bits ? widening_change() : refuse(from_type, to, "not every value fits");
  if (to.kind == Kind::decimal) {
    if (to.precision - to.scale >= from.decimal_digits) return widening_change();
    return refuse(from_type, to,
                  "Delta asks for " + std::to_string(from.decimal_digits) + " digits before the decimal point");
  }
  if (is_scalar(to, "DOUBLE"))
    return from.bits <= 32 ? widening_change() : refuse(from_type, to, "a DOUBLE is exact only up to 2^53");
  return refuse(from_type, to, "Delta does not widen an integer to it");
}

TypeChange from_decimal(const DataType& from, const DataType& to) {
  if (to.kind != Kind::decimal) return refuse(from, to, "that would lose digits or change the kind of value");
  const bool fits = to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  return fits ? widening_change() : refuse(from, to, "digits would be lost");
}

// From VARCHAR(n), CHAR(n) or STRING.
TypeChange from_text(const DataType& from, const DataType& to) {
  const std::optional<int> varchar = varchar_length(from);
  const std::optional<int> length = varchar ? varchar : char_length(from);
  if (!is_databricks_text(to)) return refuse(from, to, "text and other values are not exchangeable without loss");
  if (!length) {
    if (varchar_length(to) || char_length(to)) return refuse(from, to, "longer texts would not fit");
    return refuse(from, to, "another collation would change how values compare");
  }
  if (is_scalar(to, "STRING")) return widening_change();
  if (const std::optional<int> wanted = varchar_length(to))
    return *wanted >= *length ? widening_change() : refuse(from, to, "longer texts would not fit");
  if (char_length(to)) return refuse(from, to, "Spark does not change a text to a CHAR of another length");
  return refuse(from, to, "another collation would change how values compare");
}

TypeChange leaf(const DataType& from, const DataType& to) {
  if (is_scalar(from, "VOID")) return widening_change();
  if (from.nested() || to.nested()) return refuse(from, to, "that is another kind of value");
  if (const DatabricksInteger* number = find_databricks_integer(from)) return from_integer(*number, from, to);
  if (from.kind == Kind::decimal) return from_decimal(from, to);
  if (is_databricks_text(from)) return from_text(from, to);
  if (is_databricks_text(to)) return refuse(from, to, "Delta converts no other value to text in place");
  if (is_scalar(from, "FLOAT") && is_scalar(to, "DOUBLE")) return widening_change();
  if (is_scalar(from, "DATE") && is_scalar(to, "TIMESTAMP_NTZ")) return widening_change();
  if (is_scalar(to, "TIMESTAMP")) return refuse(from, to, "the instant would depend on the session's time zone");
  return refuse(from, to, "Delta has no such widening");
}

}  // namespace

TypeChange databricks_type_change(const DataType& from, const DataType& to) {
  return nested_type_change(rules(), from, to);
}

std::vector<TableFeature> databricks_features_for_type_change(const DataType& from, const DataType& to) {
  // A length is metadata of a STRING, and a VOID column has no values: neither is a widening to Delta.
  if (is_databricks_text(from) || is_scalar(from, "VOID")) return {};
  if (is_scalar(to, "TIMESTAMP_NTZ")) return {TableFeature::type_widening, TableFeature::timestamp_ntz};
  return {TableFeature::type_widening};
}

}  // namespace lockstep
