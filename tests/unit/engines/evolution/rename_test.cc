#include "engines/evolution/rename.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lockstep {
namespace {

Renames renames_of(const char* json) {
  Result<Renames> renames = Renames::from_json(Json::parse(json));
  EXPECT_TRUE(renames.ok()) << json;
  return std::move(renames).value();
}

const Table& original_table() {
  static const Table table = make_table("prod", "crm.customer", {{"id", "BIGINT"}, {"customer_id", "INTEGER"}});
  return table;
}
const Table& renamed_table() {
  static const Table table = make_table("staging", "crm.customer", {{"id", "BIGINT"}, {"Cust_Id", "INTEGER"}});
  return table;
}

TEST(Renames, TakesThreeSpellings) {
  for (const char* json : {R"({"cust_id": "customer_id"})", R"({"CRM.customer.cust_id": "CUSTOMER_ID"})",
                           R"({"crm.customer": {"cust_id": "customer_id"}})"}) {
    Renames renames = renames_of(json);
    const TableRenames found = renames.for_table(original_table(), renamed_table());
    ASSERT_EQ(found.renames.size(), 1U) << json;
    EXPECT_EQ(found.renames[0].from, "Cust_Id");
    EXPECT_EQ(found.renames[0].to, "customer_id");
    EXPECT_TRUE(renames.unused().empty()) << json;
  }
}

TEST(Renames, DoneOnceIsDone) {
  Renames renames = renames_of(R"({"cust_id": "customer_id"})");
  EXPECT_TRUE(renames.for_table(original_table(), original_table()).renames.empty());
  EXPECT_TRUE(renames.unused().empty());
}

TEST(Renames, AnEntryOfAnotherTableDoesNothingHere) {
  Renames renames = renames_of(R"({"crm.other.cust_id": "customer_id", "nope": "customer_id"})");
  EXPECT_TRUE(renames.for_table(original_table(), renamed_table()).renames.empty());
  EXPECT_EQ(renames.unused().size(), 2U);
}

TEST(Renames, BothNamesOnTheDestinationAreAConflict) {
  const Table both = make_table("staging", "crm.customer", {{"cust_id", "INTEGER"}, {"customer_id", "INTEGER"}});
  Renames renames = renames_of(R"({"cust_id": "customer_id"})");
  const TableRenames found = renames.for_table(original_table(), both);
  EXPECT_TRUE(found.renames.empty());
  ASSERT_EQ(found.conflicts.size(), 1U);
}

TEST(Renames, TwoColumnsCannotGetOneName) {
  const Table two = make_table("staging", "crm.customer", {{"a", "INTEGER"}, {"b", "INTEGER"}});
  Renames renames = renames_of(R"({"a": "customer_id", "b": "customer_id"})");
  const TableRenames found = renames.for_table(original_table(), two);
  EXPECT_EQ(found.renames.size(), 1U);
  EXPECT_EQ(found.conflicts.size(), 1U);
}

TEST(Renames, RefusesWhatIsNoMap) {
  for (const char* json : {"[]", R"({"a": 1})", R"({"a": ""})", R"({"a": "x", "A": "y"})", R"({"s.t": {"a": 1}})"})
    EXPECT_FALSE(Renames::from_json(Json::parse(json)).ok()) << json;
}

TEST(LikelyNewName, NearNamesFirstThenTypes) {
  const Column removed = make_column("cust_id", "INTEGER");
  EXPECT_EQ(likely_new_name(removed, {make_column("note", "INTEGER"), make_column("customer_id", "BIGINT")}),
            "customer_id");
  EXPECT_EQ(likely_new_name(removed, {make_column("note", "INTEGER")}), "note");
  EXPECT_EQ(likely_new_name(removed, {make_column("note", "VARCHAR")}), "");
  EXPECT_EQ(likely_new_name(removed, {}), "");
}

}  // namespace
}  // namespace lockstep
