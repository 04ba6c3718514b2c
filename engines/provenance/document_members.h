// The top level of a JSON document, each member or item as canonical text: what an envelope is taken apart into.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace lockstep {

struct DocumentMembers {
  // Key -> canonical text of the value. Empty when the document is no object.
  std::map<std::string, std::string, std::less<>> members;
  // The canonical texts of a list's first items; `item_count` counts all.
  static constexpr std::size_t kKeptItems = 32;
  std::vector<std::string> items;
  std::size_t item_count = 0;
  bool is_object = false;
  bool is_list = false;
  bool has_non_finite = false;  // NaN or an infinity stands somewhere

  // The text of a member, empty when there is none.
  [[nodiscard]] std::string_view text(std::string_view name) const;
};

enum class TextKind { absent, null, boolean, number, string, list, object };
TextKind kind_of(std::string_view canonical);
std::string_view describe(TextKind kind);  // "a string", "nothing"

// The value of a canonical string text: `"a"` -> `a`. Precondition: kind_of() is string and read_members() made the
// text.
std::string string_value(std::string_view canonical);

// Reads the document and checks all of it: duplicate keys, depth, UTF-8. Error "json-not-readable".
Result<DocumentMembers> read_members(std::string_view text, std::size_t max_depth);

}  // namespace lockstep
