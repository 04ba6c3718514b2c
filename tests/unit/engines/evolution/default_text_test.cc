#include "engines/evolution/default_text.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lockstep {
namespace {

TEST(DefaultText, ReadsWhatTheEnginesPrint) {
  EXPECT_EQ(read_default(std::nullopt).kind, DefaultText::Kind::none);
  EXPECT_EQ(read_default("NULL").kind, DefaultText::Kind::none);  // DuckLake prints NULL for a column without default
  EXPECT_EQ(read_default("").kind, DefaultText::Kind::none);
  EXPECT_EQ(read_default("'it''s'").text, "it's");
  EXPECT_EQ(read_default("CAST('2020-01-01' AS \"DATE\")").text, "2020-01-01");
  EXPECT_EQ(read_default("CAST('t' AS BOOLEAN)").kind, DefaultText::Kind::literal);
  EXPECT_EQ(read_default("-5").kind, DefaultText::Kind::literal);
  EXPECT_EQ(read_default("now()").kind, DefaultText::Kind::expression);
  EXPECT_EQ(read_default("(1 + 1)").kind, DefaultText::Kind::expression);
  EXPECT_EQ(read_default("CAST(trunc(1) AS INTEGER)").kind, DefaultText::Kind::expression);
  EXPECT_EQ(read_default("'a' || 'b'").kind, DefaultText::Kind::expression);
}

TEST(DefaultText, ComparesLiteralsAsValues) {
  const DataType integer = file_type("INTEGER");
  const DataType text = file_type("VARCHAR");
  const DataType number = file_type("DOUBLE");
  EXPECT_TRUE(same_default("3", "'3'", integer));  // a file's spelling and a lake's
  EXPECT_TRUE(same_default("1e3", "'1000.0'", number));
  EXPECT_TRUE(same_default("0.0", "'-0'", number));
  EXPECT_TRUE(same_default("CAST('t' AS BOOLEAN)", "'true'", file_type("BOOLEAN")));
  EXPECT_TRUE(same_default(std::nullopt, "NULL", integer));
  EXPECT_FALSE(same_default("3", "4", integer));
  EXPECT_FALSE(same_default("3", std::nullopt, integer));
  EXPECT_FALSE(same_default("'1'", "'1.0'", text));  // as text these are two values
  EXPECT_FALSE(same_default("now()", "'now()'", text));
}

TEST(DefaultText, WritesLiteralsAnew) {
  const Dialect& dialect = file_dialect();
  EXPECT_EQ(default_sql(read_default("'3'"), file_type("INTEGER"), dialect), "3");
  EXPECT_EQ(default_sql(read_default("'it''s'"), file_type("VARCHAR"), dialect), "'it''s'");
  EXPECT_EQ(default_sql(read_default("CAST('t' AS BOOLEAN)"), file_type("BOOLEAN"), dialect), "'true'");
  EXPECT_EQ(default_sql(read_default("now()"), file_type("TIMESTAMP"), dialect), "now()");
  EXPECT_EQ(default_sql(read_default("1 + 1"), file_type("INTEGER"), dialect), "(1 + 1)");
  EXPECT_EQ(default_sql(read_default(std::nullopt), file_type("INTEGER"), dialect), std::nullopt);
}

TEST(DefaultText, NoExpressionLeavesItsPlace) {
  for (const char* text : {"now()", "(1 + 1)", "'; DROP TABLE t'", "concat('(', \"a;b\")"})
    EXPECT_EQ(unsafe_expression(text), "") << text;
  for (const char* text : {"1); DROP TABLE t; --", "1; DROP TABLE t", "1)", "(1", "'open", "1 -- x",
                           "(SELECT a FROM t)", "(FROM t)", "(TABLE t)", "1 /* x", ")(", "$$x$$"})
    EXPECT_NE(unsafe_expression(text), "") << text;
}

}  // namespace
}  // namespace lockstep
