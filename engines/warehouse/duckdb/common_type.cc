// The lossless common type of two column types in DuckDB, for comparing columns whose types differ.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engines/warehouse/duckdb/digest_expression.h"
#include "engines/warehouse/duckdb/integer_types.h"

namespace lockstep {

namespace {

using Kind = DataType::Kind;

constexpr int kMaxDepth = 32;
constexpr int kMaxPrecision = 38;

DataType scalar(std::string_view name) {
  DataType type;
  type.kind = Kind::scalar;
  type.name = name;
  type.text = name;
  return type;
}

DataType decimal(int precision, int scale) {
  DataType type;
  type.kind = Kind::decimal;
  type.precision = precision;
  type.scale = scale;
  type.text = fmt::format("DECIMAL({},{})", precision, scale);
  return type;
}

std::optional<DataType> common_integer(const IntegerType& a, const IntegerType& b) {
  const int bits = std::max(a.magnitude_bits(), b.magnitude_bits());
  const bool is_signed = a.is_signed || b.is_signed;
  for (const IntegerType& candidate : kIntegerTypes)  // each half of the table ascends
    if (candidate.is_signed == is_signed && candidate.magnitude_bits() >= bits) return scalar(candidate.name);
  return std::nullopt;
}

std::optional<DataType> common_decimal(int whole_a, int scale_a, int whole_b, int scale_b) {
  const int scale = std::max(scale_a, scale_b);
  const int precision = std::max(whole_a, whole_b) + scale;
  if (precision > kMaxPrecision) return std::nullopt;
  return decimal(precision, scale);
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

class Unifier {
 public:
  explicit Unifier(const Dialect& dialect) : dialect_(dialect) {}

  Result<DataType> unify(const DataType& a, const DataType& b, int depth) const {
    if (depth > kMaxDepth)
      return Error("types-not-comparable"_code, fmt::format("the types are nested more than {} levels deep", kMaxDepth),
                   kRemedy);
    const bool lists =
        (a.kind == Kind::list || a.kind == Kind::array) && (b.kind == Kind::list || b.kind == Kind::array);
    if (lists) return unify_list(a, b, depth);
    if (a.kind == Kind::map && b.kind == Kind::map) return unify_map(a, b, depth);
    if (a.kind == Kind::structure && b.kind == Kind::structure) return unify_struct(a, b, depth);
    if (a.nested() || b.nested() || a.kind == Kind::unknown || b.kind == Kind::unknown)
      return same_type(a, b) ? Result<DataType>(a) : refuse(a, b, {});
    return unify_scalar(a, b);
  }

 private:
  static constexpr const char* kRemedy =
      "give both columns one type (schema-evolution can widen the target's), or leave the table out with "
      "exclude_tables";

  Error refuse(const DataType& a, const DataType& b, std::string_view why) const {
    return Error("types-not-comparable"_code,
                 fmt::format("{} and {} have no lossless common type{}{}", dialect_.print_type(a),
                             dialect_.print_type(b), why.empty() ? "" : ": ", why),
                 kRemedy);
  }

  Result<DataType> unify_scalar(const DataType& a, const DataType& b) const {
    if (same_type(a, b)) return a;
    if (textual(a) && textual(b)) return scalar("VARCHAR");
    if (const IntegerType *x = find_integer_type(a), *y = find_integer_type(b); x != nullptr && y != nullptr) {
      if (auto common = common_integer(*x, *y)) return *common;
      return refuse(a, b, "no integer type holds both ranges");
    }
    if (exact(a) && exact(b)) {
      if (auto common = common_decimal(whole_digits(a), a.scale, whole_digits(b), b.scale)) return *common;
      return refuse(a, b, fmt::format("it would need more than {} digits", kMaxPrecision));
    }
    if (one_of(a, {"FLOAT", "DOUBLE"}) || one_of(b, {"FLOAT", "DOUBLE"})) return unify_float(a, b);
    if (const int x = time_rank(a), y = time_rank(b); x >= 0 && y >= 0) {
      // TIMESTAMP holds microseconds: all of DATE, _S and _MS within its range; a value beyond it is an error at the
      // cast, never a changed value.
      static constexpr std::array kCommon{"TIMESTAMP", "TIMESTAMP", "TIMESTAMP", "TIMESTAMP", "TIMESTAMP_NS"};
      return scalar(kCommon[static_cast<std::size_t>(std::max(x, y))]);
    }
    if ((time_rank(a) >= 0 && one_of(b, {"TIMESTAMP WITH TIME ZONE"})) ||
        (time_rank(b) >= 0 && one_of(a, {"TIMESTAMP WITH TIME ZONE"})))
      return refuse(a, b, "which instant a local time means depends on the session's time zone");
    return refuse(a, b, {});
  }

  Result<DataType> unify_float(const DataType& a, const DataType& b) const {
    if (one_of(a, {"FLOAT", "DOUBLE"}) && one_of(b, {"FLOAT", "DOUBLE"})) return scalar("DOUBLE");
    const bool a_is_float = one_of(a, {"FLOAT", "DOUBLE"});
    const IntegerType* whole = find_integer_type(a_is_float ? b : a);
    const DataType& real = a_is_float ? a : b;
    // A FLOAT holds every integer up to 2^24, a DOUBLE up to 2^53.
    if (whole != nullptr && whole->magnitude_bits() <= 24 && real.name == "FLOAT") return scalar("FLOAT");
    if (whole != nullptr && whole->magnitude_bits() <= 53) return scalar("DOUBLE");
    return refuse(a, b, "a binary floating-point number cannot hold every value of the other");
  }

  Result<DataType> unify_list(const DataType& a, const DataType& b, int depth) const {
    Result<DataType> element = unify(a.fields.front().type, b.fields.front().type, depth + 1);
    if (!element) return element;
    DataType common = a;
    if (b.kind == Kind::list || a.size != b.size) {
      common.kind = Kind::list;
      common.size = 0;
    }
    common.fields.front().type = std::move(element).value();
    return printed(std::move(common));
  }

  Result<DataType> unify_map(const DataType& a, const DataType& b, int depth) const {
    DataType common = a;
    for (std::size_t i = 0; i < 2; ++i) {
      Result<DataType> part = unify(a.fields[i].type, b.fields[i].type, depth + 1);
      if (!part) return part;
      common.fields[i].type = std::move(part).value();
    }
    return printed(std::move(common));
  }

  Result<DataType> unify_struct(const DataType& a, const DataType& b, int depth) const {
    DataType common = a;
    for (TypeField& field : common.fields) {
      const TypeField* other = find_type_field(b, field.name);
      if (other == nullptr)
        return Error("types-not-comparable"_code,
                     fmt::format("the field \"{}\" is only in one of the two structs", field.name), kRemedy);
      Result<DataType> part = unify(field.type, other->type, depth + 1);
      if (!part) return std::move(part).error().with_context(fmt::format("in the field \"{}\"", field.name));
      field.type = std::move(part).value();
    }
    for (const TypeField& field : b.fields)
      if (find_type_field(a, field.name) == nullptr)
        return Error("types-not-comparable"_code,
                     fmt::format("the field \"{}\" is only in one of the two structs", field.name), kRemedy);
    return printed(std::move(common));
  }

  static bool exact(const DataType& type) { return type.kind == Kind::decimal || find_integer_type(type) != nullptr; }
  static int whole_digits(const DataType& type) {
    return type.kind == Kind::decimal ? type.precision - type.scale : find_integer_type(type)->digits;
  }

  DataType printed(DataType type) const {
    type.text.clear();  // else the text of the side it was copied from would be printed
    type.text = dialect_.print_type(type);
    return type;
  }

  const Dialect& dialect_;
};

}  // namespace

Result<DataType> duckdb_common_type(const Dialect& dialect, const DataType& a, const DataType& b) {
  return Unifier(dialect).unify(a, b, 0);
}

}  // namespace lockstep
