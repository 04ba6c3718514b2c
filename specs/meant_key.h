// Which key a misspelt one was meant to be, so that one slip gives one finding and not one more for all it hides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "specs/document.h"
#include "specs/nearest.h"

namespace lockstep {

// `key` itself where `properties` (a JSON Schema's) has it, or nothing near that the mapping lacks; the schema walk
// reports a key that is not known.
inline std::string_view meant_key(const Node& map, std::string_view key, const Json& properties) {
  constexpr std::size_t kMostMembers = 64;  // more of them are no mapping with a slip in it
  constexpr std::size_t kShortest = 3;      // "in" may be anything
  if (properties.contains(key) || key.size() < kShortest || map.members.size() > kMostMembers) return key;
  std::vector<std::string> lacking;
  for (const auto& [name, rule] : properties.items())
    if (map.find(name) == nullptr) lacking.push_back(name);
  const std::vector<std::string> near = nearest(key, lacking, 1);
  return near.empty() ? key : std::string_view(properties.find(near.front()).key());
}

// The member of that name, or the one that was meant to be it.
inline const Member* find_meant(const Node& map, std::string_view key, const Json& properties) {
  if (const Member* member = map.find(key)) return member;
  for (const Member& member : map.members)
    if (meant_key(map, member.key, properties) == key) return &member;
  return nullptr;
}

}  // namespace lockstep
