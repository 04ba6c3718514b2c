// The words that DuckDB quotes when it prints them as names.
#pragma once

#include <string_view>

namespace lockstep {

// In any case. The list is that of duckdb_keywords() in DuckDB 1.5.5, of all its categories; a test compares the two.
bool is_duckdb_keyword(std::string_view word);

}  // namespace lockstep
