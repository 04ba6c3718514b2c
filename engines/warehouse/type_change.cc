#include "engines/warehouse/type_change.h"

#include <fmt/format.h>

#include <utility>

namespace lockstep {

namespace {

using Verdict = TypeChange::Verdict;

TypeChange worse(TypeChange a, TypeChange b) {
  if (a.verdict == Verdict::refused) return a;
  if (b.verdict == Verdict::refused) return b;
  return a.verdict == Verdict::widening ? a : b;
}

// Every field of the old type must be there and keep its values; new fields are additions.
TypeChange from_structure(const TypeChangeRules& rules, const DataType& from, const DataType& to) {
  TypeChange result{Verdict::same, {}};
  for (const TypeField& field : from.fields) {
    const TypeField* match = find_type_field(to, field.name);
    if (match == nullptr)
      return refused_change(rules, from, to, fmt::format("the field \"{}\" would be dropped", field.name));
    result = worse(std::move(result), nested_type_change(rules, field.type, match->type));
  }
  if (to.fields.size() > from.fields.size()) result = worse(std::move(result), widening_change());
  return result;
}

}  // namespace

TypeChange widening_change() {
  return {Verdict::widening, {}};
}

TypeChange refused_change(const TypeChangeRules& rules, const DataType& from, const DataType& to,
                          std::string_view why) {
  return {Verdict::refused, fmt::format("{} cannot become {}: {}", rules.print(from), rules.print(to), why)};
}

TypeChange nested_type_change(const TypeChangeRules& rules, const DataType& from, const DataType& to) {
  if (same_type(from, to)) return {Verdict::same, {}};
  if (from.kind == DataType::Kind::unknown || to.kind == DataType::Kind::unknown)
    return refused_change(rules, from, to, "this version of Lockstep does not know the type");
  if (from.kind == DataType::Kind::structure && to.kind == DataType::Kind::structure)
    return from_structure(rules, from, to);
  if (!from.nested() || to.kind != from.kind || to.size != from.size || to.fields.size() != from.fields.size())
    return rules.leaf(from, to);
  TypeChange result{Verdict::same, {}};
  for (std::size_t i = 0; i < from.fields.size(); ++i)
    result = worse(std::move(result), nested_type_change(rules, from.fields[i].type, to.fields[i].type));
  return result;
}

}  // namespace lockstep
