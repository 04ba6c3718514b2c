// One statement: its parameters, its cells, its limits, its errors.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;

class Run : public ::testing::Test {
 protected:
  Lab lab_{Kind::file};
  Result<Rows> with(const std::string& sql, std::vector<std::pair<std::string, Json>> parameters) {
    return lab_.warehouse().run({sql, std::move(parameters)}, {});
  }
};

TEST_F(Run, CellsOfWholeNumbersBooleansAndNullAreJson) {
  const Rows rows = lab_.sql(
      "SELECT true, (-128)::TINYINT, 255::UTINYINT, (-32768)::SMALLINT, 65535::USMALLINT, (-2147483648)::INTEGER, "
      "4294967295::UINTEGER, 9223372036854775807, (-9223372036854775808)::BIGINT, 18446744073709551615::UBIGINT, NULL, "
      "NULL::VARCHAR, 'text', ''");
  const std::vector<Json> expected = {true,      -128,      255,        -32768,  65535,   -2147483648LL, 4294967295U,
                                      INT64_MAX, INT64_MIN, UINT64_MAX, nullptr, nullptr, "text",        ""};
  EXPECT_EQ(rows.rows.at(0), expected);
  EXPECT_TRUE(rows.rows[0][9].is_number_unsigned());
  EXPECT_EQ(rows.columns[9].type, "UBIGINT");
}

TEST_F(Run, FloatsAreNumbersUnlessTheyAreNone) {
  const Rows rows = lab_.sql(
      "SELECT 0.1::DOUBLE, 0.1::FLOAT, '-0.0'::DOUBLE, 'nan'::DOUBLE, 'inf'::FLOAT, '-inf'::DOUBLE, 1e300::DOUBLE, "
      "5e-324::DOUBLE");
  const std::vector<Json>& row = rows.rows.at(0);
  EXPECT_EQ(row[0].dump(), "0.1");
  EXPECT_EQ(row[1].dump(), "0.1");
  EXPECT_TRUE(std::signbit(row[2].get<double>()));
  EXPECT_EQ(row[3], "nan");
  EXPECT_EQ(row[4], "inf");
  EXPECT_EQ(row[5], "-inf");
  EXPECT_EQ(row[6], 1e300);
  EXPECT_EQ(row[7], 5e-324);
}

// Everything else is the engine's own text; so the engine is asked for it once more.
TEST_F(Run, OtherCellsAreTheEnginesText) {
  for (const char* sql : {
           "170141183460469231731687303715884105727::HUGEINT",
           "340282366920938463463374607431768211455::UHUGEINT",
           "-12345.67::DECIMAL(10,2)",
           "0.01::DECIMAL(4,2)",
           "99999999999999999999999999999999999999::DECIMAL(38,0)",
           "1.5::DECIMAL(18,3)",
           "DATE '2024-02-29'",
           "DATE '0044-03-15 (BC)'",
           "DATE 'infinity'",
           "TIME '23:59:59.000001'",
           "TIMETZ '12:00:00+02:30'",
           "TIMESTAMP '2024-02-29 12:34:56.789'",
           "TIMESTAMP '-infinity'",
           "TIMESTAMP_S '2024-02-29 12:34:56'",
           "TIMESTAMP_MS '2024-02-29 12:34:56.7'",
           "TIMESTAMP_NS '2024-02-29 12:34:56.123456789'",
           "TIMESTAMPTZ '2024-07-01 12:00:00-05'",
           "INTERVAL '1 year 2 months 3 days 04:05:06.7'",
           "UUID '12345678-9abc-def0-1234-56789abcdef0'",
           "UUID 'ffffffff-ffff-ffff-ffff-ffffffffffff'",
           "'\\x00\\xFFab'::BLOB",
           "'10101'::BIT",
           "12345678901234567890123456789012345678901234567890::BIGNUM",
           "'b'::ENUM('a', 'b')",
           "[1, NULL, 3]",
           "[]::INTEGER[]",
           "[1, 2, NULL]::INTEGER[3]",
           "['it''s', 'a, b', NULL, '']",
           "{'a': 1, 'b c': 'x', 'd': NULL::DATE}",
           "MAP {'k': [1, 2], 'z': NULL}",
           "MAP {}::MAP(VARCHAR, INTEGER)",
           "[{'a': DATE '2020-01-01', 'b': [1.50::DECIMAL(4,2)]}, NULL]",
           "{'t': TIMESTAMPTZ '2024-07-01 12:00:00-05', 'u': UUID '12345678-9abc-def0-1234-56789abcdef0'}",
           "[[1], [], NULL]",
           "[true, NULL]",
           "['nan'::DOUBLE, '-0.0'::DOUBLE, 1e20::DOUBLE]",
           "[0.1::FLOAT]",
           "{'e': 'a'::ENUM('a'), 'blob': '\\xAA'::BLOB}",
           "union_value(num := 2)",
           "[union_value(num := 2)]",
           "{'v': 1}::VARIANT",
           "'POINT(1 2)'::GEOMETRY",
           "'{\"a\": [1, null]}'::JSON",
           "['{\"a\":1}'::JSON]",
       }) {
    const Rows rows = lab_.sql(std::string("SELECT x, CAST(x AS VARCHAR), typeof(x) FROM (SELECT ") + sql + " AS x)");
    EXPECT_EQ(rows.rows.at(0).at(0), rows.rows[0].at(1)) << sql;
    EXPECT_EQ(rows.columns.at(0).type, rows.rows[0].at(2).get<std::string>()) << sql;
    EXPECT_EQ(rows.columns.at(0).name, "x");
  }
}

