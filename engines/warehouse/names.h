// Column names as the engines see them: case-preserving, compared without regard to (ASCII) case.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engines/warehouse/catalog.h"

namespace lockstep {

std::string fold_name(std::string_view name);

// The words of SQL text that can be names, quoted ("a", `a`) or not, in lower case. String literals and comments do not
// count.
std::unordered_set<std::string> mentioned_names(std::string_view sql);

// Where the first statement of SQL text ends: at its semicolon, or at the end. Quotes and comments are skipped.
std::size_t statement_length(std::string_view sql);

// Whether the name is among mentioned_names(sql).
bool sql_mentions(std::string_view sql, std::string_view name);

// Columns by name. Points into the vector it was made from, which must outlive it unchanged.
class ColumnIndex {
 public:
  explicit ColumnIndex(const std::vector<Column>& columns);
  [[nodiscard]] const Column* find(std::string_view name) const;

 private:
  std::unordered_map<std::string, const Column*> by_name_;
};

}  // namespace lockstep
