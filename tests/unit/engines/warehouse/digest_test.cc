// The row encoding and digest on a real DuckDB: equal for equal rows, different for any other.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "tests/unit/engines/reconciliation/catalogs_fixture.h"

namespace lockstep {
namespace {

using lockstep::testing::Catalogs;

class Digest : public ::testing::Test {
 protected:
  // The tables live in memory: a commit to a file waits for the disk, and there are hundreds.
  static Catalogs& catalogs() {
    static Catalogs one(std::vector<std::pair<std::string, std::string>>{{"t", "t.duckdb"}});
    static const bool attached = (one.sql("ATTACH ':memory:' AS mem"), true);
    EXPECT_TRUE(attached);
    return one;
  }
  static const Dialect& dialect() { return **catalogs().warehouse().open("t", {}); }

  // The digest of a table with these columns and rows: "count:sum:sum", or the engine's error.
  static std::string of(const std::string& columns, const std::string& rows) {
    catalogs().sql("CREATE OR REPLACE TABLE mem.main.x (" + columns + ")");
    if (!rows.empty()) catalogs().sql("INSERT INTO mem.main.x VALUES " + rows);
    return of_table("x");
  }

  static std::vector<Column> described(const std::string& table) {
    std::vector<Column> columns;
    const Rows rows = catalogs().sql(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE database_name = 'mem' AND "
        "table_name = '" +
        table + "' ORDER BY column_index");
    for (const std::vector<Json>& row : rows.rows) {
      Column column;
      column.name = row[0].get<std::string>();
      column.type = dialect().parse_type(row[1].get<std::string>());
      column.nullable = row[2].get<bool>();
      columns.push_back(column);
    }
    return columns;
  }

  static std::string of_table(const std::string& name) {
    std::vector<DigestColumn> columns;
    for (const Column& column : described(name)) {
      EXPECT_EQ(dialect().not_digestible(column.type), "") << column.name;
      columns.push_back({column.name, column.type, *dialect().common_type(column.type, column.type), column.nullable});
    }
    return run(name, columns);
  }

  static std::string run(const std::string& name, const std::vector<DigestColumn>& columns) {
    const Rows rows = catalogs().sql(dialect().digest_query({"mem", "main", name}, std::nullopt, columns));
    EXPECT_EQ(rows.rows.size(), 1U);
    std::string text;
    for (const Json& cell : rows.rows.front()) text += (text.empty() ? "" : ":") + cell.dump();
    return text;
  }

  // One column of that type: the digest of one row with the value.
  static std::string one(const std::string& type, const std::string& value) {
    return of("v " + type, "(" + value + ")");
  }
  static void expect_all_different(const std::string& type, const std::vector<std::string>& values) {
    std::map<std::string, std::string> seen;
    for (const std::string& value : values) {
      const auto [found, fresh] = seen.emplace(one(type, value), value);
      EXPECT_TRUE(fresh) << type << ": " << found->second << " and " << value;
    }
  }
  static void expect_equal(const std::string& type, const std::string& a, const std::string& b) {
    EXPECT_EQ(one(type, a), one(type, b)) << type << ": " << a << " and " << b;
  }

  // Two tables of different types, compared in their common type.
  static bool equal_across(const std::string& type_a, const std::string& a, const std::string& type_b,
                           const std::string& b) {
    catalogs().sql("CREATE OR REPLACE TABLE mem.main.a (v " + type_a + ")");
    catalogs().sql("CREATE OR REPLACE TABLE mem.main.b (v " + type_b + ")");
    catalogs().sql("INSERT INTO mem.main.a VALUES (" + a + ")");
    catalogs().sql("INSERT INTO mem.main.b VALUES (" + b + ")");
    const DataType x = described("a")[0].type;
    const DataType y = described("b")[0].type;
    const DataType common = *dialect().common_type(x, y);
    return run("a", {{"v", x, common, true}}) == run("b", {{"v", y, common, true}});
  }

