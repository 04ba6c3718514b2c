// The widening matrix, executed: what a dialect calls a widening is carried out on a real catalog and keeps the
// smallest and the largest value. So what the engine refuses is refused by the dialect.
#include "engines/warehouse/duckdb/widening.h"

#include <gtest/gtest.h>

#include "engines/warehouse/duckdb/type_text.h"
#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;
using Verdict = TypeChange::Verdict;

struct Sample {
  const char* type;
  std::vector<const char*> values;  // SQL; extremes first
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"BOOLEAN", {"true", "false"}},
      {"TINYINT", {"-128", "127"}},
      {"SMALLINT", {"-32768", "32767"}},
      {"INTEGER", {"-2147483648", "2147483647"}},
      {"BIGINT", {"-9223372036854775808", "9223372036854775807"}},
      {"HUGEINT", {"-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"}},
      {"UTINYINT", {"0", "255"}},
      {"UINTEGER", {"0", "4294967295"}},
      {"UBIGINT", {"0", "18446744073709551615"}},
      {"FLOAT", {"'-3.4028235e38'", "'3.4028235e38'", "'0.1'", "'nan'", "'-inf'", "'-0.0'"}},
      {"DOUBLE", {"'-1.7976931348623157e308'", "'0.1'", "'nan'", "'inf'"}},
      {"DECIMAL(10,0)", {"-9999999999", "9999999999"}},
      {"DECIMAL(10,2)", {"-99999999.99", "99999999.99"}},
      {"DECIMAL(14,4)", {"-9999999999.9999", "0.0001"}},
      {"DECIMAL(20,0)", {"-99999999999999999999", "99999999999999999999"}},
      {"VARCHAR", {"''", "'x'"}},
      {"DATE", {"'4713-01-01 (BC)'", "'294246-12-31'", "'infinity'", "'-infinity'"}},
      {"TIMESTAMP_S", {"'290308-12-22 (BC) 00:00:00'", "'9999-12-31 23:59:59'", "'infinity'"}},
      {"TIMESTAMP_MS", {"'1970-01-01 00:00:00.001'", "'9999-12-31 23:59:59.999'", "'-infinity'"}},
      {"TIMESTAMP", {"'290309-12-22 (BC) 00:00:00'", "'9999-12-31 23:59:59.999999'", "'infinity'"}},
      {"TIMESTAMP WITH TIME ZONE", {"'2020-01-01 00:00:00+00'"}},
      {"UUID", {"'00000000-0000-0000-0000-000000000000'"}},
  };
  return all;
}

class Widening : public ::testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, Widening, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