TEST_F(Run, ColumnsThatHadToBeCastKeepTheirNamesOrderAndTypes) {
  const Rows rows =
      lab_.sql("SELECT i AS \"a\"\"b\", '1'::BIT AS x, i AS x, 2 AS \"Z\" FROM range(3) r(i) ORDER BY i DESC; -- end");
  ASSERT_EQ(rows.columns.size(), 4U);
  EXPECT_EQ(rows.columns[0].name, "a\"b");
  EXPECT_EQ(rows.columns[1].type, "BIT");
  EXPECT_EQ(rows.columns[2].name, "x");
  EXPECT_EQ(rows.rows, (std::vector<std::vector<Json>>{{2, "1", 2, 2}, {1, "1", 1, 2}, {0, "1", 0, 2}}));
}

// INSERT ... RETURNING cannot be a subquery, so nothing can be cast in SQL.
TEST_F(Run, WhatInsertReturnsIsReadToo) {
  lab_.sql(
      "CREATE TABLE c.main.t (a DECIMAL(10,2), b DATE, l INTEGER[], s STRUCT(x VARCHAR, y DATE[]), m MAP(VARCHAR, "
      "INTEGER))");
  const Rows rows = lab_.sql(
      "INSERT INTO c.main.t VALUES (1.5, '2024-01-02', [], {'x': 'a', 'y': ['2024-01-02', NULL]}, MAP {'k': 1}) "
      "RETURNING "
      "*, CAST(s AS VARCHAR)");
  EXPECT_EQ(rows.rows.at(0), (std::vector<Json>{"1.50", "2024-01-02", "[]", rows.rows[0][5], "{k=1}",
                                                "{'x': a, 'y': [2024-01-02, NULL]}"}));
}

TEST_F(Run, ParametersAreBoundByName) {
  const Result<Rows> rows = with(
      "SELECT $text, $n + 1, $n, $big, $half, $yes, $nothing IS NULL, $TEXT || '!'",
      {{"text", "it's \"x\"; --"}, {"n", 41}, {"big", UINT64_MAX}, {"half", 0.5}, {"yes", true}, {"nothing", nullptr}});
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->rows.at(0),
            (std::vector<Json>{"it's \"x\"; --", 42, 41, UINT64_MAX, 0.5, true, true, "it's \"x\"; --!"}));
  // A count that YAML reads as unsigned can be subtracted from.
  EXPECT_EQ(with("SELECT $n - 5", {{"n", 3U}})->rows[0][0], -2);
  EXPECT_EQ(with("SELECT $t", {{"t", std::string("a\0b", 3)}})->rows[0][0], std::string("a\0b", 3));
}

TEST_F(Run, ParametersThatDoNotFitAreErrors) {
  EXPECT_EQ(with("SELECT $a", {}).error().code, "sql-parameter-missing");
  EXPECT_EQ(with("SELECT 1", {{"a", 1}}).error().code, "sql-parameter-unknown");
  EXPECT_EQ(with("SELECT $a", {{"a", Json::array({1})}}).error().code, "sql-parameter-invalid");
  EXPECT_EQ(with("SELECT ?", {{"a", 1}}).error().code, "sql-parameter-missing");
  EXPECT_NE(with("SELECT $who", {}).error().message.find("$who"), std::string::npos);
}