  static std::string common(const std::string& a, const std::string& b) {
    const Result<DataType> both = dialect().common_type(dialect().parse_type(a), dialect().parse_type(b));
    return both ? dialect().print_type(*both) : "none";
  }
};

TEST_F(Digest, NamesAlgorithmEngineAndVersion) {
  const std::string version = catalogs().sql("SELECT version()").rows[0][0].get<std::string>();
  EXPECT_EQ(dialect().digest_name(), "lockstep-rows-1/duckdb-hash-" + version.substr(1) + "/128");
}

// The vectors of docs/digest.md. When this fails, the encoding or hash() changed, and the digest needs a new name.
TEST_F(Digest, PublishedVectors) {
  std::ifstream file(LOCKSTEP_SOURCE_DIR "/docs/digest.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const auto expect = [&](const std::string& columns, const std::string& rows, const std::string& sums) {
    std::string ours = of(columns, rows);
    std::erase(ours, '"');
    EXPECT_EQ(ours.substr(ours.find(':') + 1), sums) << columns << " " << rows;
    EXPECT_NE(page.find("`" + columns + "` | " + (rows.empty() ? "none" : "`" + rows + "`")), std::string::npos);
    EXPECT_NE(page.find("`" + sums + "`"), std::string::npos);
  };
  expect("a INTEGER", "", "0:0");
  expect("a INTEGER NOT NULL", "(1)", "4717996019076358352:6797219231341176636");
  expect("a INTEGER NOT NULL", "(1), (1)", "9435992038152716704:13594438462682353272");
  expect("a INTEGER, b VARCHAR", "(1, 'x'), (NULL, '')", "18939605264561541944:22313717615418784851");
  expect("a INTEGER[]", "([])", "6360441789094803629:6716066772951940963");
  expect("a INTEGER[]", "([NULL])", "1995657108602518296:13130789922358134937");
  expect("m MAP(VARCHAR, INTEGER)", "(MAP {'b': 1, 'a': 2})", "9554065405915675557:11857367429312455371");
  EXPECT_NE(page.find(dialect().digest_name()), std::string::npos);
}

TEST_F(Digest, CountsRows) {
  EXPECT_EQ(of("a INT", ""), "0:\"0\":\"0\"");
  EXPECT_TRUE(of("a INT", "(1), (2), (NULL)").starts_with("3:"));
}

TEST_F(Digest, SumsDoNotOverflow) {
  catalogs().sql("CREATE OR REPLACE TABLE mem.main.many AS SELECT 7 AS a, 'x' AS b FROM range(300000)");
  const std::string digest = of_table("many");
  EXPECT_TRUE(digest.starts_with("300000:")) << digest;
  EXPECT_GT(digest.size(), std::string("300000:\"18446744073709551615\":\"18446744073709551615\"").size());
}

TEST_F(Digest, IgnoresTheOrderOfRowsAndCountsCopies) {
  const std::string ab = of("a INT, b VARCHAR", "(1, 'x'), (2, 'y')");
  EXPECT_EQ(ab, of("a INT, b VARCHAR", "(2, 'y'), (1, 'x')"));
  EXPECT_NE(ab, of("a INT, b VARCHAR", "(1, 'y'), (2, 'x')"));  // a compensating swap
  EXPECT_NE(of("a INT", "(1), (1), (2), (2)"), of("a INT", "(1), (1), (1), (2)"));
  EXPECT_NE(of("a INT", "(1), (1), (1), (1)"), of("a INT", "(1), (1)"));
  EXPECT_NE(of("a INT", "(1), (1)"), of("a INT", "(2), (2)"));  // XOR would take every pair for nothing
}

TEST_F(Digest, TellsNullFromValuesAndKeepsItsColumn) {
  expect_all_different("VARCHAR", {"NULL", "''", "'NULL'", "'null'", "' '", "chr(0)"});
  expect_all_different("INTEGER", {"NULL", "0", "1", "-1"});
  expect_all_different("BOOLEAN", {"NULL", "true", "false"});
  const std::string columns = "a VARCHAR, b VARCHAR, c VARCHAR";
  std::map<std::string, int> seen;
  for (const char* row : {"('x', NULL, 'y')", "(NULL, 'x', 'y')", "('x', 'y', NULL)", "(NULL, NULL, NULL)",
                          "('', NULL, NULL)", "(NULL, '', NULL)", "('', '', '')", "('a|b', 'c', '')",
                          "('a', 'b|c', '')", "('x0', 'y', '')", "('x', '0y', '')", "('', 'x', 'y')"})
    EXPECT_EQ(++seen[of(columns, row)], 1) << row;
}

TEST_F(Digest, EveryNullPatternIsDifferent) {
  std::map<std::string, int> seen;
  for (int mask = 0; mask < 64; ++mask) {
    std::string row;
    for (int i = 0; i < 6; ++i) row += std::string(i == 0 ? "(" : ", ") + (mask >> i & 1 ? "NULL" : "0");
    EXPECT_EQ(++seen[of("a INT, b INT, c BIGINT, d INT, e BOOLEAN, f DOUBLE", row + ")")], 1) << mask;
  }
}

TEST_F(Digest, ColumnsDeclaredNotNullNeedNoFlag) {
  const std::string sql =
      dialect().digest_query({"t", "main", "x"}, std::nullopt,
                             {{"a", dialect().parse_type("INTEGER"), dialect().parse_type("INTEGER"), false},
                              {"b", dialect().parse_type("INTEGER"), dialect().parse_type("INTEGER"), true}});
  EXPECT_EQ(sql.find("\"a\" IS NULL"), std::string::npos);
  EXPECT_NE(sql.find("\"b\" IS NULL"), std::string::npos) << sql;
}

TEST_F(Digest, FloatsCompareExactlySaveZeroAndNan) {
  for (const char* type : {"DOUBLE", "FLOAT", "DOUBLE[]", "STRUCT(f FLOAT)", "MAP(INTEGER, DOUBLE)"}) {
    const auto wrap = [&](const std::string& x) {
      const std::string name = type;
      if (name.ends_with("[]")) return "[" + x + "]";
      if (name.starts_with("STRUCT")) return "{'f': " + x + "}";
      if (name.starts_with("MAP")) return "MAP {1: " + x + "}";
      return x;
    };
    expect_equal(type, wrap("'-0.0'::FLOAT"), wrap("'0.0'::FLOAT"));
    expect_equal(type, wrap("'nan'::FLOAT"), wrap("-('nan'::FLOAT)"));
    expect_all_different(type, {wrap("0"), wrap("1"), wrap("'nan'::FLOAT"), wrap("'inf'::FLOAT"), wrap("'-inf'::FLOAT"),
                                wrap("1.4e-45::FLOAT"), wrap("16777216::FLOAT"), wrap("16777218::FLOAT")});
  }
  expect_all_different("DOUBLE", {"0.1::DOUBLE + 0.2::DOUBLE", "0.3::DOUBLE", "5e-324::DOUBLE", "0::DOUBLE"});
  expect_all_different("DOUBLE[]", {"[0.1::DOUBLE + 0.2::DOUBLE]", "[0.3::DOUBLE]", "[5e-324::DOUBLE]",
                                    "[9007199254740992::DOUBLE]", "[9007199254740994::DOUBLE]"});
}

TEST_F(Digest, WideNumbersWithEqualOrSwappedHalves) {
  const std::string k = "18446744073709551617";  // 2^64 + 1: both halves equal, hash() gives 0
  for (const char* type : {"HUGEINT", "UHUGEINT"})
    expect_all_different(
        type, {"0", k, "2 * " + k + "::HUGEINT", "3 * " + k + "::HUGEINT",
               "5::HUGEINT * 18446744073709551616::HUGEINT + 7", "7::HUGEINT * 18446744073709551616::HUGEINT + 5"});
  expect_all_different("HUGEINT", {"0", "-1", "1", "-18446744073709551616", "18446744073709551615"});
  for (const char* type : {"DECIMAL(38,0)", "DECIMAL(24,0)"})
    expect_all_different(type, {"0", "-1", k, "36893488147419103234", "55340232221128654851"});
  // Beyond 10^34 the double is no longer enough.
  expect_all_different("DECIMAL(38,0)", {"4611686018427387904::DECIMAL(38,0) * 18446744073709551617",
                                         "4611686018427387905::DECIMAL(38,0) * 18446744073709551617", "0"});
  expect_all_different("DECIMAL(38,37)", {"'4.6116860184273879042500000000000000001'", "'-4.61'", "0",
                                          "'0.0000000000000000000000000000000000001'"});
  expect_all_different("UUID", {"'00000000-0000-0005-0000-000000000007'", "'00000000-0000-0007-0000-000000000005'",
                                "'80000000-0000-0005-0000-000000000005'", "'80000000-0000-0007-0000-000000000007'"});
}

TEST_F(Digest, ScalarsOfEveryKindDifferByTheirSmallestStep) {
  expect_all_different("DATE", {"'2020-01-01'", "'2020-01-02'", "'infinity'", "'-infinity'", "NULL"});
  expect_all_different("TIMESTAMP", {"'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000001'", "'infinity'"});
  expect_all_different("TIMESTAMP_NS", {"'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000000001'"});
  expect_all_different("TIME", {"'00:00:00'", "'00:00:00.000001'", "'24:00:00'"});
  expect_all_different("TIME WITH TIME ZONE", {"'12:00:00+01'", "'11:00:00+00'"});
  expect_all_different("INTERVAL", {"INTERVAL '1 month'", "INTERVAL '30 days'", "INTERVAL '720 hours'",
                                    "INTERVAL '1 month 2 days'", "INTERVAL '2 months 1 day'", "INTERVAL '-1 month'"});
  expect_all_different("BIT", {"'0'", "'00'", "'1'", "'01'", "'10'"});
  expect_all_different("BLOB", {"''", "'\\x00'", "'\\x00\\x00'", "'a'", "'A'"});
  expect_all_different("UBIGINT", {"0", "18446744073709551615", "9223372036854775808"});
  expect_all_different("DECIMAL(12,2)", {"0.01", "0.1", "1", "-0.01"});
  expect_all_different("JSON", {"'{\"a\":1}'", "'{\"a\": 1}'", "'null'", "NULL", "'{\"a\":\"1\"}'"});
  expect_all_different("ENUM('a', 'b')", {"'a'", "'b'", "NULL"});
}

TEST_F(Digest, NestedValues) {
  expect_all_different("INTEGER[]", {"NULL", "[]", "[NULL]", "[NULL, NULL]", "[1]", "[1, NULL]", "[NULL, 1]", "[1, 2]",
                                     "[2, 1]", "[12]", "[1, 1]"});
  expect_all_different("INTEGER[][]", {"[[1], [2]]", "[[1, 2]]", "[[1, 2], []]", "[[], [1, 2]]", "[[1, 2], NULL]", "[]",
                                       "[[]]", "[NULL]", "NULL", "[[NULL]]"});
  expect_all_different("VARCHAR[][]",
                       {"[['a'], ['b']]", "[['a', 'b']]", "[['a,b']]", "[['a\",\"b']]", "[['[\"a\"]']]"});
  expect_all_different("VARCHAR[]", {"['']", "[NULL]", "['null']", "['NULL']", "[]", "['nan']", "['\\']", "['\\\\']",
                                     "[chr(10)]", "['\\n']", "['ä']", "['\\u00e4']"});
  expect_all_different("STRUCT(a INTEGER, b INTEGER)", {"NULL", "{'a': NULL, 'b': NULL}", "{'a': 1, 'b': NULL}",
                                                        "{'a': NULL, 'b': 1}", "{'a': 1, 'b': 2}", "{'a': 2, 'b': 1}"});
  expect_all_different("STRUCT(a STRUCT(b FLOAT))", {"NULL", "{'a': NULL}", "{'a': {'b': NULL}}", "{'a': {'b': 1}}"});
  expect_all_different("MAP(VARCHAR, INTEGER)", {"NULL", "MAP {}", "MAP {'a': NULL}", "MAP {'a': 1}", "MAP {'b': 1}",
                                                 "MAP {'a': 1, 'b': 2}", "MAP {'a': 2, 'b': 1}"});
  expect_all_different("INTEGER[2]", {"NULL", "[1, 2]", "[2, 1]", "[NULL, 1]", "[NULL, NULL]"});
  expect_all_different("BLOB[]", {"['\\x00'::BLOB]", "['00'::BLOB]", "['']", "[NULL]"});
  expect_all_different("TIMESTAMP_NS[]",
                       {"['2020-01-01 00:00:00'::TIMESTAMP_NS]", "['2020-01-01 00:00:00.000000001'::TIMESTAMP_NS]"});
  expect_all_different("TIMESTAMPTZ[]", {"['infinity']", "['-infinity']", "[NULL]", "['2020-01-01 00:00:00+00']"});
  expect_all_different("INTERVAL[]", {"[INTERVAL '1 month']", "[INTERVAL '30 days']"});
  expect_all_different("DECIMAL(38,2)[]", {"[12345678901234567890123.01]", "[12345678901234567890123.02]"});
  expect_all_different("UBIGINT[]", {"[18446744073709551615]", "[18446744073709551614]"});
  expect_all_different("HUGEINT[]", {"[18446744073709551617]", "[18446744073709551618]"});
  expect_all_different("ENUM('a', 'b')[]", {"['a']", "['b']", "[NULL]"});
  expect_all_different("STRUCT(\"weird \"\"na'me\" INTEGER, \"k:=v\" VARCHAR[])[]",
                       {"[{'weird \"na''me': 1, 'k:=v': ['x']}]", "[{'weird \"na''me': 2, 'k:=v': ['x']}]",
                        "[{'weird \"na''me': 1, 'k:=v': []}]"});
}

TEST_F(Digest, MapEntriesHaveNoOrderAtAnyLevel) {
  expect_equal("MAP(VARCHAR, INTEGER)", "MAP {'b': 1, 'a': 2}", "MAP {'a': 2, 'b': 1}");
  expect_equal("STRUCT(m MAP(INTEGER, MAP(DOUBLE, VARCHAR)))[]", "[{'m': MAP {2: MAP {1.5: 'x', 0.5: NULL}, 1: NULL}}]",
               "[{'m': MAP {1: NULL, 2: MAP {0.5: NULL, 1.5: 'x'}}}]");
  expect_equal("MAP(STRUCT(a INTEGER, b VARCHAR), INTEGER)", "MAP {{'a': NULL, 'b': 'x'}: 1, {'a': 1, 'b': 'x'}: 2}",
               "MAP {{'a': 1, 'b': 'x'}: 2, {'a': NULL, 'b': 'x'}: 1}");
  expect_all_different("MAP(VARCHAR, INTEGER)[]", {"[MAP {'b': 1}, MAP {'a': 2}]", "[MAP {'a': 2}, MAP {'b': 1}]"});
}

TEST_F(Digest, DoesNotDependOnTheSessionsTimeZone) {
  catalogs().sql(
      "CREATE OR REPLACE TABLE mem.main.zone AS SELECT TIMESTAMPTZ '2024-03-31 01:30:00+00' AS a, "
      "[TIMESTAMPTZ '2024-10-27 00:30:00+00', TIMESTAMPTZ '2024-10-27 01:30:00+00'] AS b");
  std::vector<DigestColumn> columns;
  for (const Column& column : described("zone")) columns.push_back({column.name, column.type, column.type, true});
  const std::string sql = dialect().digest_query({"mem", "main", "zone"}, std::nullopt, columns);
  std::map<std::string, int> digests;
  for (const char* zone : {"UTC", "Europe/Berlin", "America/New_York"}) {
    catalogs().sql(std::string("SET GLOBAL TimeZone = '") + zone + "'");
    ++digests[Json(catalogs().sql(sql).rows).dump()];
  }
  catalogs().sql("SET GLOBAL TimeZone = 'UTC'");
  EXPECT_EQ(digests.size(), 1U);
}

TEST_F(Digest, CommonTypes) {
  EXPECT_EQ(common("INTEGER", "BIGINT"), "BIGINT");
  EXPECT_EQ(common("UTINYINT", "TINYINT"), "SMALLINT");
  EXPECT_EQ(common("UBIGINT", "BIGINT"), "HUGEINT");
  EXPECT_EQ(common("UHUGEINT", "BIGINT"), "none");
  EXPECT_EQ(common("DECIMAL(10,2)", "DECIMAL(12,4)"), "DECIMAL(12,4)");
  EXPECT_EQ(common("DECIMAL(10,2)", "DECIMAL(10,4)"), "DECIMAL(12,4)");
  EXPECT_EQ(common("BIGINT", "DECIMAL(10,2)"), "DECIMAL(21,2)");
  EXPECT_EQ(common("DECIMAL(38,0)", "DECIMAL(38,10)"), "none");
  EXPECT_EQ(common("FLOAT", "DOUBLE"), "DOUBLE");
  EXPECT_EQ(common("SMALLINT", "FLOAT"), "FLOAT");
  EXPECT_EQ(common("INTEGER", "FLOAT"), "DOUBLE");
  EXPECT_EQ(common("BIGINT", "DOUBLE"), "none");
  EXPECT_EQ(common("DECIMAL(10,2)", "DOUBLE"), "none");
  EXPECT_EQ(common("DATE", "TIMESTAMP"), "TIMESTAMP");
  EXPECT_EQ(common("TIMESTAMP", "TIMESTAMP_NS"), "TIMESTAMP_NS");
  EXPECT_EQ(common("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"), "none");
  EXPECT_EQ(common("VARCHAR", "ENUM('a', 'b')"), "VARCHAR");
  EXPECT_EQ(common("ENUM('b', 'a')", "ENUM('a', 'b')"), "VARCHAR");
  EXPECT_EQ(common("VARCHAR", "INTEGER"), "none");
  EXPECT_EQ(common("BOOLEAN", "INTEGER"), "none");
  EXPECT_EQ(common("DATE", "INTEGER"), "none");
  EXPECT_EQ(common("VARCHAR", "BLOB"), "none");
  EXPECT_EQ(common("STRUCT(a INTEGER)", "INTEGER[]"), "none");
  EXPECT_EQ(common("INTEGER[]", "BIGINT[]"), "BIGINT[]");
  EXPECT_EQ(common("INTEGER[3]", "BIGINT[]"), "BIGINT[]");
  EXPECT_EQ(common("MAP(INTEGER, FLOAT)", "MAP(BIGINT, DOUBLE)"), "MAP(BIGINT, DOUBLE)");
  EXPECT_EQ(common("STRUCT(a INTEGER, b VARCHAR)", "STRUCT(B VARCHAR, A BIGINT)"), "STRUCT(a BIGINT, b VARCHAR)");
  EXPECT_EQ(common("STRUCT(a INTEGER)", "STRUCT(a INTEGER, b INTEGER)"), "none");
}

TEST_F(Digest, ValuesAreComparedInTheCommonType) {
  EXPECT_TRUE(equal_across("INTEGER", "-1", "BIGINT", "-1"));
  EXPECT_FALSE(equal_across("INTEGER", "-1", "BIGINT", "4294967295"));
  EXPECT_TRUE(equal_across("DECIMAL(10,2)", "1.5", "DECIMAL(10,4)", "1.5"));
  EXPECT_FALSE(equal_across("DECIMAL(10,2)", "1.5", "DECIMAL(10,4)", "1.5001"));
  EXPECT_FALSE(equal_across("DECIMAL(10,2)", "1", "BIGINT", "100"));
  EXPECT_TRUE(equal_across("DECIMAL(10,2)", "100", "BIGINT", "100"));
  EXPECT_TRUE(equal_across("FLOAT", "0.1", "DOUBLE", "0.1::FLOAT::DOUBLE"));
  EXPECT_FALSE(equal_across("FLOAT", "0.1", "DOUBLE", "0.1"));
  EXPECT_TRUE(equal_across("DATE", "'2020-01-01'", "TIMESTAMP", "'2020-01-01 00:00:00'"));
  EXPECT_FALSE(equal_across("DATE", "'2020-01-01'", "TIMESTAMP", "'2020-01-01 00:00:01'"));
  EXPECT_TRUE(equal_across("ENUM('b', 'a')", "'a'", "ENUM('a', 'b')", "'a'"));
  EXPECT_FALSE(equal_across("ENUM('b', 'a')", "'b'", "ENUM('a', 'b')", "'a'"));  // the same index
  EXPECT_TRUE(equal_across("ENUM('b', 'a')", "'a'", "VARCHAR", "'a'"));
  EXPECT_TRUE(equal_across("INTEGER[]", "[1, NULL]", "BIGINT[]", "[1, NULL]"));
  EXPECT_TRUE(equal_across("FLOAT[]", "[0.5, 'nan'::FLOAT]", "DOUBLE[]", "[0.5, 'nan'::DOUBLE]"));
  EXPECT_TRUE(equal_across("INTEGER[2]", "[1, 2]", "BIGINT[]", "[1, 2]"));
  EXPECT_TRUE(equal_across("STRUCT(a INTEGER, b VARCHAR)", "{'a': 1, 'b': 'x'}", "STRUCT(B VARCHAR, A BIGINT)",
                           "{'B': 'x', 'A': 1}"));
  EXPECT_FALSE(equal_across("STRUCT(a INTEGER, b INTEGER)", "{'a': 1, 'b': 2}", "STRUCT(b INTEGER, a INTEGER)",
                            "{'b': 1, 'a': 2}"));
  EXPECT_TRUE(equal_across("MAP(INTEGER, STRUCT(x INTEGER))", "MAP {2: {'x': 1}, 1: NULL}",
                           "MAP(BIGINT, STRUCT(X BIGINT))", "MAP {1: NULL, 2: {'X': 1}}"));
}

TEST_F(Digest, SaysWhatItCannotDigest) {
  for (const char* type : {"UNION(a INTEGER, b VARCHAR)", "GEOMETRY", "VARIANT", "SOMETHING_NEW", "VARIANT[]",
                           "STRUCT(a GEOMETRY)", "MAP(INTEGER, VARIANT)"})
    EXPECT_NE(dialect().not_digestible(dialect().parse_type(type)), "") << type;
  for (const char* type : {"BIT", "JSON", "INTERVAL", "UUID", "HUGEINT", "DECIMAL(38,2)", "ENUM('a')[]", "INTEGER[3][]",
                           "MAP(VARCHAR, STRUCT(a BLOB))", "TIMESTAMP_S", "TIME WITH TIME ZONE"})
    EXPECT_EQ(dialect().not_digestible(dialect().parse_type(type)), "") << type;
}

TEST_F(Digest, NamesAreQuoted) {
  EXPECT_NE(of("\"a\"\"b; DROP\" INTEGER, \"select\" INTEGER[], \"lockstep_e0\" INTEGER[]", "(1, [2], [3])"),
            of("\"a\"\"b; DROP\" INTEGER, \"select\" INTEGER[], \"lockstep_e0\" INTEGER[]", "(1, [3], [2])"));
}

// Cells as SQL literals, by column; unlike literals of a column are unlike values.
const std::vector<std::pair<std::string, std::vector<std::string>>> kPool = {
    {"INTEGER", {"NULL", "0", "1", "-1", "2"}},
    {"VARCHAR", {"NULL", "''", "'NULL'", "'a'", "'a|b'", "'b'", "'1'"}},
    {"DOUBLE", {"NULL", "0.0", "1.5", "'nan'", "'inf'"}},
    {"DECIMAL(38,2)", {"NULL", "0.00", "0.01", "1.00"}},
    {"BOOLEAN NOT NULL", {"true", "false"}},
    {"INTEGER[][]", {"NULL", "[]", "[NULL]", "[[]]", "[[NULL]]", "[[1], [2]]", "[[1, 2]]"}},
    {"STRUCT(a INTEGER, b VARCHAR[])",
     {"NULL", "{'a': NULL, 'b': NULL}", "{'a': 1, 'b': []}", "{'a': 1, 'b': [NULL]}"}},
    {"MAP(VARCHAR, INTEGER)", {"NULL", "MAP {}", "MAP {'a': 1, 'b': NULL}", "MAP {'a': NULL, 'b': 1}"}},
};

using Row = std::vector<std::size_t>;  // an index into each column's literals

std::string columns_ddl() {
  std::string ddl;
  for (std::size_t i = 0; i < kPool.size(); ++i)
    ddl += (i == 0 ? "" : ", ") + ("c" + std::to_string(i)) + " " + kPool[i].first;
  return ddl;
}

std::string values_of(const std::vector<Row>& rows) {
  std::string values;
  for (const Row& row : rows) {
    values += values.empty() ? "(" : ", (";
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string literal = kPool[i].second[row[i]];
      // The same map, written in the other order.
      if (literal == "MAP {'a': 1, 'b': NULL}" && *rc::gen::arbitrary<bool>()) literal = "MAP {'b': NULL, 'a': 1}";
      values += (i == 0 ? "" : ", ") + literal;
    }
    values += ")";
  }
  return values;
}

TEST_F(Digest, EqualUnderPermutationDifferentUnderAnySingleEdit) {
  const auto row = rc::gen::exec([] {
    Row cells;
    for (const auto& [type, literals] : kPool) cells.push_back(*rc::gen::inRange<std::size_t>(0, literals.size()));
    return cells;
  });
  EXPECT_TRUE(rc::check("one table, its permutation, and an edit", [&] {
    std::vector<Row> rows = *rc::gen::nonEmpty(rc::gen::container<std::vector<Row>>(row));
    const std::string before = of(columns_ddl(), values_of(rows));
    std::vector<Row> shuffled = rows;
    for (std::size_t i = shuffled.size(); i > 1; --i)
      std::swap(shuffled[i - 1], shuffled[*rc::gen::inRange<std::size_t>(0, i)]);
    RC_ASSERT(before == of(columns_ddl(), values_of(shuffled)));

    const std::size_t at = *rc::gen::inRange<std::size_t>(0, rows.size());
    const std::size_t column = *rc::gen::inRange<std::size_t>(0, kPool.size());
    const std::size_t size = kPool[column].second.size();
    rows[at][column] = (rows[at][column] + *rc::gen::inRange<std::size_t>(1, size)) % size;
    RC_ASSERT(before != of(columns_ddl(), values_of(rows)));
  }));
}

}  // namespace
}  // namespace lockstep
