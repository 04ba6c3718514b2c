#include "specs/utf8.h"

#include <fmt/format.h>

namespace lockstep {
namespace {

bool invisible(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  if (c < 0x61C) return false;
  // Direction marks, overrides and isolates (they reorder what is shown), line separators, the byte order mark.
  return c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xFEFF;
}

std::string escape(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (c <= 0xFF) return fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
}

}  // namespace

Utf8Char decode_utf8(std::string_view text, std::size_t offset) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const Utf8Char bad{lead, 1, false};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - offset < size) return bad;
  char32_t code_point = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return bad;
    code_point = (code_point << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && code_point < 0x800) || (size == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return bad;
  return {code_point, size, true};
}

std::string encode_utf8(char32_t code_point) {
  const auto put = [](char32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](unsigned shift) { return put(0x80U | ((code_point >> shift) & 0x3FU)); };
  if (code_point < 0x80) return {put(code_point)};
  if (code_point < 0x800) return {put(0xC0U | (code_point >> 6U)), tail(0)};
  if (code_point < 0x10000) return {put(0xE0U | (code_point >> 12U)), tail(6), tail(0)};
  return {put(0xF0U | (code_point >> 18U)), tail(12), tail(6), tail(0)};
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i += decode_utf8(text, i).size) ++count;
  return count;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Char c = decode_utf8(text, i);
    if (c.valid)
      out.append(text, i, c.size);
    else
      out += "\xEF\xBF\xBD";
    i += c.size;
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Char c = decode_utf8(text, i);
    if (!c.valid || invisible(c.code_point))
      out += escape(c.code_point);
    else
      out.append(text, i, c.size);
    i += c.size;
  }
  return out;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() <= kLongest) return printable(text);
  std::size_t cut = 0;
  while (cut < kLongest) cut += decode_utf8(text, cut).size;
  return printable(text.substr(0, cut)) + "…";
}

}  // namespace lockstep
