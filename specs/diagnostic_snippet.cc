#include "specs/diagnostic_snippet.h"

#include <algorithm>
#include <string_view>

#include "specs/utf8.h"

namespace lockstep {
namespace {

constexpr std::size_t kBefore = 70;  // characters shown before the caret
constexpr std::size_t kTotal = 110;
constexpr std::size_t kTabStop = 4;
constexpr std::string_view kEllipsis = "…";

bool continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Up to kBefore characters back from `offset`, not past the line's start.
std::size_t window_start(std::string_view text, std::size_t offset) {
  std::size_t at = offset;
  for (std::size_t taken = 0; taken < kBefore && at > 0 && text[at - 1] != '\n'; ++taken) {
    --at;
    // At most four bytes a character, also in a text that is no UTF-8.
    for (int i = 0; i < 3 && at > 0 && continuation(text[at]) && text[at - 1] != '\n'; ++i) --at;
  }
  return at;
}

struct Piece {
  std::string text;
  std::size_t size;  // bytes in the source
};

Piece piece_at(std::string_view text, std::size_t at, std::size_t column) {
  if (text[at] == '\t') return {std::string(kTabStop - column % kTabStop, ' '), 1};
  const std::size_t size = decode_utf8(text, at).size;
  return {printable(text.substr(at, size)), size};
}

}  // namespace

Snippet snippet_of(const Source& source, const Span& span) {
  const std::string_view text = source.text;
  Snippet snippet;
  const std::size_t start = span.start.offset;
  if (span.start.line == 0 || start > text.size()) return snippet;
  const std::size_t end = std::max<std::size_t>(start, span.end.offset);
  std::size_t at = window_start(text, start);
  if (at > 0 && text[at - 1] != '\n' && !(at == 3 && text.starts_with("\xEF\xBB\xBF"))) snippet.line = kEllipsis;
  if (at == 0 && start >= 3 && text.starts_with("\xEF\xBB\xBF")) at = 3;
  std::size_t column = snippet.line.empty() ? 0 : 1;
  std::size_t underline_end = 0;
  bool caret_set = false;
  for (; at < text.size() && text[at] != '\n' && !text.substr(at).starts_with("\r\n");) {
    if (column >= kTotal) {
      snippet.line += kEllipsis;
      break;
    }
    if (at >= start && !caret_set) {
      snippet.caret = column;
      caret_set = true;
    }
    const Piece piece = piece_at(text, at, column);
    snippet.line += piece.text;
    column += count_code_points(piece.text);
    if (at < end) underline_end = column;
    at += piece.size;
  }
  if (!caret_set) snippet.caret = column;
  snippet.width = underline_end > snippet.caret ? underline_end - snippet.caret : 1;
  snippet.present = true;
  return snippet;
}

}  // namespace lockstep
