// Column names as the engines see them: case-preserving, compared without regard to (ASCII) case.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/warehouse/catalog.h"

namespace lockstep {

std::string fold_name(std::string_view name);

// Whether SQL text contains the name as an identifier, quoted or not. String literals and comments do not count.
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
