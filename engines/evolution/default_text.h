// A column's DEFAULT, read from the text an engine prints for it.
//
// One value has many spellings: DuckDB prints 3, CAST('t' AS BOOLEAN), CAST('2020-01-01' AS "DATE"), '2020-01-01';
// DuckLake prints '3' for the same integer and NULL where there is no default at all (observed with 1.5.5). So defaults
// are compared as values where they are literals, and as text where they are expressions. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/warehouse/dialect.h"
#include "engines/warehouse/type.h"

namespace lockstep {

struct DefaultText {
  enum class Kind { none, literal, expression };
  Kind kind = Kind::none;
  std::string text;  // literal: the value, unquoted; expression: SQL text
};

DefaultText read_default(const std::optional<std::string>& printed);

// Whether two columns of one type have the same default.
bool same_default(const std::optional<std::string>& a, const std::optional<std::string>& b, const DataType& type);

// SQL text that can stand behind DEFAULT; nothing: none. A literal is written anew (bare numbers, everything else
// quoted). An expression is kept, in parentheses unless it is a plain name or a call without arguments. Precondition:
// unsafe_expression() found nothing in an expression.
std::optional<std::string> default_sql(const DefaultText& value, const DataType& type, const Dialect& dialect);

// Whether expression text may be put into a statement: even an engine's own text may come from a catalog that someone
// else wrote. Empty when the text cannot end the expression it stands in (parentheses balanced and never closed below
// zero, quotes closed, no comment, no semicolon) and holds no subquery. Else the reason.
std::string unsafe_expression(std::string_view sql);

// The same for text that is handed on as it stands, a literal or an expression, to an engine whose literals know
// backslashes and whose statements know ${variables}: neither may be in it, not even inside quotes.
std::string unsafe_verbatim(std::string_view sql);

}  // namespace lockstep
