#include "runner/style.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace lockstep {

namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  // bytes; 0: not valid UTF-8 at this place
};

CodePoint decode(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 && lead <= 0xF4  ? 4
                           : lead >= 0xE0 && lead < 0xF0 ? 3
                           : lead >= 0xC2 && lead < 0xE0 ? 2
                                                         : 0;
  if (size == 0 || text.size() < size) return {};
  char32_t value = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {value, size};
}

// Controls, and the marks that reorder what a reader sees (Trojan Source, CVE-2021-42574).
bool is_dangerous(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

struct Range {
  char32_t first;
  char32_t last;
};

// The blocks that matter in names; after Unicode 15's EastAsianWidth.txt (W, F) and general category Mn.
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xA960, 0xA97F},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 8> kCombining{{{0x0300, 0x036F},
                                           {0x0483, 0x0489},
                                           {0x0591, 0x05BD},
                                           {0x1AB0, 0x1AFF},
                                           {0x1DC0, 0x1DFF},
                                           {0x200B, 0x200D},
                                           {0x20D0, 0x20FF},
                                           {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

std::size_t width_of(char32_t c) {
  return in(kCombining, c) ? 0 : in(kWide, c) ? 2 : 1;
}

}  // namespace

std::string paint(const Style& style, Tone tone, std::string_view text) {
  if (!style.color || tone == Tone::plain || text.empty()) return std::string(text);
  std::string_view code;
  switch (tone) {
    case Tone::good:
      code = "32";
      break;
    case Tone::bad:
      code = "31";
      break;
    case Tone::warn:
      code = "33";
      break;
    case Tone::dim:
      code = "2";
      break;
    case Tone::bold:
      code = "1";
      break;
    case Tone::plain:
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string escape_controls(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = decode(text);
    if (c.size == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (c.value == '\n' && keep_lines)
      out += '\n';
    else if (c.value == '\n' || c.value == '\t' || c.value == '\r')
      out += ' ';
    else if (is_dangerous(c.value))
      out += c.value < 0x80 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c.value))
                            : fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));
    else
      out += text.substr(0, c.size);
    text.remove_prefix(c.size);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint c = decode(text);
    width += c.size == 0 ? 1 : width_of(c.value);
    text.remove_prefix(std::max<std::size_t>(c.size, 1));
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width, const Style& style) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view ellipsis = style.unicode ? "…" : ".";
  if (width == 0) return {};
  std::size_t used = 1;  // the ellipsis
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const CodePoint c = decode(text.substr(bytes));
    const std::size_t columns = c.size == 0 ? 1 : width_of(c.value);
    if (used + columns > width) break;
    used += columns;
    bytes += std::max<std::size_t>(c.size, 1);
  }
  return std::string(text.substr(0, bytes)) + std::string(ellipsis);
}

std::string pad(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

}  // namespace lockstep
