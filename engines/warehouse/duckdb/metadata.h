// Catalog metadata in bulk: the statements and how their rows become tables. Pure functions; thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/duckdb/catalog_source.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

// (catalog, schema, table, column, type, nullable, default, comment, position), every column of every table and view.
std::string columns_statement(const std::vector<CatalogSource>& catalogs);

// (kind, catalog, schema, name, text): "view" with its SQL, "generated" with the table's SQL, "version" with the
// snapshot id. duckdb_tables() is read only where generated columns can exist: on a DuckLake of 1,000 tables it takes
// more than a second.
std::string objects_statement(const std::vector<CatalogSource>& catalogs);

std::vector<CatalogContents> read_contents(const std::vector<CatalogSource>& catalogs, const Rows& columns,
                                           const Rows& objects);

// (kind, schema, table, name, text, columns): constraints, indexes, generated columns of one catalog's tables, and its
// views.
std::string dependents_statement(const CatalogSource& catalog);
std::vector<Dependents> read_dependents(const std::vector<TableName>& tables, const Rows& rows);

}  // namespace lockstep
