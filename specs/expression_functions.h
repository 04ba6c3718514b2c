// The functions of the expression language: what they accept, what they return, what they do. Private to
// expression*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "specs/expression.h"

namespace lockstep {

// A set of kinds that an argument may have. An integer is a number.
using Kinds = std::uint8_t;
inline constexpr Kinds kNullKind = 1, kBooleanKind = 2, kNumberKind = 4, kStringKind = 8, kListKind = 16,
                       kObjectKind = 32;
inline constexpr Kinds kScalarKinds = kBooleanKind | kNumberKind | kStringKind;
inline constexpr Kinds kAnyKind = 63;

Kinds kinds_of(const Json& value);
// All kinds that a value of this type may have.
Kinds kinds_of(const ExprType& type);
std::string describe_kinds(Kinds kinds);  // "string or list"

struct StaticArgument {
  TypePtr type;
  const Json* literal = nullptr;  // when it is a constant
};

struct ArgumentFault {
  std::size_t index = 0;
  std::string message;
  std::string hint;
};

struct ExprFunction {
  FunctionInfo info;
  std::vector<Kinds> parameters;
  bool variadic = false;  // the last parameter may stand any number of times, also none
  bool status = false;    // always(), failure(), ...: answered by the scope
  // What a caller gets; asked only when every argument has an accepted kind. `refine` finds what kinds alone do not.
  TypePtr (*result)(std::span<const StaticArgument> arguments) = nullptr;
  std::optional<ArgumentFault> (*refine)(std::span<const StaticArgument> arguments) = nullptr;
  // Arguments have accepted kinds. Null for status functions and for default(), which the evaluator does itself.
  Result<Json> (*call)(std::vector<Json>& arguments) = nullptr;

  [[nodiscard]] Kinds accepted(std::size_t index) const {
    return parameters[index < parameters.size() ? index : parameters.size() - 1];
  }
};

const ExprFunction* find_function(std::string_view name);
std::vector<std::string> function_names();

// Why two values can never be equal in any useful sense; nothing when they can be.
std::optional<std::string> incomparable(const ExprType& a, const ExprType& b);
bool comparable(const Json& a, const Json& b);

// A scalar that is not null as a text: strings as they are, others as JSON writes them.
std::string scalar_text(const Json& value);
Error text_too_long();

}  // namespace lockstep
