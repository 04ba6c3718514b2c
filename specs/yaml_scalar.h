// What a plain scalar means: the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema).
// Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "specs/document.h"

namespace lockstep {

struct PlainScalar {
  enum class Problem : std::uint8_t { none, integer_too_large, float_out_of_range };
  Node::Kind kind = Node::Kind::string;
  Json value;
  Problem problem = Problem::none;  // when set, kind tells what the text looks like and value is the nearest to it
};

PlainScalar resolve_plain(std::string_view text);

// ~, null, Null, NULL or nothing.
bool is_null_text(std::string_view text);

// A text that YAML 1.1, or a person, reads as something else than YAML 1.2 does ("no", "010", "1:30", "1_000").
// Both texts are empty when there is nothing to warn of.
struct ScalarWarning {
  std::string message;
  std::string hint;
};
ScalarWarning warn_of_plain(std::string_view text, const PlainScalar& resolved);

}  // namespace lockstep
