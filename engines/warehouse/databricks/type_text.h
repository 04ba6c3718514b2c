// Databricks' and Spark's type texts, as information_schema.columns.full_data_type, DESCRIBE and the statement API's
// type_text print them: "decimal(10,2)", "STRUCT<a: INT NOT NULL COMMENT 'x', b: ARRAY<STRING>>", "map<string,int>".
// Grammar: Spark's SqlBaseParser.g4 (dataType, complexColType). Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/warehouse/type.h"

namespace lockstep {

// Never fails: what it does not know, or what Spark cut short ("... 3 more fields"), becomes Kind::unknown with its
// text. Names become canonical (INTEGER -> INT, TIMESTAMP_LTZ -> TIMESTAMP); lengths, collations, spatial reference
// systems and interval ranges are part of a scalar's name: "VARCHAR(10)", "STRING COLLATE UTF8_LCASE",
// "INTERVAL DAY TO SECOND", "GEOMETRY(4326)". A field's NOT NULL and COMMENT are read over: they are not kept.
DataType parse_databricks_type(std::string_view text);

// Upper case, fields as "name: TYPE", names in back-quotes only where they must be.
// print(parse(print(t))) is print(t).
std::string print_databricks_type(const DataType& type);

std::string quote_databricks_identifier(std::string_view name);
// Quoted only when it is not [A-Za-z_][A-Za-z0-9_]*: inside a type, and behind the first part of a path.
std::string print_databricks_name(std::string_view name);

// A string literal that means `text`. Without quotes, backslashes and "${" there is one spelling. Otherwise a raw
// literal where it can be: R'...' means the same whatever spark.sql.parser.escapedStringLiterals says, and a doubled
// quote would not (Spark before 4.0 takes 'a''b' for two literals, ab). Text that holds both kinds of quotes, or a
// "${" (which Spark would substitute), is escaped with backslashes, as by Spark's default setting.
std::string databricks_literal(std::string_view text);

// The number in "VARCHAR(n)" or "CHAR(n)" when the type is one of them.
std::optional<int> varchar_length(const DataType& type);
std::optional<int> char_length(const DataType& type);
// STRING of any collation, VARCHAR, CHAR.
bool is_databricks_text(const DataType& type);

}  // namespace lockstep
