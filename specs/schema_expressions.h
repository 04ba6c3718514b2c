// How `${{ }}` gets past a plain JSON Schema validator: the schema is widened so that wherever a value may stand, a
// string with an expression may stand too. Private to specs/schema*.cc.
#pragma once

#include <functional>
#include <string_view>

#include "specs/document.h"

namespace lockstep {

// A copy of `schema`, in which every place of a value (a property, an item, another key's value) for which `wanted`
// holds accepts `placeholder` as an alternative. Definitions are included. A constant that tells the branches of a
// oneOf apart stays a constant.
Json widen_schema(const Json& schema, const Json& placeholder, const std::function<bool(const Json& place)>& wanted);

// What every string with an expression is replaced by before a widened schema sees the value.
inline constexpr std::string_view kExpressionPlaceholder = "${{}}";

// A copy of the value with each string that holds `${{` replaced by kExpressionPlaceholder.
Json with_placeholders(const Json& value);

}  // namespace lockstep
