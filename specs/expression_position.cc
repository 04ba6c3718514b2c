#include "specs/expression_position.h"

#include <algorithm>

namespace lockstep {

ScalarPositions::ScalarPositions(const Node& node, const Source* source) : node_(node), cursor_(node.span.start) {
  const std::size_t begin = node.span.start.offset;
  const std::size_t end = node.span.end.offset;
  if (source != nullptr && begin < end && end <= source->text.size())
    raw_ = std::string_view(source->text).substr(begin, end - begin);
  if (node.style == Node::Style::quoted) quote_ = raw_.empty() ? '\'' : raw_.front();
}

// Walks the decoded and the written text side by side; only the escapes of quoted scalars may differ.
std::vector<Position> ScalarPositions::align(std::string_view inner, Position at) const {
  std::vector<Position> positions;
  positions.reserve(inner.size() + 1);
  std::size_t raw = at.offset - node_.span.start.offset;
  for (std::size_t i = 0; i < inner.size();) {
    if (raw >= raw_.size() || inner[i] == '\n') return {};
    std::size_t wide = 1;  // bytes in the file
    std::size_t decoded = 1;
    if (quote_ == '"' && raw_[raw] == '\\') {
      if (raw + 1 >= raw_.size() || raw_[raw + 1] == '\n') return {};
      const char kind = raw_[raw + 1];
      wide = kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
      while (i + decoded < inner.size() && (static_cast<unsigned char>(inner[i + decoded]) & 0xC0U) == 0x80U) ++decoded;
    } else if (raw_[raw] != inner[i]) {
      return {};
    } else if (quote_ == '\'' && inner[i] == '\'') {
      wide = 2;
    }
    if (raw + wide > raw_.size()) return {};
    positions.insert(positions.end(), decoded, at);
    at = position_after(at, raw_.substr(raw, wide));
    raw += wide;
    i += decoded;
  }
  positions.push_back(at);
  return positions;
}

// Whether the file holds the text at the cursor just so, on one line.
bool ScalarPositions::written_as_is(std::string_view inner) const {
  if (raw_.substr(cursor_raw_, inner.size()) != inner || inner.find('\n') != std::string_view::npos) return false;
  return quote_ == 0 || inner.find(quote_ == '"' ? '\\' : '\'') == std::string_view::npos;
}

InnerPositions ScalarPositions::locate(std::string_view decoded, std::size_t offset, std::string_view inner,
                                       bool bare) {
  const std::size_t quote = quote_ == 0 ? 0 : 1;
  InnerPositions result;
  if (raw_.empty()) {
    if (node_.style == Node::Style::block || node_.span.start.line != node_.span.end.line) return result;
    result.known = true;
    result.begin = node_.span.start;
    result.begin.column += static_cast<std::uint32_t>(quote);
    result.begin.offset += static_cast<std::uint32_t>(quote);
    result.begin = position_after(result.begin, decoded.substr(0, offset));
    return result;
  }
  std::size_t begin = 0;
  if (bare) {
    if (node_.style == Node::Style::block) return result;
    begin = raw_.find_first_not_of(" \t", quote);
  } else {
    // Folding and escaping leave `${{` as it is, so the next one in the file is the next one in the text.
    begin = raw_.find("${{", cursor_raw_);
    if (begin != std::string_view::npos) begin += 3;
  }
  if (begin == std::string_view::npos) return result;
  cursor_ = position_after(cursor_, raw_.substr(cursor_raw_, begin - cursor_raw_));
  cursor_raw_ = begin;
  result.begin = cursor_;
  result.known = written_as_is(inner);
  if (!result.known) {
    result.each = align(inner, cursor_);
    result.known = !result.each.empty();
  }
  if (!result.known) return result;
  cursor_ = result.at(inner, inner.size());
  cursor_raw_ = cursor_.offset - node_.span.start.offset;
  return result;
}

}  // namespace lockstep
