// The words of a SQL statement: enough to tell whether it only reads, and which names it mentions. Not a parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct StatementWord {
  std::string text;        // as written; of a quoted identifier: without the quotes
  bool quoted = false;     // a quoted identifier, never a keyword
  bool starts = false;     // the first word of a statement
  bool qualifies = false;  // a dot follows: the word says where to look for the next one
};

// How an engine writes strings. duckdb: '...' with '' for a quote, E'...' with backslashes, $tag$...$tag$; "..." is an
// identifier. spark: '...' and "..." are strings with backslashes, r'...' and r"..." are without; only `...` is an
// identifier.
enum class SqlFlavour { duckdb, spark };

// Words outside of strings, comments, dollar quotes and parameters ($name, or :name in Spark), in order. Comments are
// -- and nested /* */. Linear in the text; never fails: what is not closed runs to the end.
std::vector<StatementWord> statement_words(std::string_view sql, SqlFlavour flavour = SqlFlavour::duckdb);

// True when every statement starts with a reading keyword (SELECT, FROM, WITH, VALUES, SHOW, DESCRIBE, DESC,
// EXPLAIN, SUMMARIZE, PRAGMA, TABLE) and no word is one that writes (INSERT, UPDATE, CREATE, INTO, ...). In doubt:
// false.
bool only_reads(const std::vector<StatementWord>& words);

// The first part of the name that each writing statement writes to: "dr" of INSERT INTO dr.s.t SELECT ... FROM
// prod.s.t. INSERT, UPDATE, DELETE, MERGE and CREATE TABLE | VIEW | SCHEMA are understood. Nothing when some statement
// is of another form: it may write to everything that it mentions.
std::optional<std::vector<std::string>> written_names(const std::vector<StatementWord>& words);
// Those of them that stand before a dot and so can be catalogs: CREATE TABLE dr makes a table in the current catalog,
// whatever catalogs there are.
std::optional<std::vector<std::string>> written_catalogs(const std::vector<StatementWord>& words);

// The parameters of a DuckDB statement, without the dollar, in order, each as often as it stands there. Nothing where
// the words do not tell for certain: a bare ?, several statements, or a statement of another kind than a query or a
// DML.
std::optional<std::vector<std::string>> statement_parameters(std::string_view sql);

// Whether some statement begins or ends a transaction on DuckDB. (In Spark, BEGIN opens a script.)
bool controls_transaction(const std::vector<StatementWord>& words);

// Whether the statement starts like one whose result is rows: SELECT, SHOW, DESCRIBE, WITH ... and none that writes
// data.
bool returns_rows(const std::vector<StatementWord>& words);

// Whether an identifier is this name; case does not count.
bool mentions(const std::vector<StatementWord>& words, std::string_view name);

// Whether two names are one; (ASCII) case does not count.
bool same_name(std::string_view a, std::string_view b);

}  // namespace lockstep
