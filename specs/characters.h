// Kinds of characters, without a locale.
#pragma once

namespace lockstep {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The blanks of YAML, JSON and expressions.
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace lockstep