// All pairs of one source type in one table, one column a target: a commit costs milliseconds, and there are hundreds.
TEST_P(Widening, WhatTheDialectAllowsTheEngineDoesAndEveryValueSurvives) {
  Lab lab(GetParam());
  int widenings = 0;
  // 300 rows of each: a DuckLake keeps the first few in its metadata, and what lies in Parquet is what matters.
  for (const int copies : GetParam() == Kind::lake ? std::vector<int>{1, 300} : std::vector<int>{1}) {
    for (const Sample& from : samples()) {
      const DataType from_type = parse_duckdb_type(from.type);
      std::vector<std::string> statements;
      std::string columns;
      std::vector<const Sample*> targets;
      for (const Sample& to : samples())
        if (lab.dialect().type_change(from_type, parse_duckdb_type(to.type)).verdict == Verdict::widening)
          targets.push_back(&to);
      if (targets.empty()) continue;
      for (std::size_t i = 0; i < targets.size(); ++i) columns += ", x" + std::to_string(i) + " " + from.type;
      lab.sql("CREATE OR REPLACE TABLE c.main.t (id INTEGER" + columns + ")");
      for (std::size_t row = 0; row < from.values.size(); ++row) {
        std::string values;
        for (std::size_t i = 0; i < targets.size(); ++i)
          values += std::string(", CAST(") + from.values[row] + " AS " + from.type + ")";
        statements.push_back("INSERT INTO c.main.t SELECT " + std::to_string(row) + values + " FROM range(" +
                             std::to_string(copies) + ")");
      }
      ASSERT_TRUE(lab.transact(statements).ok());
      // What the values should become, by the engine's own cast, before anything is altered.
      std::string casts;
      std::string plain;
      for (std::size_t i = 0; i < targets.size(); ++i) {
        const std::string name = "x" + std::to_string(i);
        casts += ", CAST(CAST(" + name + " AS " + targets[i]->type + ") AS VARCHAR)";
        plain += ", CAST(" + name + " AS VARCHAR)";
      }
      const Rows before = lab.sql("SELECT id" + casts + ", count(*) FROM c.main.t GROUP BY ALL ORDER BY id");
      statements.clear();
      for (std::size_t i = 0; i < targets.size(); ++i)
        statements.push_back(lab.dialect().change_type({"c", "main", "t"}, "x" + std::to_string(i),
                                                       parse_duckdb_type(targets[i]->type)));
      const Result<void> altered = lab.transact(statements);
      ASSERT_TRUE(altered.ok()) << from.type << ": " << altered.error().message;
      const Rows after = lab.sql("SELECT id" + plain + ", count(*) FROM c.main.t GROUP BY ALL ORDER BY id");
      EXPECT_EQ(before.rows, after.rows) << from.type;
      // And back again: no value was rounded on the way. By way of text where the engine has no such cast.
      std::string same;
      for (std::size_t i = 0; i < targets.size(); ++i) {
        const std::string name = "x" + std::to_string(i);
        EXPECT_EQ(lab.type_of("t", name), targets[i]->type);
        same += std::string(same.empty() ? "" : ", ") + "bool_and(CAST(" +
                (std::string(from.type).starts_with("TIMESTAMP") ? "CAST(" + name + " AS VARCHAR)" : name) + " AS " +
                from.type + ") IS NOT DISTINCT FROM original)";
        ++widenings;
      }
      std::string originals;
      for (std::size_t row = 0; row < from.values.size(); ++row)
        originals += std::string(row == 0 ? "" : ", ") + "(" + std::to_string(row) + ", CAST(" + from.values[row] +
                     " AS " + from.type + "))";
      std::string sql = "SELECT ";
      sql.append(same).append(" FROM c.main.t JOIN (VALUES ").append(originals).append(") o(id, original) USING (id)");
      const Rows back = lab.sql(sql);
      for (std::size_t i = 0; i < targets.size(); ++i)
        EXPECT_EQ(back.rows.at(0).at(i), true) << from.type << " to " << targets[i]->type;
    }
  }
  EXPECT_GT(widenings, 40);
}

// What a DuckLake would do with a date that has no room: the ALTER passes, and the table cannot be read any more.
TEST(Widening, ADateOfALakeStaysADate) {
  Lab file(Kind::file);
  EXPECT_EQ(file.dialect().type_change(parse_duckdb_type("DATE"), parse_duckdb_type("TIMESTAMP")).verdict,
            Verdict::widening);
  Lab lab(Kind::lake);
  const TypeChange change = lab.dialect().type_change(parse_duckdb_type("DATE"), parse_duckdb_type("TIMESTAMP"));
  EXPECT_EQ(change.verdict, Verdict::refused);
  EXPECT_NE(change.reason.find("294247"), std::string::npos) << change.reason;
  lab.sql("CREATE TABLE c.main.t AS SELECT DATE '294247-02-01' + 1000 AS x FROM range(300)");
  ASSERT_TRUE(lab.transact({lab.dialect().change_type({"c", "main", "t"}, "x", parse_duckdb_type("TIMESTAMP"))}).ok());
  EXPECT_FALSE(lab.try_sql("SELECT max(x) FROM c.main.t").ok()) << "when it can be read, the refusal may go";
}

TEST_P(Widening, EveryPairHasAVerdictAndEveryRefusalNamesBothTypes) {
  Lab lab(GetParam());
  for (const Sample& from : samples()) {
    for (const Sample& to : samples()) {
      const TypeChange change = lab.dialect().type_change(parse_duckdb_type(from.type), parse_duckdb_type(to.type));
      if (&from == &to) {
        EXPECT_EQ(change.verdict, Verdict::same);
        continue;
      }
      EXPECT_NE(change.verdict, Verdict::same) << from.type << " to " << to.type;
      if (change.verdict == Verdict::refused) {
        EXPECT_NE(change.reason.find(from.type), std::string::npos) << change.reason;
        EXPECT_NE(change.reason.find(to.type), std::string::npos) << change.reason;
      }
    }
  }
}

