#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

bool identifier_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         byte >= 0x80;
}

// Reads the quoted text that starts at `at` and leaves `at` behind the closing quote; a doubled quote stands for
// itself.
std::string read_quoted(std::string_view sql, std::size_t& at) {
  const char quote = sql[at++];
  std::string text;
  while (at < sql.size()) {
    if (sql[at] != quote) {
      text += sql[at++];
    } else if (at + 1 < sql.size() && sql[at + 1] == quote) {
      text += quote;
      at += 2;
    } else {
      ++at;
      break;
    }
  }
  return text;
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

bool sql_mentions(std::string_view sql, std::string_view name) {
  const std::string wanted = fold_name(name);
  std::size_t at = 0;
  while (at < sql.size()) {
    const char c = sql[at];
    if (c == '\'') {
      read_quoted(sql, at);
    } else if (c == '"') {
      if (fold_name(read_quoted(sql, at)) == wanted) return true;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const std::size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else if (identifier_character(c)) {
      const std::size_t start = at;
      while (at < sql.size() && identifier_character(sql[at])) ++at;
      if (fold_name(sql.substr(start, at - start)) == wanted) return true;
    } else {
      ++at;
    }
  }
  return false;
}

ColumnIndex::ColumnIndex(const std::vector<Column>& columns) {
  for (const Column& column : columns) by_name_.emplace(fold_name(column.name), &column);
}

const Column* ColumnIndex::find(std::string_view name) const {
  const auto found = by_name_.find(fold_name(name));
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace lockstep
