// Type text to tree and back, held against what the engine itself prints.
#include "engines/warehouse/duckdb/type_text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "engines/warehouse/duckdb/keywords.h"
#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;

Lab& lab() {
  static Lab one(Kind::file);
  return one;
}

TEST(DuckDbTypeText, EveryTypeTheEnginePrintsComesBackUnchanged) {
  for (const char* sql :
       {"BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "UHUGEINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(5,0)",
        "DECIMAL(38,10)",
        "NUMERIC",
        "DECIMAL(18)",
        "VARCHAR",
        "VARCHAR(10)",
        "TEXT",
        "BLOB",
        "BIT",
        "DATE",
        "TIME",
        "TIMETZ",
        "TIME_NS",
        "TIMESTAMP",
        "TIMESTAMP_S",
        "TIMESTAMP_MS",
        "TIMESTAMP_NS",
        "TIMESTAMPTZ",
        "INTERVAL",
        "UUID",
        "JSON",
        "GEOMETRY",
        "INTEGER[]",
        "INTEGER[3]",
        "INTEGER[][3][]",
        "MAP(VARCHAR, INTEGER)",
        "MAP(STRUCT(a INTEGER), DECIMAL(4,1)[])",
        "ENUM('a', 'b''c', 'd, e')",
        "ENUM('')[]",
        "STRUCT(a BIGINT, \"b c\" VARCHAR, \"q\"\"q\" INTEGER, \"Up\" INTEGER, \"1a\" INTEGER, \"\xC3\xBC\" INTEGER)",
        "STRUCT(\"select\" INTEGER, \"year\" INTEGER, \"name\" INTEGER, a_1 INTEGER, \"_\" INTEGER)",
        "STRUCT(\"a(b\" INTEGER, \"c,d\" INTEGER, \"new\nline\" INTEGER, \"it's\" STRUCT(x TIMESTAMPTZ)[])",
        "UNION(num INTEGER, str VARCHAR)",
        "BIGNUM"}) {
    lab().sql(std::string("CREATE OR REPLACE TABLE c.main.t (x ") + sql + ")");
    const std::string printed = lab().type_of("t", "x");
    ASSERT_FALSE(printed.empty()) << sql;
    EXPECT_EQ(print_duckdb_type(parse_duckdb_type(printed)), printed);
    EXPECT_TRUE(
        same_type(parse_duckdb_type(printed), parse_duckdb_type(print_duckdb_type(parse_duckdb_type(printed)))));
  }
}

TEST(DuckDbTypeText, ReadsTheTree) {
  const DataType type = parse_duckdb_type("STRUCT(a BIGINT, \"b \"\"c\" MAP(VARCHAR, DECIMAL(10,2)))[][3]");
  ASSERT_EQ(type.kind, DataType::Kind::array);
  EXPECT_EQ(type.size, 3);
  const DataType& list = type.fields.at(0).type;
  ASSERT_EQ(list.kind, DataType::Kind::list);
  const DataType& structure = list.fields.at(0).type;
  ASSERT_EQ(structure.kind, DataType::Kind::structure);
  ASSERT_EQ(structure.fields.size(), 2U);
  EXPECT_EQ(structure.fields[0].type.name, "BIGINT");
  EXPECT_EQ(structure.fields[1].name, "b \"c");
  const DataType& map = structure.fields[1].type;
  ASSERT_EQ(map.kind, DataType::Kind::map);
  EXPECT_EQ(map.fields[0].name, "key");
  EXPECT_EQ(map.fields[1].name, "value");
  EXPECT_EQ(map.fields[1].type.precision, 10);
  EXPECT_EQ(map.fields[1].type.scale, 2);
  EXPECT_EQ(map.fields[1].type.text, "DECIMAL(10,2)");
}

