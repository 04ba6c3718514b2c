#include "engines/warehouse/names.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Names, FoldTouchesAsciiLettersOnly) {
  EXPECT_EQ(fold_name("OrderId_9"), "orderid_9");
  EXPECT_EQ(fold_name("\xC3\x89t\xC3\xA9"), "\xC3\x89t\xC3\xA9");  // "Été" keeps its É, as in DuckDB
}

TEST(Names, SqlMentionsFindsIdentifiersHoweverTheyAreWritten) {
  EXPECT_TRUE(sql_mentions("SELECT amount FROM t", "amount"));
  EXPECT_TRUE(sql_mentions("SELECT t.AMOUNT FROM t", "amount"));
  EXPECT_TRUE(sql_mentions(R"(SELECT "am""ount" FROM t)", R"(am"ount)"));
  EXPECT_TRUE(sql_mentions("(amount+1)", "amount"));
}

TEST(Names, SqlMentionsIgnoresPartsLiteralsAndComments) {
  EXPECT_FALSE(sql_mentions("SELECT amount_net FROM t", "amount"));
  EXPECT_FALSE(sql_mentions("SELECT 'amount', 'it''s amount' FROM t", "amount"));
  EXPECT_FALSE(sql_mentions("SELECT 1 -- amount\n, 2 /* amount */", "amount"));
  EXPECT_FALSE(sql_mentions("'amount", "amount"));  // unterminated: still no crash and no match
  EXPECT_FALSE(sql_mentions("/* amount", "amount"));
}

TEST(Names, ColumnIndexFindsWithoutCase) {
  std::vector<Column> columns(2);
  columns[0].name = "OrderId";
  columns[1].name = "note";
  const ColumnIndex index(columns);
  ASSERT_NE(index.find("ORDERID"), nullptr);
  EXPECT_EQ(index.find("ORDERID")->name, "OrderId");
  EXPECT_EQ(index.find("missing"), nullptr);
}

TEST(Names, BackQuotesQuoteNamesAsWell) {
  EXPECT_TRUE(sql_mentions("`order id` > 0", "Order ID"));
  EXPECT_TRUE(sql_mentions("`a``b` > 0", "a`b"));
  EXPECT_FALSE(sql_mentions("`order id` > 0", "id"));
}

}  // namespace
}  // namespace lockstep
