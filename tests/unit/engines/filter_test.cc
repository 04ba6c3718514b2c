#include "engines/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lockstep {
namespace {

TableFilter filter_of(const char* inputs) {
  Result<TableFilter> filter = TableFilter::from_inputs(Json::parse(inputs));
  EXPECT_TRUE(filter.ok()) << inputs;
  return filter.ok() ? std::move(filter).value() : TableFilter{};
}

TEST(Glob, StarQuestionMarkAndCase) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "sales.orders"));
  EXPECT_TRUE(glob_match("SALES.*", "sales.Orders"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_TRUE(glob_match("a?c",
                         "a\xC3\xA9"
                         "c"));  // one character, two bytes
  EXPECT_TRUE(glob_match("*b*b", "abcb"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("orders", "orders2"));
  EXPECT_FALSE(glob_match("[ab]", "a"));  // brackets mean themselves
  EXPECT_TRUE(glob_match("[ab]", "[AB]"));
}

TEST(Glob, HostilePatternIsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(4000, 'a')));
}

TEST(TableFilter, DefaultExcludesOnlyInformationSchema) {
  const TableFilter filter = filter_of("{}");
  EXPECT_FALSE(filter.matches("information_schema", "tables"));
  EXPECT_FALSE(filter.matches("INFORMATION_SCHEMA", "tables"));
  EXPECT_TRUE(filter.matches("main", "t"));
  EXPECT_TRUE(filter.matches("default", "t"));
}

TEST(TableFilter, NullMeansTheDefaultAndAnEmptyListMeansNone) {
  EXPECT_FALSE(filter_of(R"({"exclude_schemas": null})").matches("information_schema", "t"));
  EXPECT_TRUE(filter_of(R"({"exclude_schemas": []})").matches("information_schema", "t"));
  EXPECT_FALSE(filter_of(R"({"include_tables": []})").matches("main", "t"));
}

TEST(TableFilter, SchemasAndTables) {
  const TableFilter filter = filter_of(
      R"({"include_schemas": ["sales", "hr*"], "include_tables": ["sales.*", "*.staff"], "exclude_tables": ["tmp_*"]})");
  EXPECT_TRUE(filter.matches("sales", "orders"));
  EXPECT_TRUE(filter.matches("hr_eu", "staff"));
  EXPECT_FALSE(filter.matches("hr_eu", "rooms"));
  EXPECT_FALSE(filter.matches("ops", "staff"));
  EXPECT_FALSE(filter.matches("sales", "TMP_1"));
}

TEST(TableFilter, APatternWithoutADotIsAboutTheTablesNameOnly) {
  const TableFilter filter = filter_of(R"({"exclude_tables": ["tmp*"]})");
  EXPECT_FALSE(filter.matches("sales", "tmp1"));
  EXPECT_TRUE(filter.matches("tmp_schema", "orders"));
}

TEST(TableFilter, NamesIncludePatternsThatMatchNothing) {
  const TableFilter filter =
      filter_of(R"({"include_schemas": ["sales", "slaes"], "include_tables": ["sales.orders", "sales.oders"]})");
  EXPECT_EQ(filter.unmatched({{"sales", "orders"}, {"hr", "staff"}}),
            (std::vector<std::string>{"include_schemas: \"slaes\"", "include_tables: \"sales.oders\""}));
}

TEST(TableFilter, RefusesWhatIsNoListOfStrings) {
  for (const char* inputs :
       {R"({"exclude_schemas": "x"})", R"({"include_tables": [1]})", R"({"exclude_tables": {}})"}) {
    const Result<TableFilter> filter = TableFilter::from_inputs(Json::parse(inputs));
    ASSERT_FALSE(filter.ok()) << inputs;
    EXPECT_EQ(filter.error().code, "filter-invalid");
  }
}

}  // namespace
}  // namespace lockstep
