#include "engines/warehouse/common_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lockstep {

namespace {

using Kind = DataType::Kind;

constexpr int kMaxDepth = 32;
constexpr int kMaxPrecision = 38;
constexpr const char* kRemedy =
    "give both columns one type (schema-evolution can widen the target's), or leave the table out with "
    "exclude_tables";

class Unifier {
 public:
  Unifier(const Dialect& dialect, const ScalarUnifier& scalars) : dialect_(dialect), scalars_(scalars) {}

  Result<DataType> unify(const DataType& a, const DataType& b, int depth) const {
    if (depth > kMaxDepth)
      return Error("types-not-comparable"_code, fmt::format("the types are nested more than {} levels deep", kMaxDepth),
                   kRemedy);
    const bool lists =
        (a.kind == Kind::list || a.kind == Kind::array) && (b.kind == Kind::list || b.kind == Kind::array);
    if (lists) return unify_list(a, b, depth);
    if (a.kind == Kind::map && b.kind == Kind::map) return unify_map(a, b, depth);
    if (a.kind == Kind::structure && b.kind == Kind::structure) return unify_struct(a, b, depth);
    if (same_type(a, b)) return a;
    if (a.nested() || b.nested() || a.kind == Kind::unknown || b.kind == Kind::unknown)
      return types_not_comparable(dialect_, a, b, {});
    return scalars_(a, b);
  }

 private:
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
    const auto one_sided = [](const TypeField& field) {
      return Error("types-not-comparable"_code,
                   fmt::format("the field \"{}\" is only in one of the two structs", field.name), kRemedy);
    };
    DataType common = a;
    for (TypeField& field : common.fields) {
      const TypeField* other = find_type_field(b, field.name);
      if (other == nullptr) return one_sided(field);
      Result<DataType> part = unify(field.type, other->type, depth + 1);
      if (!part) return std::move(part).error().with_context(fmt::format("in the field \"{}\"", field.name));
      field.type = std::move(part).value();
    }
    for (const TypeField& field : b.fields)
      if (find_type_field(a, field.name) == nullptr) return one_sided(field);
    return printed(std::move(common));
  }

  DataType printed(DataType type) const {
    type.text.clear();  // else the text of the side it was copied from would be printed
    type.text = dialect_.print_type(type);
    return type;
  }

  const Dialect& dialect_;
  const ScalarUnifier& scalars_;
};

}  // namespace

Result<DataType> common_type_of(const Dialect& dialect, const DataType& a, const DataType& b,
                                const ScalarUnifier& scalars) {
  return Unifier(dialect, scalars).unify(a, b, 0);
}

Error types_not_comparable(const Dialect& dialect, const DataType& a, const DataType& b, std::string_view why) {
  return Error("types-not-comparable"_code,
               fmt::format("{} and {} have no lossless common type{}{}", dialect.print_type(a), dialect.print_type(b),
                           why.empty() ? "" : ": ", why),
               kRemedy);
}

std::optional<DataType> common_decimal(int whole_a, int scale_a, int whole_b, int scale_b) {
  const int scale = std::max(scale_a, scale_b);
  const int precision = std::max(whole_a, whole_b) + scale;
  if (precision > kMaxPrecision) return std::nullopt;
  return decimal_type(precision, scale);
}

}  // namespace lockstep
