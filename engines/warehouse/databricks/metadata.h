// A Unity Catalog's tables and what hangs on them: the statements that ask, and the reading of their answers.
// Only columns of information_schema that the documentation fills are used: is_generated and is_identity, for instance,
// are reserved there and always say no. [docs.databricks.com: information schema; Delta: DESCRIBE DETAIL]
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

// Tables, views and columns of all the catalogs, in one statement, the columns of a table that are as those of its
// namesake in the first catalog once only; of the named tables only (as an earlier answer
// spells them), when there are any.
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
  void keep(std::string_view text, const Columns& columns);

 private:
  static constexpr std::size_t kMostColumns = 500'000;  // about 100 MB; then it begins anew
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Columns, Hash, std::equal_to<>> by_text_;
  std::size_t columns_ = 0;
};

// One entry a catalog, in their order. Errors: "unexpected-result".
Result<std::vector<CatalogContents>> read_unity_contents(const Dialect& dialect,
                                                         const std::vector<std::string>& catalogs, const Rows& rows,
                                                         ColumnsMemo& memo);

// Keys and views of a whole catalog, in one statement.
std::string unity_dependents_statement(const Dialect& dialect, std::string_view catalog);
std::vector<Dependents> read_unity_dependents(const std::vector<TableName>& tables, const Rows& rows);

// What DESCRIBE DETAIL says of one table: properties, partition and clustering columns. True: it may have generated or
// identity columns, by its features or, in tables without a list of them, by its version.
bool read_table_detail(const Rows& rows, Dependents& dependents);

// Its generated and identity columns, which SHOW CREATE TABLE prints on Databricks, and nothing else does.
void read_table_definition(const Rows& rows, Dependents& dependents);

// What DESCRIBE HISTORY ... LIMIT 1 says: the newest version.
std::optional<std::string> read_table_version(const Rows& rows);

}  // namespace lockstep
