#include "engines/warehouse/catalog.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

Column named(const char* name) {
  Column column;
  column.name = name;
  return column;
}

TEST(Columns, AreSharedUntilOneIsEdited) {
  Columns ours{named("a"), named("b")};
  Columns theirs = ours;
  EXPECT_TRUE(ours.shares_with(theirs));
  theirs.edit()[1].name = "c";
  EXPECT_FALSE(ours.shares_with(theirs));
  EXPECT_EQ(ours[1].name, "b");
  EXPECT_EQ(theirs[1].name, "c");
  const Column* before = &theirs[0];
  theirs.edit().push_back(named("d"));
  theirs.edit()[0].name = "z";
  EXPECT_EQ(theirs.size(), 3U);
  EXPECT_NE(before, &ours[0]);
}

TEST(Columns, OfNoneAreEmptyAndShareNoEdit) {
  Columns one, other;
  one.edit().push_back(named("a"));
  EXPECT_TRUE(other.empty());
  EXPECT_TRUE(Columns().empty());
}

}  // namespace
}  // namespace lockstep
