#include "engines/filter.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The offset behind the UTF-8 character that starts at `at`; a stray byte counts as one character.
std::size_t next_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

bool table_pattern_matches(std::string_view pattern, std::string_view schema, std::string_view table) {
  if (pattern.find('.') == std::string_view::npos) return glob_match(pattern, table);
  return glob_match(pattern, fmt::format("{}.{}", schema, table));
}

bool any_schema(const std::vector<std::string>& patterns, std::string_view schema) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, schema); });
}

bool any_table(const std::vector<std::string>& patterns, std::string_view schema, std::string_view table) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return table_pattern_matches(pattern, schema, table); });
}

// Nothing when the field is absent or null.
Result<std::optional<std::vector<std::string>>> read_list(const Json& inputs, const char* field) {
  const auto found = inputs.find(field);
  if (found == inputs.end() || found->is_null()) return std::optional<std::vector<std::string>>{};
  const bool good =
      found->is_array() && std::all_of(found->begin(), found->end(), [](const Json& item) { return item.is_string(); });
  if (!good)
    return Error("filter-invalid"_code, fmt::format("\"{}\" is not a list of strings", field),
                 fmt::format("write a list of glob patterns, for example {}: [\"tmp_*\"]", field));
  return std::optional(found->get<std::vector<std::string>>());
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;  // behind the last `*` seen
  std::size_t resume = 0;           // where in the text that star's run ends so far
  // On a mismatch only the last star takes one character more: earlier stars need no second look, so no exponential
  // walk.
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = next_character(text, t);
    } else if (p < pattern.size() && lower(pattern[p]) == lower(text[t])) {
      ++p;
      ++t;
    } else if (star) {
      p = *star;
      resume = next_character(text, resume);
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<TableFilter> TableFilter::from_inputs(const Json& inputs) {
  TableFilter filter;
  auto include_schemas = read_list(inputs, "include_schemas");
  if (!include_schemas) return include_schemas.error();
  auto include_tables = read_list(inputs, "include_tables");
  if (!include_tables) return include_tables.error();
  auto exclude_schemas = read_list(inputs, "exclude_schemas");
  if (!exclude_schemas) return exclude_schemas.error();
  auto exclude_tables = read_list(inputs, "exclude_tables");
  if (!exclude_tables) return exclude_tables.error();
  filter.include_schemas = std::move(include_schemas).value();
  filter.include_tables = std::move(include_tables).value();
  if (*exclude_schemas) filter.exclude_schemas = **exclude_schemas;
  if (*exclude_tables) filter.exclude_tables = **exclude_tables;
  return filter;
}

bool TableFilter::matches(std::string_view schema, std::string_view table) const {
  return (!include_schemas || any_schema(*include_schemas, schema)) &&
         (!include_tables || any_table(*include_tables, schema, table)) && !any_schema(exclude_schemas, schema) &&
         !any_table(exclude_tables, schema, table);
}

std::vector<std::string> TableFilter::unmatched(const std::vector<Name>& seen) const {
  std::vector<std::string> patterns;
  const auto collect = [&](const char* field, const std::optional<std::vector<std::string>>& list,
                           auto&& matches_name) {
    if (!list) return;
    for (const std::string& pattern : *list)
      if (std::none_of(seen.begin(), seen.end(), [&](const Name& name) { return matches_name(pattern, name); }))
        patterns.push_back(fmt::format("{}: \"{}\"", field, pattern));
  };
  collect("include_schemas", include_schemas,
          [](const std::string& pattern, const Name& name) { return glob_match(pattern, name.schema); });
  collect("include_tables", include_tables, [](const std::string& pattern, const Name& name) {
    return table_pattern_matches(pattern, name.schema, name.table);
  });
  return patterns;
}

}  // namespace lockstep
