// The bytes of a YAML file before any parser sees them: what no parser may get, and where an offset stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/source.h"

namespace lockstep {

// Reports bytes that are no UTF-8, control characters (only tab, line feed and CR LF may be), U+2028, U+2029 and
// U+FFFE, U+FFFF (parsers differ on them), and a byte order mark anywhere but at the start, each with its place, up
// to 20. True when there are none. libyaml refuses some of these too, but marks them 1:1; yaml-cpp accepts 0xFF and
// 0x04 (measured, yaml-cpp 0.7 and libyaml 0.2.5).
bool check_bytes(std::string_view text, Diagnostics& diagnostics);

// The bytes of the byte order mark at the start: 3 or 0. It counts for offsets, not for columns.
std::size_t byte_order_mark_size(std::string_view text);

// Finds places in a text that passed check_bytes. Keeps a view of the text.
class TextPositions {
 public:
  explicit TextPositions(std::string_view text);

  // libyaml counts code points from 0 (without the byte order mark). Constant time.
  [[nodiscard]] std::size_t offset_of_code_point(std::size_t index) const;
  // Costs the length of the line.
  [[nodiscard]] Position at(std::size_t offset) const;
  // From a line (from 0) and bytes into it, clamped to the text: yaml-cpp's marks.
  [[nodiscard]] Position at_line(std::size_t line, std::size_t byte_column) const;
  // The line's bytes without its end. `line` counts from 1; empty when there is no such line.
  [[nodiscard]] std::string_view line(std::size_t line) const;
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<std::uint32_t> checkpoints_;  // offset of every 64th code point; empty when all is ASCII
};

}  // namespace lockstep
