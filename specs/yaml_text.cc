#include "specs/yaml_text.h"

#include <fmt/format.h>
#include <algorithm>

#include "specs/utf8.h"

namespace lockstep {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kCheckpoint = 64;
constexpr std::size_t kMaxBadBytes = 20;  // a binary file has thousands, all with one cause

std::string_view name_of_control(char32_t c) {
  switch (c) {
    case 0x00:
      return " (NUL)";
    case 0x08:
      return " (backspace)";
    case 0x0B:
      return " (vertical tab)";
    case 0x0C:
      return " (form feed)";
    case 0x0D:
      return " (a carriage return without a line feed)";
    case 0x1A:
      return " (Ctrl-Z)";
    case 0x1B:
      return " (escape)";
    case 0x7F:
      return " (delete)";
    case 0x85:
      return " (next line)";
    case 0x2028:
      return " (line separator)";
    case 0x2029:
      return " (paragraph separator)";
    case 0xFEFF:
      return " (byte order mark) inside the file";
    default:
      return "";
  }
}

bool forbidden(char32_t c) {
  if (c < 0x20) return c != '\t' && c != '\n';
  if (c < 0x7F) return false;
  return c <= 0x9F || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

std::string escape_in_quotes(char32_t c) {
  if (c <= 0xFF) return fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
}

void report(std::string_view text, const Utf8Char& c, Position start, Diagnostics& diagnostics) {
  Position end = start;
  end.column += 1;
  end.offset += static_cast<std::uint32_t>(c.size);
  if (!c.valid) {
    const bool utf16 = start.offset == 0 && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"));
    diagnostics.error("yaml-not-utf8"_code, {start, end},
                      fmt::format("byte 0x{:02X} is no UTF-8", static_cast<unsigned>(c.code_point)),
                      utf16 ? "the file looks like UTF-16: save it as UTF-8" : "save the file as UTF-8");
    return;
  }
  const std::string hint = c.code_point == '\r' ? "end lines with a line feed, or with carriage return and line feed"
                           : c.code_point == 0xFEFF
                               ? "remove it; it is invisible in most editors"
                               : fmt::format("remove it; if a value needs it, write \"{}\" in double quotes",
                                             escape_in_quotes(c.code_point));
  diagnostics.error(
      "yaml-control-character"_code, {start, end},
      fmt::format("control character U+{:04X}{}", static_cast<unsigned>(c.code_point), name_of_control(c.code_point)),
      hint);
}

}  // namespace

std::size_t byte_order_mark_size(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

bool check_bytes(std::string_view text, Diagnostics& diagnostics) {
  std::size_t findings = 0;
  Position place{1, 1, static_cast<std::uint32_t>(byte_order_mark_size(text))};
  while (place.offset < text.size()) {
    const auto byte = static_cast<unsigned char>(text[place.offset]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++place.column;
      ++place.offset;
      continue;
    }
    const Utf8Char c = decode_utf8(text, place.offset);
    const bool line_end = c.code_point == '\r' && place.offset + 1 < text.size() && text[place.offset + 1] == '\n';
    if (!c.valid || (forbidden(c.code_point) && !line_end)) {
      if (++findings > kMaxBadBytes) {
        diagnostics.error(
            "yaml-too-many-findings"_code, {place, place},
            fmt::format("more than {} bytes of this file are no text; the rest is not listed", kMaxBadBytes),
            "is this a binary file?");
        return false;
      }
      report(text, c, place, diagnostics);
    }
    place.offset += static_cast<std::uint32_t>(c.size);
    ++place.column;
    if (c.code_point == '\n') {
      ++place.line;
      place.column = 1;
    }
  }
  return findings == 0;
}

TextPositions::TextPositions(std::string_view text) : text_(text) {
  const std::size_t start = byte_order_mark_size(text);
  line_starts_.push_back(static_cast<std::uint32_t>(start));
  for (std::size_t at = text.find('\n', start); at != std::string_view::npos; at = text.find('\n', at + 1))
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin() + static_cast<std::ptrdiff_t>(start), text.end(), ascii)) return;
  std::size_t index = 0;
  for (std::size_t at = start; at < text.size(); at += decode_utf8(text, at).size, ++index)
    if (index % kCheckpoint == 0) checkpoints_.push_back(static_cast<std::uint32_t>(at));
}

std::size_t TextPositions::offset_of_code_point(std::size_t index) const {
  if (checkpoints_.empty()) return std::min(text_.size(), index + line_starts_.front());
  const std::size_t checkpoint = std::min(index / kCheckpoint, checkpoints_.size() - 1);
  std::size_t at = checkpoints_[checkpoint];
  for (std::size_t i = checkpoint * kCheckpoint; i < index && at < text_.size(); ++i) at += decode_utf8(text_, at).size;
  return at;
}

Position TextPositions::at(std::size_t offset) const {
  offset = std::clamp<std::size_t>(offset, line_starts_.front(), text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *std::prev(next);
  return {static_cast<std::uint32_t>(next - line_starts_.begin()),
          static_cast<std::uint32_t>(count_code_points(text_.substr(start, offset - start)) + 1),
          static_cast<std::uint32_t>(offset)};
}

Position TextPositions::at_line(std::size_t line, std::size_t byte_column) const {
  line = std::min(line, line_starts_.size() - 1);
  const std::size_t room = line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : text_.size();
  return at(std::min(line_starts_[line] + byte_column, room));
}

std::string_view TextPositions::line(std::size_t line) const {
  if (line == 0 || line > line_starts_.size()) return {};
  const std::size_t start = line_starts_[line - 1];
  std::string_view found = text_.substr(start, text_.find('\n', start) - start);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

}  // namespace lockstep