TEST_F(Run, ExactlyOneStatementIsRun) {
  EXPECT_EQ(lab_.code("SELECT 1; SELECT 2"), "sql-not-one-statement");
  EXPECT_EQ(lab_.code(""), "sql-not-one-statement");
  EXPECT_EQ(lab_.code("-- only a comment"), "sql-not-one-statement");
  EXPECT_EQ(lab_.code("SELECT 1; DROP TABLE x"), "sql-not-one-statement");
  EXPECT_EQ(lab_.cell("SELECT 1; -- and a comment"), 1);
  EXPECT_EQ(lab_.cell("SELECT ';' || '1'"), ";1");
  EXPECT_EQ(lab_.code(std::string("SELECT 1\0, 2", 12)), "sql-invalid");
}

TEST_F(Run, ErrorsKeepTheEnginesWordsAndHaveARemedy) {
  const Result<Rows> syntax = lab_.try_sql("SELEC 1");
  EXPECT_EQ(syntax.error().code, "sql-invalid");
  EXPECT_NE(syntax.error().message.find("SELEC"), std::string::npos);
  EXPECT_FALSE(syntax.error().remedy.empty());
  const Result<Rows> missing = lab_.try_sql("SELECT * FROM c.main.nothing_here");
  EXPECT_EQ(missing.error().code, "sql-unknown-name");
  EXPECT_NE(missing.error().message.find("nothing_here"), std::string::npos);
  const Result<Rows> conversion =
      lab_.try_sql("SELECT CAST(v AS INTEGER) FROM (SELECT 'x' || range AS v FROM range(3))");
  EXPECT_EQ(conversion.error().code, "sql-failed");
  EXPECT_FALSE(conversion.error().remedy.empty());
  // In the middle of a result, after rows were read.
  EXPECT_EQ(lab_.code("SELECT CASE WHEN range = 200000 THEN error('late') ELSE range END FROM range(300000)"),
            "sql-failed");
}

TEST_F(Run, NoMoreThanMaxRowsAreFetched) {
  const Result<Rows> some = lab_.try_sql("SELECT range FROM range(1000000000000)", 10);
  ASSERT_TRUE(some.ok()) << some.error().message;
  EXPECT_EQ(some->rows.size(), 10U);
  EXPECT_TRUE(some->truncated);
  EXPECT_FALSE(lab_.try_sql("SELECT range FROM range(10)", 10)->truncated);
  EXPECT_TRUE(lab_.try_sql("SELECT range FROM range(11)", 10)->truncated);
  EXPECT_EQ(lab_.try_sql("SELECT range FROM range(5000)", 4096)->rows.size(), 4096U);
  EXPECT_TRUE(lab_.try_sql("SELECT 1", 0)->truncated);
  EXPECT_EQ(lab_.cell("SELECT 1"), 1);  // the session is as good as before
}

TEST_F(Run, ChangedRowsAreCounted) {
  EXPECT_EQ(lab_.sql("CREATE TABLE c.main.t (x INTEGER)").changed, -1);
  EXPECT_EQ(lab_.sql("INSERT INTO c.main.t SELECT * FROM range(7)").changed, 7);
  EXPECT_EQ(lab_.sql("UPDATE c.main.t SET x = x + 1 WHERE x < 3").changed, 3);
  EXPECT_EQ(lab_.sql("DELETE FROM c.main.t").changed, 7);
  const Rows none = lab_.sql("SELECT * FROM c.main.t");
  EXPECT_EQ(none.changed, -1);
  EXPECT_TRUE(none.rows.empty());
  EXPECT_EQ(none.columns.size(), 1U);
  EXPECT_TRUE(lab_.sql("INSERT INTO c.main.t VALUES (1)").columns.empty());
}

TEST_F(Run, ATruncatedReturningClauseStillChangesEveryRow) {
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  const Result<Rows> rows = lab_.try_sql("INSERT INTO c.main.t SELECT * FROM range(10000) RETURNING x", 5);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(rows->rows.size(), 5U);
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM c.main.t"), 10000);
}

