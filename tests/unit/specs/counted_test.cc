#include "specs/counted.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Counted, AgreesWithItsNoun) {
  EXPECT_EQ(counted(0, "table"), "0 tables");
  EXPECT_EQ(counted(1, "table"), "1 table");
  EXPECT_EQ(counted(std::size_t{2}, "table"), "2 tables");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(3, "entry", "entries"), "3 entries");
}

}  // namespace
}  // namespace lockstep
