#include "specs/json_member.h"

namespace lockstep {

const Json* find_member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const Json* object_member(const Json& object, std::string_view key) {
  const Json* found = find_member(object, key);
  return found != nullptr && found->is_object() ? found : nullptr;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string text_member(const Json& object, std::string_view key) {
  const Json* found = find_member(object, key);
  return found == nullptr ? std::string() : text_of(*found);
}

}  // namespace lockstep
