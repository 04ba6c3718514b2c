// JSON values and the members of objects that come from outside: whatever is not there, or of another kind, is none.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "specs/document.h"

namespace lockstep {

// Null when `object` is no object or has no such member.
const Json* find_member(const Json& object, std::string_view key);
// A member that is an object; null when there is none.
const Json* object_member(const Json& object, std::string_view key);
// Empty when it is no text.
std::string text_of(const Json& value);
// A member that is a text; empty when there is none.
std::string text_member(const Json& object, std::string_view key);

}  // namespace lockstep
