#include "specs/document.h"

#include <algorithm>

namespace lockstep {

const Member* Node::find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.key == key; });
  return found == members.end() ? nullptr : &*found;
}

// Recursion is bounded by the reader's depth limit.
Json Node::to_json() const {
  if (kind == Kind::list) {
    Json::array_t list;
    list.reserve(items.size());
    for (const Node& item : items) list.push_back(item.to_json());
    return list;
  }
  if (kind == Kind::map) {
    Json::object_t object;
    for (const Member& member : members) object.insert_or_assign(member.key, member.value.to_json());
    return object;
  }
  return scalar;
}

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::boolean:
      return "a boolean";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::floating:
      return "a number";
    case Node::Kind::string:
      return "a string";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a mapping";
  }
  return "a value";
}

}  // namespace lockstep
