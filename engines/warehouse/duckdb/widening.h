// Which type changes keep every value, and which of them each kind of catalog executes in place.
// The table was executed on DuckDB 1.5.5, files and DuckLakes; a test executes it again.
#pragma once

#include "engines/warehouse/dialect.h"

namespace lockstep {

enum class CatalogKind { file, lake };

// Every value of `from` is kept, save one: a DATE beyond the year 294246 has no
// TIMESTAMP. A DuckDB file then refuses the statement; a DuckLake, which rewrites nothing, would fail when it reads it.
TypeChange duckdb_type_change(CatalogKind kind, const DataType& from, const DataType& to);

}  // namespace lockstep
