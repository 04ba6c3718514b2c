// A YAML (or JSON) file as a tree of values that remember where they stand.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "specs/source.h"

namespace lockstep {

using Json = nlohmann::json;  // objects are sorted by key, so every dump is deterministic

struct Member;

// One value. Scalars were typed by the YAML 1.2 core schema. Owned by its parent; moved, never shared.
struct Node {
  enum class Kind : std::uint8_t { null, boolean, integer, floating, string, list, map };
  enum class Style : std::uint8_t { plain, quoted, block, flow };

  Kind kind = Kind::null;
  Style style = Style::plain;
  Span span;
  Json scalar;                  // for the scalar kinds; null for lists and maps
  std::vector<Node> items;      // for Kind::list
  std::vector<Member> members;  // for Kind::map, in file order; keys are unique (the reader refuses duplicates)

  // Linear scan: fine for the handful of keys of a step. Maps that can be large are iterated once into an index.
  [[nodiscard]] const Member* find(std::string_view key) const;
  [[nodiscard]] bool is_scalar() const { return kind != Kind::list && kind != Kind::map; }
  [[nodiscard]] Json to_json() const;
};

struct Member {
  std::string key;
  Span key_span;
  Node value;
};

struct Document {
  std::shared_ptr<const Source> source;
  Node root;
};

// "a string", "a list", ... for messages.
std::string_view describe(Node::Kind kind);

}  // namespace lockstep
