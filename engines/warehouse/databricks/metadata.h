// What hangs on a Unity Catalog's tables: the statements that ask, and the reading of their answers.
// Only columns of information_schema that the documentation fills are used: is_generated and is_identity, for instance,
// are reserved there and always say no. [docs.databricks.com: information schema; Delta: DESCRIBE DETAIL]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

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
