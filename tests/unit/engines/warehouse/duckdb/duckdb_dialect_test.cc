// Every statement a dialect writes is executed on a real catalog of its kind, with names that try to break out.
#include "engines/warehouse/duckdb/duckdb_dialect.h"

#include <gtest/gtest.h>

#include "engines/warehouse/duckdb/type_text.h"
#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;

class DialectSql : public ::testing::TestWithParam<Kind> {
 protected:
  Lab lab_{GetParam()};
  void alter(const std::string& sql) {
    const Result<void> done = lab_.transact({sql});
    EXPECT_TRUE(done.ok()) << sql << ": " << done.error().message;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, DialectSql, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

TEST_P(DialectSql, HostileNamesStayNames) {
  const Dialect& dialect = lab_.dialect();
  for (const std::string& name : std::vector<std::string>{"a\"b", "a'; DROP TABLE x; --", "two\nlines", "select",
                                                          "\xC3\xBC", " spaces ", "1st", "a.b", "a\\b", "$x", "?"}) {
    const TableName table{"c", "main", name};
    lab_.sql("CREATE TABLE " + dialect.qualified(table) + " (" + dialect.quote(name) + " INTEGER)");
    lab_.sql("INSERT INTO " + dialect.qualified(table) + " VALUES (7)");
    alter(dialect.add_column(table, {name + "2"}, parse_duckdb_type("VARCHAR"), dialect.literal(name)));
    alter(dialect.set_comment(table, name, name));
    alter(dialect.rename_column(table, {name}, name + "3"));
    const Result<Rows> rows = lab_.try_sql("SELECT " + dialect.quote(name + "3") + ", " + dialect.quote(name + "2") +
                                           " FROM " + dialect.from(table, std::nullopt));
    ASSERT_TRUE(rows.ok()) << name << ": " << rows.error().message;
    EXPECT_EQ(rows->rows, (std::vector<std::vector<Json>>{{7, name}}));
    const Result<std::vector<CatalogContents>> contents = lab_.warehouse().describe({"c"}, {});
    ASSERT_TRUE(contents.ok());
    ASSERT_EQ(contents->at(0).tables.size(), 1U);
    EXPECT_EQ(contents->at(0).tables[0].name.table, name);
    EXPECT_EQ(contents->at(0).tables[0].columns[0].name, name + "3");
    EXPECT_EQ(contents->at(0).tables[0].columns[0].comment, name);
    lab_.sql("DROP TABLE " + dialect.qualified(table));
  }
}

TEST_P(DialectSql, ColumnsAreAddedDroppedAndRenamedAtEveryDepth) {
  const Dialect& dialect = lab_.dialect();
  const TableName table{"c", "main", "t"};
  lab_.sql(
      "CREATE TABLE c.main.t (st STRUCT(a INTEGER, s STRUCT(x INTEGER)), li STRUCT(a INTEGER)[], m MAP(VARCHAR, "
      "STRUCT(a INTEGER)))");
  const DataType integer = parse_duckdb_type("INTEGER");
  alter(dialect.add_column(table, {"n"}, integer, "42"));
  alter(dialect.add_column(table, {"st", "b\"c"}, parse_duckdb_type("VARCHAR"), std::nullopt));
  alter(dialect.add_column(table, {"st", "s", "y"}, integer, std::nullopt));
  alter(dialect.add_column(table, {"li", "element", "y"}, integer, std::nullopt));
  alter(dialect.add_column(table, {"m", "value", "y"}, integer, std::nullopt));
  EXPECT_EQ(lab_.type_of("t", "st"), "STRUCT(a INTEGER, s STRUCT(x INTEGER, y INTEGER), \"b\"\"c\" VARCHAR)");
  EXPECT_EQ(lab_.type_of("t", "li"), "STRUCT(a INTEGER, y INTEGER)[]");
  EXPECT_EQ(lab_.type_of("t", "m"), "MAP(VARCHAR, STRUCT(a INTEGER, y INTEGER))");
  alter(dialect.rename_column(table, {"st", "a"}, "A B"));
  alter(dialect.drop_column(table, {"st", "s", "x"}));
  alter(dialect.drop_column(table, {"li", "element", "a"}));
  alter(dialect.drop_column(table, {"n"}));
  EXPECT_EQ(lab_.type_of("t", "st"), "STRUCT(\"A B\" INTEGER, s STRUCT(y INTEGER), \"b\"\"c\" VARCHAR)");
  EXPECT_EQ(lab_.type_of("t", "li"), "STRUCT(y INTEGER)[]");
  EXPECT_EQ(lab_.type_of("t", "n"), "");
}

TEST_P(DialectSql, NullabilityDefaultsAndComments) {
  const Dialect& dialect = lab_.dialect();
  const TableName table{"c", "main", "t"};
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  lab_.sql("INSERT INTO c.main.t VALUES (1)");
  auto column = [this] { return lab_.warehouse().describe({"c"}, {})->at(0).tables.at(0).columns.at(0); };
  EXPECT_FALSE(column().default_expression.has_value());
  EXPECT_TRUE(column().nullable);
  alter(dialect.set_nullable(table, "x", false));
  EXPECT_FALSE(column().nullable);
  alter(dialect.set_nullable(table, "x", true));
  EXPECT_TRUE(column().nullable);
  alter(dialect.set_default(table, "x", "5"));
  // A DuckLake keeps every default as text.
  EXPECT_EQ(column().default_expression, GetParam() == Kind::file ? "5" : "'5'");
  alter(dialect.set_default(table, "x", std::nullopt));
  EXPECT_FALSE(column().default_expression.has_value());
  alter(dialect.set_comment(table, "x", "it's \"quoted\"\nand long"));
  EXPECT_EQ(column().comment, "it's \"quoted\"\nand long");
  alter(dialect.set_comment(table, "x", ""));
  EXPECT_EQ(column().comment, "");
  alter(dialect.change_type(table, "x", parse_duckdb_type("BIGINT")));
  EXPECT_EQ(column().type->name, "BIGINT");
}

TEST_P(DialectSql, UnsupportedTypesAreThoseTheEngineRefuses) {
  for (const char* type : {"INTEGER", "UUID", "BLOB", "INTERVAL", "JSON", "GEOMETRY", "TIMESTAMP_NS", "TIME_NS",
                           "UBIGINT", "VARIANT", "BIT", "BIGNUM", "ENUM('a')", "INTEGER[3]", "UNION(a INTEGER)",
                           "STRUCT(a ENUM('x'))", "INTEGER[3][]", "MAP(VARCHAR, BIT)", "STRUCT(a INTEGER[])"}) {
    const std::string reason = lab_.dialect().unsupported_type(parse_duckdb_type(type));
    const bool made = lab_.try_sql(std::string("CREATE OR REPLACE TABLE c.main.t (x ") + type + ")").ok();
    EXPECT_EQ(reason.empty(), made) << type << ": " << reason;
  }
}

// A DuckLake makes such a column, and what is written to it comes back as another number.
TEST_P(DialectSql, IntegersOf128BitsAreForFilesOnly) {
  const bool lake = GetParam() == Kind::lake;
  for (const char* type : {"HUGEINT", "UHUGEINT", "STRUCT(a HUGEINT)", "HUGEINT[]"}) {
    const std::string reason = lab_.dialect().unsupported_type(parse_duckdb_type(type));
    EXPECT_EQ(reason.find("loses digits") != std::string::npos, lake) << type << ": " << reason;
  }
  lab_.sql("CREATE TABLE c.main.t AS SELECT 18446744073709551615::HUGEINT - i AS x FROM range(300) r(i)");
  const Json kept = lab_.cell("SELECT count(DISTINCT x) FROM c.main.t");
  EXPECT_EQ(kept == 300, !lake) << kept << ": when a DuckLake keeps them, the refusal may go";
}

TEST_P(DialectSql, VersionsAreReadOnlyWhereTheEngineHasThem) {
  lab_.sql("CREATE TABLE c.main.t AS SELECT 1 AS x");
  const std::optional<std::string> before = *lab_.warehouse().version("c", {});
  lab_.sql("INSERT INTO c.main.t VALUES (2)");
  const TableName table{"c", "main", "t"};
  EXPECT_EQ(before.has_value(), lab_.dialect().capabilities().versions);
  EXPECT_EQ(before.has_value(), GetParam() == Kind::lake);
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM " + lab_.dialect().from(table, before)), GetParam() == Kind::lake ? 1 : 2);
  EXPECT_EQ(lab_.cell("SELECT count(*) FROM " + lab_.dialect().from(table, std::nullopt)), 2);
  // What is no snapshot's number never gets into the statement.
  EXPECT_EQ(lab_.dialect().from(table, "1); DROP TABLE t; --"), lab_.dialect().from(table, std::nullopt));
}

TEST_P(DialectSql, Names) {
  EXPECT_EQ(lab_.dialect().name(), GetParam() == Kind::file ? "duckdb" : "ducklake");
  EXPECT_NE(lab_.dialect().digest_name().find("1.5.5"), std::string::npos);
  EXPECT_EQ(lab_.dialect().capabilities().commit_message, GetParam() == Kind::lake);
  EXPECT_EQ(lab_.dialect().capabilities().constraints, GetParam() == Kind::file);
}

}  // namespace
}  // namespace lockstep
