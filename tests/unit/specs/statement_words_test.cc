#include "specs/statement_words.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace lockstep {
namespace {

std::string texts(std::string_view sql, SqlFlavour flavour) {
  std::string all;
  for (const StatementWord& word : statement_words(sql, flavour)) all += (all.empty() ? "" : " ") + word.text;
  return all;
}

TEST(StatementWords, SparkWritesStringsWithBackslashes) {
  EXPECT_EQ(texts(R"(SELECT 'it\'s' AS a, "drop" AS b)", SqlFlavour::spark), "SELECT AS a AS b");
  EXPECT_EQ(texts(R"(SELECT r'\' AS a, R"x\" AS b)", SqlFlavour::spark), "SELECT AS a AS b");
  EXPECT_EQ(texts("SELECT 'a''b' `drop`, :insert, x::string", SqlFlavour::spark), "SELECT drop x");
  EXPECT_EQ(texts("SELECT \"drop\" FROM t", SqlFlavour::duckdb), "SELECT drop FROM t");
}

// Read with the other engine's rules, the quote behind the backslash would hide the INSERT.
TEST(StatementWords, NoStringHidesAWritingWord) {
  const char* sql = R"(WITH x AS (SELECT '\'') INSERT INTO t SELECT * FROM x)";
  EXPECT_FALSE(only_reads(statement_words(sql, SqlFlavour::spark)));
  EXPECT_FALSE(returns_rows(statement_words(sql, SqlFlavour::spark)));
}

TEST(StatementWords, SomeStatementsReturnRows) {
  for (const char* sql : {"SELECT 1", "/* a */ with x as (select 1) select * from x", "SHOW CREATE TABLE t",
                          "DESCRIBE HISTORY merge", "EXPLAIN INSERT INTO t VALUES (1)", "VALUES (1)", "(SELECT 1)"})
    EXPECT_TRUE(returns_rows(statement_words(sql, SqlFlavour::spark))) << sql;
  for (const char* sql : {"", "INSERT INTO t VALUES (1)", "CREATE TABLE t AS SELECT 1", "OPTIMIZE t", "SET x = 1",
                          "FROM s INSERT INTO t SELECT 1"})
    EXPECT_FALSE(returns_rows(statement_words(sql, SqlFlavour::spark))) << sql;
}

TEST(StatementWords, ParametersAreToldWhereTheyAreCertain) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(statement_parameters("SELECT $a, '$b', E'\\'$c', $1 /* $d */ FROM t -- $e"), (Names{"a", "1"}));
  EXPECT_EQ(statement_parameters("SELECT $$ $a $$, $t$ $b $t$, \"$c\", d$e, $f"), (Names{"f"}));
  EXPECT_EQ(statement_parameters("INSERT INTO t VALUES ($a, $a);"), (Names{"a", "a"}));
  EXPECT_EQ(statement_parameters("SELECT 1"), Names{});
  for (const char* sql : {"", "SELECT ?", "SELECT $a; SELECT $b", "PREPARE p AS SELECT $a", "CREATE MACRO m(x) AS $a"})
    EXPECT_EQ(statement_parameters(sql), std::nullopt) << sql;
}

TEST(StatementWords, AWrittenCatalogStandsBeforeADot) {
  using Names = std::vector<std::string>;
  const auto written = [](std::string_view sql) { return written_catalogs(statement_words(sql)); };
  EXPECT_EQ(written("INSERT INTO dr.s.t SELECT * FROM prod.s.t"), Names{"dr"});
  EXPECT_EQ(written("CREATE TABLE \"dr\" . s.t AS SELECT 1.5"), Names{"dr"});
  EXPECT_EQ(written("CREATE TABLE archive AS SELECT 0.5 FROM archive.s.t"), Names{}) << "a table of that name";
  EXPECT_EQ(written("UPDATE t SET a = b.c; DELETE FROM dr.t"), Names{"dr"});
  EXPECT_EQ(written("DROP TABLE dr.s.t"), std::nullopt) << "no form that is understood";
  EXPECT_EQ(written_names(statement_words("CREATE TABLE archive AS SELECT 1")), Names{"archive"});
}

TEST(StatementWords, TransactionControlIsAFirstWord) {
  for (const char* sql : {"begin", "START TRANSACTION", "/* a */ COMMIT;", "SELECT 1; ROLLBACK", "END", "ABORT"})
    EXPECT_TRUE(controls_transaction(statement_words(sql))) << sql;
  for (const char* sql :
       {"SELECT CASE WHEN true THEN 1 END", "SELECT \"begin\" FROM start", "CHECKPOINT", "SELECT 'BEGIN'"})
    EXPECT_FALSE(controls_transaction(statement_words(sql))) << sql;
}

}  // namespace
}  // namespace lockstep
