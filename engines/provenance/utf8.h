// Code points in UTF-8, surrogates included (see value_sink.h). Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // in bytes
};

// The code point that starts at `offset` (< text.size()); nothing for bytes that are not UTF-8: overlong forms, cut
// sequences, values above 10FFFF. A surrogate is returned; callers that read foreign bytes refuse it.
std::optional<CodePoint> decode_utf8(std::string_view text, std::size_t offset);

void append_utf8(std::string& text, std::uint32_t code_point);

constexpr bool is_surrogate(std::uint32_t code_point) {
  return code_point >= 0xD800 && code_point < 0xE000;
}

}  // namespace lockstep
