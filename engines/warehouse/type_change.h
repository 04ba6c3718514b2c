// Whether a type may become another in place: the walk through nested types, which is the same on every engine. What
// the leaves may do is the engine's own rule. Pure; thread-safe; recursion is as deep as the types.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engines/warehouse/dialect.h"

namespace lockstep {

struct TypeChangeRules {
  // Asked for two types that differ and are not both structures, both lists, both maps or both fixed arrays of one
  // size; never with Kind::unknown.
  std::function<TypeChange(const DataType& from, const DataType& to)> leaf;
  std::function<std::string(const DataType&)> print;
};

// A structure that only gains fields, or whose fields widen, is a widening; one that loses a field is refused.
TypeChange nested_type_change(const TypeChangeRules& rules, const DataType& from, const DataType& to);

TypeChange widening_change();
// Refused, the reason naming both types.
TypeChange refused_change(const TypeChangeRules& rules, const DataType& from, const DataType& to, std::string_view why);

}  // namespace lockstep