struct Nested {
  const char* from;
  const char* to;
  const char* value;
  const char* then;  // what the value reads as afterwards
};

TEST_P(Widening, NestedTypesGainFieldsAndWidenInside) {
  Lab lab(GetParam());
  const std::vector<Nested> cases = {
      {"STRUCT(a INTEGER)", "STRUCT(a BIGINT, b VARCHAR)", "{'a': 1}", "{'a': 1, 'b': NULL}"},
      {"STRUCT(a INTEGER)[]", "STRUCT(a BIGINT, b VARCHAR)[]", "[{'a': 1}, NULL]", "[{'a': 1, 'b': NULL}, NULL]"},
      {"INTEGER[]", "BIGINT[]", "[1, NULL]", "[1, NULL]"},
      {"MAP(VARCHAR, INTEGER)", "MAP(VARCHAR, BIGINT)", "MAP {'a': 1}", "{a=1}"},
      {"MAP(INTEGER, INTEGER)", "MAP(BIGINT, INTEGER)", "MAP {1: 1}", "{1=1}"},
      {"MAP(VARCHAR, STRUCT(a INTEGER))", "MAP(VARCHAR, STRUCT(a BIGINT, b INTEGER))", "MAP {'k': {'a': 1}}",
       "{k={'a': 1, 'b': NULL}}"},
      {"STRUCT(s STRUCT(a INTEGER))", "STRUCT(s STRUCT(a INTEGER, b INTEGER), t INTEGER)", "{'s': {'a': 1}}",
       "{'s': {'a': 1, 'b': NULL}, 't': NULL}"},
      {"STRUCT(l DECIMAL(4,1)[])", "STRUCT(l DECIMAL(6,2)[])", "{'l': [1.5]}", "{'l': [1.50]}"},
  };
  std::vector<std::string> statements;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    lab.sql("CREATE TABLE c.main.t" + std::to_string(i) + " (x " + cases[i].from + ")");
    lab.sql("INSERT INTO c.main.t" + std::to_string(i) + " VALUES (" + cases[i].value + ")");
    const DataType to = parse_duckdb_type(cases[i].to);
    EXPECT_EQ(lab.dialect().type_change(parse_duckdb_type(cases[i].from), to).verdict, Verdict::widening);
    statements.push_back(lab.dialect().change_type({"c", "main", "t" + std::to_string(i)}, "x", to));
  }
  for (const std::string& sql : statements) EXPECT_TRUE(lab.transact({sql}).ok()) << sql;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(lab.cell("SELECT x FROM c.main.t" + std::to_string(i)), cases[i].then);
    EXPECT_EQ(lab.type_of("t" + std::to_string(i), "x"), cases[i].to);
  }
}

TEST_P(Widening, NestedTypesThatLoseSomethingAreRefused) {
  Lab lab(GetParam());
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"STRUCT(a INTEGER, b INTEGER)", "STRUCT(a INTEGER)"},
      {"STRUCT(a BIGINT)", "STRUCT(a INTEGER, b INTEGER)"},
      {"BIGINT[]", "INTEGER[]"},
      {"INTEGER[]", "INTEGER"},
      {"INTEGER", "INTEGER[]"},
      {"INTEGER[3]", "INTEGER[4]"},
      {"MAP(VARCHAR, BIGINT)", "MAP(VARCHAR, INTEGER)"},
      {"MAP(VARCHAR, INTEGER)", "STRUCT(a INTEGER)"},
      {"STRUCT(a TIMESTAMP)", "STRUCT(a TIMESTAMP WITH TIME ZONE)"},
      {"ENUM('a', 'b')", "ENUM('b')"},
      {"VARCHAR", "ENUM('a')"},
      {"UNION(a INTEGER)", "UNION(a BIGINT)"},
  };
  for (const auto& [from, to] : cases) {
    const TypeChange change = lab.dialect().type_change(parse_duckdb_type(from), parse_duckdb_type(to));
    EXPECT_EQ(change.verdict, Verdict::refused) << from << " to " << to;
    EXPECT_FALSE(change.reason.empty());
  }
}

TEST_P(Widening, OrderAndCaseOfFieldsAreNoChange) {
  Lab lab(GetParam());
  EXPECT_EQ(lab.dialect()
                .type_change(parse_duckdb_type("STRUCT(a INTEGER, b INTEGER)"),
                             parse_duckdb_type("STRUCT(B INTEGER, A INTEGER)"))
                .verdict,
            Verdict::same);
}