TEST_F(Run, AStatementCannotLeaveATransactionOpen) {
  for (const char* sql : {"BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION"})
    EXPECT_EQ(lab_.code(sql), "sql-transaction");
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  EXPECT_FALSE(lab_.transact({"INSERT INTO c.main.t VALUES (1)", "COMMIT"}).ok());
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM c.main.t"), 0);
}

TEST_F(Run, ASettingDoesNotLeakIntoLaterStatements) {
  lab_.sql("SET default_null_order = 'nulls_first'");
  lab_.sql("USE c");
  EXPECT_EQ(lab_.cell("SELECT current_database()"), "memory");
  EXPECT_NE(lab_.cell("SELECT current_setting('default_null_order')"), "nulls_first");
}

TEST_F(Run, TheZoneIsTheSameEverywhere) {
  EXPECT_EQ(lab_.cell("SELECT TIMESTAMPTZ '2024-07-01 12:00:00-05'"), "2024-07-01 17:00:00+00");
}

TEST_F(Run, NothingIsInstalledAtRunTime) {
  EXPECT_EQ(lab_.cell("SELECT current_setting('autoinstall_known_extensions')"), false);
  EXPECT_EQ(lab_.cell("SELECT current_setting('autoload_known_extensions')"), false);
  EXPECT_EQ(lab_.cell("SELECT current_setting('enable_external_access')"), true);
}

TEST_F(Run, WhatWouldChangeSomethingIsKnownWithoutRunningIt) {
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  lab_.sql("CREATE SEQUENCE c.main.s");
  auto would = [this](const std::string& sql) {
    const Result<bool> answer = lab_.warehouse().would_change({sql, {}}, {});
    return answer ? (*answer ? "changes" : "reads") : answer.error().code;
  };
  for (const char* sql :
       {"SELECT 1", "FROM c.main.t", "WITH a AS (SELECT 1) SELECT * FROM a", "VALUES (1)", "DESCRIBE c.main.t",
        "SUMMARIZE c.main.t", "EXPLAIN INSERT INTO c.main.t VALUES (1)", "SELECT 'nextval'"})
    EXPECT_EQ(would(sql), "reads") << sql;
  for (const char* sql : {"INSERT INTO c.main.t VALUES (1)", "UPDATE c.main.t SET x = 1", "DELETE FROM c.main.t",
                          "WITH a AS (SELECT 1 AS x) INSERT INTO c.main.t SELECT x FROM a", "DROP TABLE c.main.t",
                          "CREATE TABLE c.main.u AS SELECT 1", "EXPLAIN ANALYZE INSERT INTO c.main.t VALUES (1)",
                          "COPY c.main.t TO '/tmp/lockstep-never-written.csv'", "SELECT nextval('c.main.s')",
                          "SET threads = 1", "CHECKPOINT c", "ATTACH ':memory:' AS other"})
    EXPECT_EQ(would(sql), "changes") << sql;
  EXPECT_EQ(would("SELEC"), "sql-invalid");
  EXPECT_EQ(would("SELECT 1; SELECT 2"), "sql-not-one-statement");
  for (const char* sql : {"BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION"}) EXPECT_EQ(would(sql), "sql-transaction");
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM c.main.t"), 0);
}

TEST_F(Run, ParametersAreHeldAgainstTheStatementWithoutRunningIt) {
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  auto would = [this](const std::string& sql, std::vector<std::pair<std::string, Json>> parameters) {
    const Result<bool> answer = lab_.warehouse().would_change({sql, std::move(parameters)}, {});
    return answer ? (*answer ? "changes" : "reads") : answer.error().code;
  };
  EXPECT_EQ(would("SELECT * FROM c.main.t WHERE x = $id", {{"id", 1}}), "reads");
  EXPECT_EQ(would("INSERT INTO c.main.t VALUES ($id)", {{"ID", 1}}), "changes");
  EXPECT_EQ(would("SELECT * FROM c.main.t WHERE x = $id", {}), "sql-parameter-missing");
  EXPECT_EQ(would("INSERT INTO c.main.t VALUES (1)", {{"id", 1}}), "sql-parameter-unknown");
}

TEST_F(Run, RelativeFilesStartAtTheRunbooksFolder) {
  std::ofstream(lab_.folder() / "rows.csv") << "a,b\n1,x\n2,y\n";
  EXPECT_EQ(lab_.cell("SELECT sum(a) FROM 'rows.csv'"), "3");
}

}  // namespace
}  // namespace lockstep
