// Strict UTF-8, one character at a time. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

// `size` is 1 to 4 bytes. Where the bytes are no UTF-8 (overlong forms, surrogates and values above U+10FFFF included),
// `valid` is false, `size` 1 and `code_point` the byte.
struct Utf8Char {
  char32_t code_point = 0;
  std::size_t size = 1;
  bool valid = true;
};

// Precondition: offset < text.size().
Utf8Char decode_utf8(std::string_view text, std::size_t offset);

std::string encode_utf8(char32_t code_point);

// Characters in the text; a byte that is no UTF-8 counts as one.
std::size_t count_code_points(std::string_view text);

// The text with each byte that is no UTF-8 replaced by U+FFFD: what JSON can carry.
std::string valid_utf8(std::string_view text);

// The text safe to print on one line of a terminal: control characters, line separators, invisible direction marks and
// bytes that are no UTF-8 are written as escapes (\n, \x1b, \u202e), so that text from a file cannot drive it.
std::string printable(std::string_view text);

// A name from a file for use inside a message: printable, and cut after 60 bytes (with an ellipsis).
std::string shown(std::string_view text);

}  // namespace lockstep
