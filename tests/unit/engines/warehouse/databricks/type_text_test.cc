#include "engines/warehouse/databricks/type_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace lockstep {
namespace {

std::string canonical(std::string_view text) {
  return print_databricks_type(parse_databricks_type(text));
}

TEST(DatabricksTypeText, CanonicalTextsComeBackUnchanged) {
  for (const char* text : {"TINYINT",
                           "SMALLINT",
                           "INT",
                           "BIGINT",
                           "FLOAT",
                           "DOUBLE",
                           "BOOLEAN",
                           "BINARY",
                           "DATE",
                           "TIMESTAMP",
                           "TIMESTAMP_NTZ",
                           "STRING",
                           "VARIANT",
                           "VOID",
                           "DECIMAL(38,18)",
                           "VARCHAR(10)",
                           "CHAR(3)",
                           "STRING COLLATE UTF8_LCASE",
                           "INTERVAL YEAR",
                           "INTERVAL YEAR TO MONTH",
                           "INTERVAL DAY TO SECOND",
                           "INTERVAL HOUR TO MINUTE",
                           "INTERVAL SECOND",
                           "GEOMETRY(4326)",
                           "GEOGRAPHY(ANY)",
                           "TIME(6)",
                           "ARRAY<STRING>",
                           "MAP<STRING, DECIMAL(10,2)>",
                           "STRUCT<a: INT, b: ARRAY<MAP<STRING, DECIMAL(10,2)>>>",
                           "STRUCT<`order id`: INT, `a.b`: STRING, `x``y`: DATE, _z9: STRUCT<q: ARRAY<INT>>>"}) {
    EXPECT_EQ(canonical(text), text);
    EXPECT_NE(parse_databricks_type(text).kind, DataType::Kind::unknown) << text;
    EXPECT_EQ(parse_databricks_type(text).text, text);
  }
}

TEST(DatabricksTypeText, SpellingsOfOneTypeAreOne) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"integer", "INT"},
      {"long", "BIGINT"},
      {"short", "SMALLINT"},
      {"byte", "TINYINT"},
      {"real", "FLOAT"},
      {"timestamp_ltz", "TIMESTAMP"},
      {"null", "VOID"},
      {"dec", "DECIMAL(10,0)"},
      {"numeric(7)", "DECIMAL(7,0)"},
      {"decimal( 10 , 2 )", "DECIMAL(10,2)"},
      {"CHARACTER(4)", "CHAR(4)"},
      {"string collate UTF8_BINARY", "STRING"},
      {"interval day to second", "INTERVAL DAY TO SECOND"},
      {"array<int>", "ARRAY<INT>"},
      {"map<string,int>", "MAP<STRING, INT>"},
      {"struct<a:int,b:struct<c:string>>", "STRUCT<a: INT, b: STRUCT<c: STRING>>"},
      {"struct<a int, b string comment 'x'>", "STRUCT<a: INT, b: STRING>"},
      {"struct<order id:int,a-b:string>", "STRUCT<`order id`: INT, `a-b`: STRING>"},
      {"struct<>", "STRUCT<>"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(canonical(text), wanted) << text;
}

TEST(DatabricksTypeText, NotNullAndCommentsOfFieldsAreReadOver) {
  EXPECT_EQ(canonical("STRUCT<a: INT NOT NULL COMMENT 'x', b: ARRAY<MAP<STRING, DECIMAL(10,2)>>>"),
            "STRUCT<a: INT, b: ARRAY<MAP<STRING, DECIMAL(10,2)>>>");
  EXPECT_EQ(canonical(R"(STRUCT<a: INT COMMENT 'it''s, a: >', b: STRING COMMENT 'it\'s "q"' NOT NULL>)"),
            "STRUCT<a: INT, b: STRING>");
  EXPECT_EQ(canonical(R"(STRUCT<a INT COMMENT "x:y">)"), "STRUCT<a: INT>");
}

