// DuckDB's type texts, as duckdb_columns() prints them: "DECIMAL(10,2)", "STRUCT(a BIGINT, \"b c\" VARCHAR)[]",
// "MAP(VARCHAR, INTEGER)", "ENUM('a', 'b')". Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "engines/warehouse/type.h"

namespace lockstep {

// Never fails: what it does not know (UNION, a type deeper than 64 levels) becomes Kind::unknown with its text.
// Synonyms are brought to the engine's own name (INT -> INTEGER, TIMESTAMPTZ -> TIMESTAMP WITH TIME ZONE).
DataType parse_duckdb_type(std::string_view text);

// As the engine prints it, so that print(parse(t)) is t for every t of the engine's; `unknown` types print their text.
std::string print_duckdb_type(const DataType& type);

// Quoted only where the engine's own printer quotes: keywords, and what is not [A-Za-z_][A-Za-z0-9_]*.
std::string print_duckdb_name(std::string_view name);

std::string quote_duckdb_identifier(std::string_view name);
std::string quote_duckdb_literal(std::string_view text);

}  // namespace lockstep