TEST(DuckDbFileWidening, EnumerationsGainValuesAndBecomeText) {
  Lab lab(Kind::file);
  for (const char* to : {"ENUM('a', 'b', 'c')", "ENUM('c', 'b', 'a')", "VARCHAR"}) {
    lab.sql("CREATE OR REPLACE TABLE c.main.t (x ENUM('a', 'b'))");
    lab.sql("INSERT INTO c.main.t VALUES ('b')");
    const DataType wanted = parse_duckdb_type(to);
    EXPECT_EQ(lab.dialect().type_change(parse_duckdb_type("ENUM('a', 'b')"), wanted).verdict, Verdict::widening);
    ASSERT_TRUE(lab.transact({lab.dialect().change_type({"c", "main", "t"}, "x", wanted)}).ok());
    EXPECT_EQ(lab.cell("SELECT x FROM c.main.t"), "b");
    EXPECT_EQ(lab.type_of("t", "x"), to);
  }
}

TEST(DuckDbFileWidening, ANestedTypeWithAnEnumerationOnlyGainsFields) {
  Lab lab(Kind::file);
  const DataType from = parse_duckdb_type("STRUCT(e ENUM('a'), i INTEGER)");
  EXPECT_EQ(lab.dialect().type_change(from, parse_duckdb_type("STRUCT(e ENUM('a'), i BIGINT)")).verdict,
            Verdict::refused);
  EXPECT_EQ(lab.dialect().type_change(from, parse_duckdb_type("STRUCT(e ENUM('a', 'b'), i INTEGER)")).verdict,
            Verdict::refused);
  EXPECT_EQ(lab.dialect().type_change(from, parse_duckdb_type("STRUCT(e ENUM('a'), i INTEGER, n DATE)")).verdict,
            Verdict::widening);
  lab.sql("CREATE TABLE c.main.t (x STRUCT(e ENUM('a'), i INTEGER))");
  EXPECT_TRUE(
      lab.transact({lab.dialect().add_column({"c", "main", "t"}, {"x", "n"}, parse_duckdb_type("DATE"), {})}).ok());
  EXPECT_EQ(lab.type_of("t", "x"), "STRUCT(e ENUM('a'), i INTEGER, n DATE)");
  // Why it is refused: the engine fails in the middle of it.
  EXPECT_FALSE(lab.transact({lab.dialect().change_type({"c", "main", "t"}, "x",
                                                       parse_duckdb_type("STRUCT(e ENUM('a'), i BIGINT, n DATE)"))})
                   .ok());
}

TEST(DuckLakeWidening, WhatParquetCannotHoldIsRefused) {
  Lab lab(Kind::lake);
  // A DuckLake executes it, and the values written afterwards lose digits.
  EXPECT_EQ(lab.dialect().type_change(parse_duckdb_type("BIGINT"), parse_duckdb_type("HUGEINT")).verdict,
            Verdict::refused);
  lab.sql("CREATE TABLE c.main.t AS SELECT 18446744073709551615::HUGEINT - 10 * i AS x FROM range(300) r(i)");
  EXPECT_LT(lab.cell("SELECT count(DISTINCT x) FROM c.main.t"), 300);
}

TEST(DuckLakeWidening, NarrowingIsRefusedByTheEngineAsWell) {
  Lab lab(Kind::lake);
  lab.sql("CREATE TABLE c.main.t (a BIGINT, b VARCHAR, c DECIMAL(14,4), d DOUBLE)");
  for (const auto& [column, to] : {std::pair{"a", "INTEGER"}, std::pair{"b", "INTEGER"}, std::pair{"c", "DECIMAL(8,2)"},
                                   std::pair{"d", "FLOAT"}, std::pair{"a", "VARCHAR"}}) {
    const DataType from = parse_duckdb_type(lab.type_of("t", column));
    EXPECT_EQ(lab.dialect().type_change(from, parse_duckdb_type(to)).verdict, Verdict::refused);
    EXPECT_FALSE(lab.transact({lab.dialect().change_type({"c", "main", "t"}, column, parse_duckdb_type(to))}).ok());
  }
}

}  // namespace
}  // namespace lockstep