TEST(DatabricksTypeText, WhatIsNotUnderstoodStaysWhatItWas) {
  for (const char* text :
       {"", "FROBNICATE", "DECIMAL(39,0)", "DECIMAL(5,6)", "VARCHAR", "VARCHAR(0)", "ARRAY<", "ARRAY<INT", "MAP<INT>",
        "STRUCT<a: INT", "STRUCT<a: INT,>", "STRUCT<a: INT COMMENT 'open>", "struct<a:int,... 3 more fields>", "INT; x",
        "INT)", "INTERVAL SECOND TO DAY", "STRING COLLATE"}) {
    const DataType type = parse_databricks_type(text);
    EXPECT_EQ(type.kind, DataType::Kind::unknown) << text;
    EXPECT_EQ(type.text, text);
  }
}

TEST(DatabricksTypeText, AHostileDepthIsNotFollowed) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "ARRAY<";
  EXPECT_EQ(parse_databricks_type(text).kind, DataType::Kind::unknown);
}

TEST(DatabricksTypeText, IdentifiersAreClosedByNothingInside) {
  EXPECT_EQ(quote_databricks_identifier("a"), "`a`");
  EXPECT_EQ(quote_databricks_identifier("a`b.c d"), "`a``b.c d`");
  EXPECT_EQ(quote_databricks_identifier("`; DROP TABLE x"), "```; DROP TABLE x`");
  EXPECT_EQ(print_databricks_name("a_1"), "a_1");
  EXPECT_EQ(print_databricks_name("1a"), "`1a`");
  EXPECT_EQ(print_databricks_name(""), "``");
}

// What Spark reads a literal as, with spark.sql.parser.escapedStringLiterals off (its default) and on
// [SparkParserUtils.unescapeSQLString; SqlBaseLexer.g4, STRING_LITERAL].
std::string read_by_spark(std::string_view literal, bool escaped_literals) {
  const bool raw = literal.front() == 'R';
  if (raw) literal.remove_prefix(1);
  const char mark = literal.front();
  std::string text;
  for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
    EXPECT_TRUE(literal[i] != mark) << "closed too early: " << literal;
    if (!raw && literal[i] == '\\') {
      if (escaped_literals) text += literal[i];
      ++i;
      if (i + 1 >= literal.size()) ADD_FAILURE() << "not closed: " << literal;
    }
    text += literal[i];
  }
  EXPECT_EQ(literal.back(), mark);
  return text;
}

TEST(DatabricksTypeText, LiteralsMeanTheirText) {
  for (const char* text : {"", "plain", "it's", "back\\slash", "ends with \\", "\\", "\"", "both \\ and '", "$x {y}",
                           "line\nbreak", "naïve", "\\' or 1=1 --", "'", "''"}) {
    const std::string literal = databricks_literal(text);
    EXPECT_EQ(read_by_spark(literal, false), text) << literal;
    EXPECT_EQ(read_by_spark(literal, true), text) << literal;
  }
  // No spelling of these means the same under both settings: the default one counts.
  for (const char* text : {"'\"", "it's a \"quote\" with \\", "${env:HOME}", "a ${x} 'b' \\"})
    EXPECT_EQ(read_by_spark(databricks_literal(text), false), text) << databricks_literal(text);
  EXPECT_EQ(databricks_literal("${env:HOME}").find("${"), std::string::npos) << "Spark would substitute it";
  EXPECT_EQ(databricks_literal("it's"), "R\"it's\"");
  EXPECT_EQ(databricks_literal("a\\b"), "R'a\\b'");
}

TEST(DatabricksTypeText, Lengths) {
  EXPECT_EQ(varchar_length(parse_databricks_type("varchar(12)")), 12);
  EXPECT_EQ(varchar_length(parse_databricks_type("char(12)")), std::nullopt);
  EXPECT_EQ(char_length(parse_databricks_type("char(12)")), 12);
  EXPECT_TRUE(is_databricks_text(parse_databricks_type("STRING COLLATE UNICODE")));
  EXPECT_FALSE(is_databricks_text(parse_databricks_type("BINARY")));
}

}  // namespace
}  // namespace lockstep
