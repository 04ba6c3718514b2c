// One value of a result vector as the text that DuckDB itself prints for it.
#pragma once

#include <string>

#include "engines/warehouse/duckdb/api.h"

namespace lockstep {

// Precondition: the row is not NULL. The engine prints: the value is rebuilt as a duckdb_value and asked for its text,
// so nested values, dates and decimals look exactly as CAST(x AS VARCHAR).
std::string vector_value_text(const DuckDbApi& api, duckdb_logical_type type, duckdb_vector vector, idx_t row);

}  // namespace lockstep
