// The tables and columns of Unity Catalog's catalogs: the statements that ask information_schema, and the reading of
// their answers.
#pragma once

#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

// Tables, views and columns of all the catalogs, in one statement, the columns of a table that are as those of its
// namesake in the first catalog once only; of the named tables only (as an earlier answer spells them), when there are
// any.
std::string unity_contents_statement(const Dialect& dialect, const std::vector<std::string>& catalogs,
                                     const std::vector<TableName>& tables = {});
// Tables and views without their columns.
std::string unity_tables_statement(const Dialect& dialect, const std::vector<std::string>& catalogs);
Result<std::vector<CatalogContents>> read_unity_tables(const std::vector<std::string>& catalogs, const Rows& rows);

// The columns that a text of those answers stands for. Most texts come again: of the clone's table, and when a later
// step reads both. Thread-safe.
class ColumnsMemo {
 public:
  [[nodiscard]] std::optional<Columns> find(std::string_view text) const;
  // Returns what is kept for the text: the columns of whoever came first.
  Columns keep(std::string_view text, const Columns& columns);

 private:
  static constexpr std::size_t kMostColumns = 500'000;  // about 100 MB; then it begins anew
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Columns, Hash, std::equal_to<>> by_text_;
  std::size_t columns_ = 0;
};

// One entry a catalog, in their order. Errors: "unexpected-result".
Result<std::vector<CatalogContents>> read_unity_contents(const Dialect& dialect,
                                                         const std::vector<std::string>& catalogs, const Rows& rows,
                                                         ColumnsMemo& memo);

}  // namespace lockstep
