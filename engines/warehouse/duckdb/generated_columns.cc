#include <algorithm>

#include "engines/warehouse/duckdb/metadata.h"
#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

// Where a quoted text that starts at `at` ends (behind its closing quote).
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  char mark = text[at++];
  while (at < text.size()) {
    if (text[at] == mark) {
      if (at + 1 >= text.size() || text[at + 1] != mark) return at + 1;
      ++at;
    }
    ++at;
  }
  return text.size();
}

// The parts of a parenthesised, comma-separated list whose '(' is at `open`.
std::vector<std::string_view> list_parts(std::string_view text, std::size_t open) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = open + 1;
  for (std::size_t at = open; at < text.size();) {
    char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_quoted(text, at);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if ((c == ',' && depth == 1) || depth == 0) {
      parts.push_back(text.substr(start, at - start));
      start = at + 1;
      if (depth == 0) break;
    }
    ++at;
  }
  return parts;
}

// Position of a word outside quotes and parentheses; npos: not there.
std::size_t find_word(std::string_view text, std::string_view word) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_quoted(text, at);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth == 0 && at > 0 && text[at - 1] == ' ' && text.substr(at, word.size()) == word) return at;
    ++at;
  }
  return std::string_view::npos;
}

std::string column_name(std::string_view definition) {
  std::size_t start = definition.find_first_not_of(" \n\t");
  if (start == std::string_view::npos) return {};
  definition.remove_prefix(start);
  if (definition.front() != '"') return std::string(definition.substr(0, definition.find(' ')));
  std::string_view quoted = definition.substr(1, behind_quoted(definition, 0) - 2);
  std::string name;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    name += quoted[i];
    if (quoted[i] == '"') ++i;  // a doubled quote
  }
  return name;
}

}  // namespace

std::vector<Dependents::GeneratedColumn> generated_columns(std::string_view create_table) {
  std::vector<Dependents::GeneratedColumn> found;
  std::size_t open = create_table.find('(');
  // The table's name may be quoted and hold a parenthesis.
  if (std::size_t quote = create_table.find('"'); quote < open) {
    std::size_t at = quote;
    while (at < create_table.size() && create_table[at] != '(')
      at = create_table[at] == '"' ? behind_quoted(create_table, at) : at + 1;
    open = at;
  }
  if (open >= create_table.size()) return found;
  for (std::string_view definition : list_parts(create_table, open)) {
    std::size_t word = find_word(definition, "GENERATED ALWAYS AS");
    if (word == std::string_view::npos) continue;
    std::string_view expression = definition.substr(word + 19);
    found.push_back({column_name(definition), std::string(expression)});
  }
  return found;
}

}  // namespace lockstep
