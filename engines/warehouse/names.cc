#include "engines/warehouse/names.h"

#include <algorithm>

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

// Skips a string literal or a comment that starts at `at`; false: there is none.
bool skip_text_or_comment(std::string_view sql, std::size_t& at) {
  if (sql[at] == '\'') {
    read_quoted(sql, at);
  } else if (sql.substr(at, 2) == "--") {
    at = std::min(sql.find('\n', at), sql.size());
  } else if (sql.substr(at, 2) == "/*") {
    const std::size_t end = sql.find("*/", at + 2);
    at = end == std::string_view::npos ? sql.size() : end + 2;
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

std::unordered_set<std::string> mentioned_names(std::string_view sql) {
  std::unordered_set<std::string> names;
  std::size_t at = 0;
  while (at < sql.size()) {
    if (skip_text_or_comment(sql, at)) continue;
    if (sql[at] == '"' || sql[at] == '`') {
      names.insert(fold_name(read_quoted(sql, at)));
    } else if (identifier_character(sql[at])) {
      const std::size_t start = at;
      while (at < sql.size() && identifier_character(sql[at])) ++at;
      names.insert(fold_name(sql.substr(start, at - start)));
    } else {
      ++at;
    }
  }
  return names;
}

std::size_t statement_length(std::string_view sql) {
  std::size_t at = 0;
  while (at < sql.size() && sql[at] != ';') {
    if (skip_text_or_comment(sql, at)) continue;
    if (sql[at] == '"')
      read_quoted(sql, at);
    else
      ++at;
  }
  return at;
}

bool sql_mentions(std::string_view sql, std::string_view name) {
  return mentioned_names(sql).contains(fold_name(name));
}

ColumnIndex::ColumnIndex(const std::vector<Column>& columns) {
  for (const Column& column : columns) by_name_.emplace(fold_name(column.name), &column);
}

const Column* ColumnIndex::find(std::string_view name) const {
  const auto found = by_name_.find(fold_name(name));
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace lockstep
