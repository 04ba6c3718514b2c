#include "engines/warehouse/duckdb/widening.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

#include "engines/warehouse/duckdb/integer_types.h"
#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/type_change.h"

namespace lockstep {

namespace {

TypeChangeRules rules_of(CatalogKind kind);

TypeChange refuse(const DataType& from, const DataType& to, std::string_view why) {
  return refused_change(rules_of(CatalogKind::file), from, to, why);  // types are printed alike on both kinds
}

TypeChange from_integer(CatalogKind kind, const IntegerType& from, const DataType& from_type, const DataType& to) {
  if (const IntegerType* target = find_integer_type(to)) {
    // A DuckLake's Parquet files keep 128-bit integers as doubles, which lose digits.
    if (kind == CatalogKind::lake && target->bits == 128)
      return refuse(from_type, to, "a DuckLake does not keep every digit of 128-bit integers");
    bool fits =
        from.is_signed == target->is_signed ? target->bits > from.bits : !from.is_signed && target->bits > from.bits;
    return fits ? widening_change() : refuse(from_type, to, "not every value fits");
  }
  if (to.kind == DataType::Kind::decimal)
    return to.precision - to.scale >= from.digits ? widening_change()
                                                  : refuse(from_type, to, "not every value has room");
  if (is_scalar(to, "DOUBLE"))
    return from.bits <= 32 ? widening_change() : refuse(from_type, to, "a DOUBLE is exact only up to 2^53");
  if (is_scalar(to, "FLOAT"))
    return from.bits <= 16 ? widening_change() : refuse(from_type, to, "a FLOAT is exact only up to 2^24");
  return refuse(from_type, to, "that is another kind of value");
}

TypeChange from_decimal(const DataType& from, const DataType& to) {
  if (to.kind != DataType::Kind::decimal) return refuse(from, to, "that would lose digits or change the kind of value");
  bool fits = to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
  return fits ? widening_change() : refuse(from, to, "digits would be lost");
}

TypeChange from_scalar(CatalogKind kind, const DataType& from, const DataType& to) {
  if (const IntegerType* number = find_integer_type(from)) return from_integer(kind, *number, from, to);
  if (is_scalar(from, "FLOAT") && is_scalar(to, "DOUBLE")) return widening_change();
  // A file converts its rows at once, and keeps the DATE when one of them has no room. A DuckLake converts when they
  // are read [executed: every read of the table fails then].
  if (is_scalar(from, "DATE") && is_scalar(to, "TIMESTAMP"))
    return kind == CatalogKind::file
               ? widening_change()
               : refuse(from, to,
                        "a DATE may lie beyond the last TIMESTAMP (in the year 294247), and a DuckLake's "
                        "table with such a row could not be read any more");
  if (is_scalar(from, "TIMESTAMP_S") && (is_scalar(to, "TIMESTAMP") || is_scalar(to, "TIMESTAMP_MS")))
    return kind == CatalogKind::file
               ? widening_change()
               : refuse(from, to, "a DuckLake's Parquet files hold no infinite TIMESTAMP_S, and reading it would fail");
  if (is_scalar(from, "TIMESTAMP_MS") && is_scalar(to, "TIMESTAMP")) return widening_change();
  if (is_scalar(to, "TIMESTAMP WITH TIME ZONE"))
    return refuse(from, to, "the instant would depend on the session's time zone");
  if (is_scalar(from, "VARCHAR") || is_scalar(to, "VARCHAR"))
    return refuse(from, to, "text and other values are not exchangeable without loss");
  return refuse(from, to, "not every value can be kept");
}

bool holds_enumeration(const DataType& type) {
  if (type.kind == DataType::Kind::enumeration) return true;
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const TypeField& field) { return holds_enumeration(field.type); });
}

// Whether ADD COLUMN path.field can do it all, so that no statement has to name the whole type.
bool only_gains_fields(const DataType& from, const DataType& to) {
  if (same_type(from, to)) return true;
  if (from.kind != to.kind || !from.nested() || from.size != to.size) return false;
  return std::all_of(from.fields.begin(), from.fields.end(), [&to](const TypeField& field) {
    const TypeField* match = find_type_field(to, field.name);
    return match != nullptr && only_gains_fields(field.type, match->type);
  });
}

TypeChange from_enumeration(const DataType& from, const DataType& to) {
  if (is_scalar(to, "VARCHAR")) return widening_change();  // every value is its own text
  if (to.kind != DataType::Kind::enumeration) return refuse(from, to, "that is another kind of value");
  for (const std::string& value : from.values)
    if (std::find(to.values.begin(), to.values.end(), value) == to.values.end())
      return refuse(from, to, fmt::format("the value '{}' would be lost", value));
  return widening_change();
}

TypeChange leaf(CatalogKind kind, const DataType& from, const DataType& to) {
  switch (from.kind) {
    case DataType::Kind::scalar:
      return from_scalar(kind, from, to);
    case DataType::Kind::decimal:
      return from_decimal(from, to);
    case DataType::Kind::enumeration:
      return from_enumeration(from, to);
    case DataType::Kind::array:
      if (to.kind == DataType::Kind::list) {
        TypeChange element = duckdb_type_change(kind, from.fields[0].type, to.fields[0].type);
        return element.verdict == TypeChange::Verdict::refused ? element : widening_change();
      }
      break;
    default:
      break;
  }
  return refuse(from, to, "that is another kind of value");
}

TypeChangeRules rules_of(CatalogKind kind) {
  return {[kind](const DataType& from, const DataType& to) { return leaf(kind, from, to); }, print_duckdb_type};
}

}  // namespace

TypeChange duckdb_type_change(CatalogKind kind, const DataType& from, const DataType& to) {
  TypeChange result = nested_type_change(rules_of(kind), from, to);
  // Executed on 1.5.5: "Cannot serialize non-constant type parameter", and the table cannot be altered any more until
  // the file is opened again.
  if (kind == CatalogKind::file && result.verdict == TypeChange::Verdict::widening && to.nested() &&
      holds_enumeration(to) && !only_gains_fields(from, to))
    return refuse(from, to, "DuckDB cannot alter the type of a nested column that holds an ENUM");
  return result;
}

}  // namespace lockstep
