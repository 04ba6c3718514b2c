#include "engines/evolution/difference.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lockstep {
namespace {

TableDifference differing(const Table& source, const Table& destination, const IgnoredAspects& ignored = {}) {
  return difference(source, destination, {}, ignored);
}

TEST(Difference, PositionAndCaseAreNotesOnly) {
  const TableDifference found = differing(make_table("p", "s.t", {{"OrderId", "INTEGER"}, {"b", "VARCHAR"}}),
                                          make_table("d", "s.t", {{"b", "VARCHAR"}, {"orderid", "INTEGER"}}));
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(found.notes.size(), 2U);
}

TEST(Difference, AddedRemovedAndEveryAspectOfAColumn) {
  Table source = make_table("p", "s.t", {{"a", "BIGINT"}, {"n", "VARCHAR"}, {"fresh", "DATE"}});
  Table destination = make_table("d", "s.t", {{"a", "INTEGER"}, {"n", "VARCHAR"}, {"gone", "DATE"}});
  source.columns.edit()[1].nullable = false;
  source.columns.edit()[1].comment = "a note";
  source.columns.edit()[1].default_expression = "'x'";
  const TableDifference found = differing(source, destination);
  ASSERT_EQ(found.added.size(), 1U);
  EXPECT_EQ(found.added[0].name, "fresh");
  ASSERT_EQ(found.removed.size(), 1U);
  EXPECT_EQ(found.removed[0].name, "gone");
  ASSERT_EQ(found.changed.size(), 2U);
  EXPECT_EQ(found.changed[0].type.changes.size(), 1U);
  EXPECT_TRUE(found.changed[1].nullability);
  EXPECT_TRUE(found.changed[1].comment);
  EXPECT_TRUE(found.changed[1].default_value);
}

TEST(Difference, IgnoredAspectsAreNeitherComparedNorAdded) {
  Table source = make_table("p", "s.t", {{"a", "INTEGER"}, {"fresh", "DATE"}});
  for (Column& column : source.columns.edit()) {
    column.nullable = false;
    column.comment = "x";
    column.default_expression = "1";
  }
  const TableDifference found = differing(source, make_table("d", "s.t", {{"a", "INTEGER"}}), {true, true, true});
  EXPECT_TRUE(found.changed.empty());
  ASSERT_EQ(found.added.size(), 1U);
  EXPECT_TRUE(found.added[0].nullable);
  EXPECT_TRUE(found.added[0].comment.empty());
  EXPECT_FALSE(found.added[0].default_expression);
}

TEST(Difference, ARenameIsNeverInferred) {
  const Table source = make_table("p", "s.t", {{"customer_id", "INTEGER"}});
  const Table destination = make_table("d", "s.t", {{"cust_id", "INTEGER"}});
  const TableDifference guessed = differing(source, destination);
  EXPECT_EQ(guessed.added.size(), 1U);
  EXPECT_EQ(guessed.removed.size(), 1U);
  const TableDifference told = difference(source, destination, {{{"cust_id", "customer_id"}}, {}}, {});
  EXPECT_TRUE(told.added.empty());
  EXPECT_TRUE(told.removed.empty());
  ASSERT_EQ(told.changed.size(), 1U);
  EXPECT_TRUE(told.changed[0].renamed);
}

TEST(Difference, AGeneratedColumnHasNoDefaultToCompare) {
  Table source = make_table("p", "s.t", {{"g", "INTEGER"}});
  source.columns.edit()[0].generated = true;
  source.columns.edit()[0].default_expression = "CAST((a + 1) AS INTEGER)";
  const TableDifference found = differing(source, make_table("d", "s.t", {{"g", "INTEGER"}}));
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(found.notes.size(), 1U);
}

}  // namespace
}  // namespace lockstep
