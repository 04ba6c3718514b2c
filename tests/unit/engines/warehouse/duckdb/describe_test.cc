// Catalogs in bulk, and what hangs on their tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engines/warehouse/duckdb/metadata.h"
#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::catalog_of;
using lockstep::testing::Folder;
using lockstep::testing::Kind;
using lockstep::testing::Lab;
using lockstep::testing::plan_of;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class Describe : public ::testing::TestWithParam<Kind> {
 protected:
  Lab lab_{GetParam()};
  CatalogContents contents() {
    Result<std::vector<CatalogContents>> all = lab_.warehouse().describe({"c"}, {});
    if (!all) throw std::runtime_error(all.error().message);
    return (*all).at(0);
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, Describe, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

TEST_P(Describe, AnEmptyCatalogHasNoTables) {
  EXPECT_EQ(contents().catalog, "c");
  EXPECT_THAT(contents().tables, SizeIs(0));
  EXPECT_EQ(contents().version.has_value(), GetParam() == Kind::lake);
}

TEST_P(Describe, TablesViewsAndColumns) {
  lab_.sql("CREATE SCHEMA c.\"B\"");
  lab_.sql("CREATE TABLE c.\"B\".z (id BIGINT NOT NULL, \"Name\" VARCHAR DEFAULT 'it''s', st STRUCT(a INTEGER)[])");
  lab_.sql("CREATE TABLE c.main.a (x INTEGER)");
  lab_.sql("COMMENT ON COLUMN c.\"B\".z.id IS 'the key'");
  lab_.sql("CREATE VIEW c.main.v AS SELECT x FROM c.main.a");
  const CatalogContents all = contents();
  ASSERT_THAT(all.tables, SizeIs(3));
  EXPECT_EQ(all.tables[0].name.full(), "c.B.z");  // bytes: upper case first
  EXPECT_EQ(all.tables[1].name.full(), "c.main.a");
  EXPECT_EQ(all.tables[2].name.full(), "c.main.v");
  EXPECT_EQ(all.tables[1].kind, Table::Kind::table);
  EXPECT_EQ(all.tables[2].kind, Table::Kind::view);
  const std::vector<Column>& columns = all.tables[0].columns;
  ASSERT_THAT(columns, SizeIs(3));
  EXPECT_EQ(columns[0].name, "id");
  EXPECT_FALSE(columns[0].nullable);
  EXPECT_EQ(columns[0].comment, "the key");
  EXPECT_FALSE(columns[0].default_expression.has_value());
  EXPECT_EQ(columns[1].name, "Name");
  EXPECT_TRUE(columns[1].nullable);
  EXPECT_EQ(columns[1].default_expression, "'it''s'");
  EXPECT_EQ(columns[2].type->kind, DataType::Kind::list);
  EXPECT_EQ(columns[2].type->text, "STRUCT(a INTEGER)[]");
  EXPECT_THAT((std::vector<int>{columns[0].position, columns[1].position, columns[2].position}), ElementsAre(1, 2, 3));
}

TEST_P(Describe, PositionsAreWithoutGapsAfterADrop) {
  lab_.sql("CREATE TABLE c.main.t (a INTEGER, b INTEGER, d INTEGER)");
  lab_.sql("ALTER TABLE c.main.t DROP COLUMN b");
  const CatalogContents all = contents();
  EXPECT_EQ(all.tables.at(0).columns.at(1).name, "d");
  EXPECT_EQ(all.tables.at(0).columns.at(1).position, 2);
}

TEST_P(Describe, ADefaultOfNullIsNone) {
  lab_.sql("CREATE TABLE c.main.t (a VARCHAR DEFAULT NULL, b VARCHAR DEFAULT 'NULL')");
  EXPECT_FALSE(contents().tables.at(0).columns.at(0).default_expression.has_value());
  // A DuckLake itself takes the text for NULL: what it inserts is NULL [executed].
  EXPECT_EQ(contents().tables.at(0).columns.at(1).default_expression,
            GetParam() == Kind::file ? std::optional<std::string>("'NULL'") : std::nullopt);
}

TEST_P(Describe, TheVersionIsThatOfTheColumns) {
  if (GetParam() == Kind::file) {
    EXPECT_EQ(contents().version, std::nullopt);
    return;
  }
  lab_.sql("CREATE TABLE c.main.t (a INTEGER)");
  EXPECT_EQ(contents().version, *lab_.warehouse().version("c", {}));
}

TEST_P(Describe, UnknownCatalogsAreErrors) {
  EXPECT_EQ(lab_.warehouse().describe({"c", "d"}, {}).error().code, "catalog-unknown");
}

TEST(DescribeMany, AllCatalogsOfBothKindsInTwoStatements) {
  Folder folder;
  std::unique_ptr<Warehouses> warehouses = plan_warehouses({plan_of(
      folder,
      {{"a", catalog_of(Kind::file, "a")}, {"b", catalog_of(Kind::lake, "b")}, {"d", catalog_of(Kind::lake, "d")}},
      {"a", "b", "d"})});
  Warehouse* warehouse = *warehouses->get("local");
  for (const char* name : {"a", "b", "d"}) {
    ASSERT_TRUE(warehouse->open(name, {}).ok());
    std::vector<std::string> statements;
    statements.reserve(30);
    for (int i = 0; i < 30; ++i)
      statements.push_back("CREATE TABLE " + std::string(name) + ".main.t" + std::to_string(i) +
                           " (x INTEGER, y INTEGER)");
    ASSERT_TRUE(warehouse->transact(name, statements, {}, {}).ok());
  }
  const std::uint64_t before = warehouse->statements_sent();
  const Result<std::vector<CatalogContents>> all = warehouse->describe({"d", "a", "b"}, {});
  EXPECT_LE(warehouse->statements_sent() - before, 2U);
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_THAT(*all, SizeIs(3));
  EXPECT_EQ(all->at(0).catalog, "d");  // as asked
  EXPECT_EQ(all->at(1).catalog, "a");
  for (const CatalogContents& one : *all) {
    EXPECT_THAT(one.tables, SizeIs(30));
    for (const Table& table : one.tables) EXPECT_EQ(table.name.catalog, one.catalog);
  }
}

TEST(Dependents, OfADuckDbFile) {
  Lab lab(Kind::file);
  lab.sql("CREATE TABLE c.main.parent (id INTEGER PRIMARY KEY)");
  // A foreign key cannot name its catalog: "cannot be defined cross-database".
  const Result<void> made = lab.transact(
      {"USE c",
       "CREATE TABLE \"T, (x\" (id INTEGER PRIMARY KEY, \"a, b\" INTEGER UNIQUE, n INTEGER NOT NULL, v INTEGER CHECK "
       "(v > 0), p INTEGER REFERENCES parent (id), g INTEGER GENERATED ALWAYS AS (n + 1), \"h \"\"q\" VARCHAR AS "
       "(concat(n, ',', ')')))"});
  ASSERT_TRUE(made.ok()) << made.error().message;
  lab.sql("CREATE INDEX \"i x\" ON c.main.\"T, (x\" (n)");
  lab.sql("CREATE VIEW c.main.seen AS SELECT n FROM c.main.\"t, (X\"");
  lab.sql("CREATE VIEW c.main.other AS SELECT 'T, (x' AS text, id AS parents FROM c.main.parent -- T, (x\n");
  const std::uint64_t before = lab.warehouse().statements_sent();
  const Result<std::vector<Dependents>> all =
      lab.warehouse().dependents("c", {{"c", "main", "T, (x"}, {"c", "main", "parent"}, {"c", "main", "gone"}}, {});
  EXPECT_LE(lab.warehouse().statements_sent() - before, 2U);
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_THAT(*all, SizeIs(3));
  const Dependents& of = all->at(0);
  auto columns_of = [&of](const std::string& kind) {
    std::vector<std::string> columns;
    for (const Dependents::Constraint& constraint : of.constraints)
      if (constraint.kind == kind) columns.insert(columns.end(), constraint.columns.begin(), constraint.columns.end());
    return columns;
  };
  EXPECT_THAT(columns_of("PRIMARY KEY"), ElementsAre("id"));
  EXPECT_THAT(columns_of("UNIQUE"), ElementsAre("a, b"));
  EXPECT_THAT(columns_of("CHECK"), ElementsAre("v"));
  EXPECT_THAT(columns_of("FOREIGN KEY"), ElementsAre("p"));
  EXPECT_THAT(columns_of("NOT NULL"), ::testing::Contains("n"));
  ASSERT_THAT(of.indexes, SizeIs(1));
  EXPECT_EQ(of.indexes[0].name, "i x");
  EXPECT_THAT(of.indexes[0].sql, ::testing::HasSubstr("CREATE INDEX"));
  ASSERT_THAT(of.generated, SizeIs(2));
  EXPECT_EQ(of.generated[0].name, "g");
  EXPECT_THAT(of.generated[0].expression, ::testing::HasSubstr("n + 1"));
  EXPECT_EQ(of.generated[1].name, "h \"q");
  ASSERT_THAT(of.views, SizeIs(1));
  EXPECT_EQ(of.views[0].name, "main.seen");
  ASSERT_THAT(all->at(1).views, SizeIs(1));
  EXPECT_EQ(all->at(1).views[0].name, "main.other");
  EXPECT_TRUE(all->at(2).constraints.empty() && all->at(2).views.empty());
  // The same columns are marked in the bulk description.
  const CatalogContents contents = lab.warehouse().describe({"c"}, {})->at(0);
  for (const Table& table : contents.tables)
    for (const Column& column : table.columns) {
      EXPECT_EQ(column.generated, column.name == "g" || column.name == "h \"q") << column.name;
      EXPECT_FALSE(column.default_expression.has_value()) << column.name;
    }
}

TEST(Dependents, OfADuckLakeAreViews) {
  Lab lab(Kind::lake);
  lab.sql("CREATE TABLE c.main.t (x INTEGER NOT NULL)");
  lab.sql("CREATE VIEW c.main.v AS SELECT * FROM c.main.t");
  const Result<std::vector<Dependents>> all = lab.warehouse().dependents("c", {{"c", "main", "T"}}, {});
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_THAT(all->at(0).views, SizeIs(1));
  EXPECT_EQ(all->at(0).views[0].name, "main.v");
  EXPECT_TRUE(all->at(0).indexes.empty());
}

// A view reads across catalogs, and breaks like one beside the table.
TEST(Dependents, OfAnotherCatalogAreViewsThatNameThisOne) {
  for (const Kind kind : {Kind::file, Kind::lake}) {
    Lab lab(kind);
    lab.sql("CREATE TABLE c.main.t (x INTEGER)");
    lab.sql("ATTACH ':memory:' AS \"Marts\"");
    lab.sql("CREATE VIEW \"Marts\".main.far AS SELECT x FROM c.main.t");
    lab.sql("CREATE TABLE \"Marts\".main.t (x INTEGER)");
    lab.sql("CREATE VIEW \"Marts\".main.own AS SELECT x FROM \"Marts\".main.t");
    const Result<std::vector<Dependents>> all = lab.warehouse().dependents("c", {{"c", "main", "t"}}, {});
    ASSERT_TRUE(all.ok()) << all.error().message;
    ASSERT_THAT(all->at(0).views, SizeIs(1));
    EXPECT_EQ(all->at(0).views[0].name, "Marts.main.far");
  }
}

}  // namespace
}  // namespace lockstep