TEST(DuckDbTypeText, SynonymsBecomeTheEnginesNames) {
  EXPECT_EQ(parse_duckdb_type("int").name, "INTEGER");
  EXPECT_EQ(parse_duckdb_type("timestamptz").name, "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(parse_duckdb_type("Text").name, "VARCHAR");
  EXPECT_EQ(parse_duckdb_type("numeric(10, 2)").precision, 10);
}

TEST(DuckDbTypeText, WhatItDoesNotKnowIsUnknownAndKeepsItsText) {
  for (const char* text : {"",
                           "   ",
                           "UNION(a INTEGER)",
                           "\"NULL\"",
                           "STRUCT",
                           "STRUCT()",
                           "STRUCT(a)",
                           "STRUCT(a INTEGER",
                           "MAP(VARCHAR)",
                           "ENUM('a",
                           "DECIMAL(0,0)",
                           "DECIMAL(39,0)",
                           "DECIMAL(4,5)",
                           "DECIMAL(99999999999999,1)",
                           "INTEGER[",
                           "INTEGER]",
                           "INTEGER[-1",
                           "INTEGER INTEGER",
                           "FOO[]",
                           "STRUCT(a FOO)",
                           "TIMESTAMP WITH",
                           "'x'",
                           "STRUCT(\"\" INTEGER)x"}) {
    const DataType type = parse_duckdb_type(text);
    EXPECT_EQ(type.kind, DataType::Kind::unknown) << text;
  }
  EXPECT_EQ(parse_duckdb_type("UNION(a INTEGER)").text, "UNION(a INTEGER)");
  EXPECT_TRUE(same_type(parse_duckdb_type("UNION(a INTEGER)"), parse_duckdb_type("UNION(a INTEGER)")));
  EXPECT_FALSE(same_type(parse_duckdb_type("UNION(a INTEGER)"), parse_duckdb_type("UNION(a BIGINT)")));
}

TEST(DuckDbTypeText, DeepOrLongTextNeitherOverflowsNorHangs) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "STRUCT(a ";
  EXPECT_EQ(parse_duckdb_type(deep).kind, DataType::Kind::unknown);
  std::string lists = "INTEGER";
  for (int i = 0; i < 100'000; ++i) lists += "[]";
  EXPECT_EQ(parse_duckdb_type(lists).kind, DataType::Kind::unknown);
  std::string values = "ENUM('v'";
  for (int i = 0; i < 100'000; ++i) values += ", 'v" + std::to_string(i) + "'";
  EXPECT_EQ(parse_duckdb_type(values + ")").values.size(), 100'001U);
}

TEST(DuckDbTypeText, KeywordsAreTheEngines) {
  const Rows rows = lab().sql("SELECT DISTINCT keyword_name FROM duckdb_keywords()");
  EXPECT_GT(rows.rows.size(), 400U);
  for (const std::vector<Json>& row : rows.rows) EXPECT_TRUE(is_duckdb_keyword(row[0].get<std::string>())) << row[0];
  EXPECT_FALSE(is_duckdb_keyword("customer"));
  EXPECT_FALSE(is_duckdb_keyword(""));
  EXPECT_TRUE(is_duckdb_keyword("SELECT"));
}

TEST(DuckDbTypeText, SameTypeIsStructural) {
  auto same = [](const char* a, const char* b) { return same_type(parse_duckdb_type(a), parse_duckdb_type(b)); };
  EXPECT_TRUE(same("STRUCT(a INT, \"B\" TEXT)", "STRUCT(A INTEGER, b VARCHAR)"));
  EXPECT_FALSE(same("STRUCT(a INT, b INT)", "STRUCT(b INT, a INT)"));
  EXPECT_FALSE(same("DECIMAL(10,2)", "DECIMAL(12,2)"));
  EXPECT_FALSE(same("INT[3]", "INT[4]"));
  EXPECT_FALSE(same("INT[3]", "INT[]"));
  EXPECT_FALSE(same("ENUM('a')", "ENUM('A')"));
  EXPECT_FALSE(same("MAP(INT, INT)", "MAP(INT, BIGINT)"));
}

rc::Gen<DataType> random_type(int depth) {
  rc::Gen<DataType> scalar =
      rc::gen::map(rc::gen::element<std::string>("INTEGER", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "DECIMAL(10,2)",
                                                 "ENUM('a', '''')"),
                   [](const std::string& text) { return parse_duckdb_type(text); });
  if (depth == 0) return scalar;
  return rc::gen::exec([depth]() -> DataType {
    DataType type;
    const int shape = *rc::gen::inRange(0, 4);
    if (shape == 0) return *random_type(0);
    const DataType inner = *random_type(depth - 1);
    if (shape == 1) {
      type.kind = DataType::Kind::list;
      type.fields = {{"element", inner}};
    } else if (shape == 2) {
      type.kind = DataType::Kind::map;
      type.fields = {{"key", inner}, {"value", *random_type(depth - 1)}};
    } else {
      type.kind = DataType::Kind::structure;
      const int fields = *rc::gen::inRange(1, 4);
      for (int i = 0; i < fields; ++i)
        type.fields.push_back({*rc::gen::nonEmpty(rc::gen::string<std::string>()), *random_type(depth - 1)});
    }
    return type;
  });
}

TEST(DuckDbTypeText, PrintedTypesAreReadBack) {
  EXPECT_TRUE(rc::check("parse(print(t)) is t, whatever the fields are called", [] {
    const DataType type = *random_type(3);
    RC_ASSERT(same_type(parse_duckdb_type(print_duckdb_type(type)), type));
  }));
}

TEST(DuckDbTypeText, AnyTextIsRead) {
  EXPECT_TRUE(rc::check("no text makes the parser fail", [] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("STRUCT(", "MAP(", "ENUM(", ")", "[", "]", "3", "a", "\"", "'", ",", " ",
                                      "INTEGER", "DECIMAL", "(", "WITH", "TIME"));
    std::string text;
    for (const std::string& part : parts) text += part;
    const DataType type = parse_duckdb_type(text);
    if (type.kind != DataType::Kind::unknown) RC_ASSERT(same_type(parse_duckdb_type(print_duckdb_type(type)), type));
  }));
}

}  // namespace
}  // namespace lockstep
