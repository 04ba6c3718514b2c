// The whole matrix of Delta 4, cell by cell, and the lossless common types.
#include "engines/warehouse/databricks/widening.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "engines/warehouse/databricks/databricks_dialect.h"
#include "engines/warehouse/databricks/type_text.h"

namespace lockstep {
namespace {

using Verdict = TypeChange::Verdict;
using Feature = TableFeature;

Verdict verdict(const char* from, const char* to) {
  return databricks_type_change(parse_databricks_type(from), parse_databricks_type(to)).verdict;
}

TEST(DatabricksWidening, TheMatrix) {
  const std::map<std::string, std::set<std::string>> allowed = {
      {"TINYINT", {"SMALLINT", "INT", "BIGINT", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)", "DOUBLE"}},
      {"SMALLINT", {"INT", "BIGINT", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)", "DOUBLE"}},
      {"INT", {"BIGINT", "DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)", "DOUBLE"}},
      {"BIGINT", {"DECIMAL(20,0)"}},
      {"FLOAT", {"DOUBLE"}},
      {"DOUBLE", {}},
      {"DECIMAL(10,0)", {"DECIMAL(12,2)", "DECIMAL(20,0)"}},
      {"DECIMAL(12,2)", {}},
      {"DECIMAL(20,0)", {}},
      {"DECIMAL(9,0)", {"DECIMAL(10,0)", "DECIMAL(12,2)", "DECIMAL(20,0)"}},
      {"DATE", {"TIMESTAMP_NTZ"}},
      {"TIMESTAMP", {}},
      {"TIMESTAMP_NTZ", {}},
      {"BOOLEAN", {}},
      {"BINARY", {}},
      {"STRING", {}},
      {"STRING COLLATE UTF8_LCASE", {}},
      {"VARCHAR(5)", {"VARCHAR(9)", "STRING"}},
      {"VARCHAR(9)", {"STRING"}},
      {"CHAR(5)", {"VARCHAR(5)", "VARCHAR(9)", "STRING"}},
      {"VARIANT", {}},
  };
  for (const auto& [from, targets] : allowed)
    for (const auto& [to, ignored] : allowed) {
      const Verdict wanted = from == to ? Verdict::same : targets.contains(to) ? Verdict::widening : Verdict::refused;
      EXPECT_EQ(verdict(from.c_str(), to.c_str()), wanted) << from << " -> " << to;
      const TypeChange change = databricks_type_change(parse_databricks_type(from), parse_databricks_type(to));
      if (wanted != Verdict::refused) continue;
      EXPECT_NE(change.reason.find(from), std::string::npos) << change.reason;
      EXPECT_NE(change.reason.find(to), std::string::npos) << change.reason;
    }
  EXPECT_EQ(verdict("VOID", "ARRAY<INT>"), Verdict::widening);
  EXPECT_EQ(verdict("INT", "DECIMAL(11,2)"), Verdict::refused);  // 9 digits before the point
  EXPECT_EQ(verdict("BIGINT", "DECIMAL(19,0)"), Verdict::refused);
  EXPECT_EQ(verdict("FROBNICATE", "INT"), Verdict::refused);
}

TEST(DatabricksWidening, NestedTypesWidenByTheirLeaves) {
  EXPECT_EQ(verdict("STRUCT<a: INT>", "STRUCT<a: BIGINT>"), Verdict::widening);
  EXPECT_EQ(verdict("STRUCT<a: INT>", "STRUCT<A: INT, b: STRING>"), Verdict::widening);
  EXPECT_EQ(verdict("STRUCT<a: INT, b: INT>", "STRUCT<a: INT>"), Verdict::refused);
  EXPECT_EQ(verdict("ARRAY<STRUCT<x: FLOAT>>", "ARRAY<STRUCT<x: DOUBLE>>"), Verdict::widening);
  EXPECT_EQ(verdict("MAP<INT, DATE>", "MAP<BIGINT, TIMESTAMP_NTZ>"), Verdict::widening);
  EXPECT_EQ(verdict("MAP<INT, DATE>", "MAP<BIGINT, STRING>"), Verdict::refused);
  EXPECT_EQ(verdict("ARRAY<INT>", "STRUCT<a: INT>"), Verdict::refused);
  EXPECT_EQ(verdict("INT", "ARRAY<INT>"), Verdict::refused);
}

std::vector<Feature> features(const char* from, const char* to) {
  return databricks_features_for_type_change(parse_databricks_type(from), parse_databricks_type(to));
}

TEST(DatabricksWidening, WhatATableMustHaveForIt) {
  EXPECT_EQ(features("INT", "BIGINT"), std::vector{Feature::type_widening});
  EXPECT_EQ(features("DATE", "TIMESTAMP_NTZ"), (std::vector{Feature::type_widening, Feature::timestamp_ntz}));
  EXPECT_TRUE(features("VARCHAR(5)", "STRING").empty());
  EXPECT_TRUE(features("CHAR(5)", "VARCHAR(5)").empty());
  EXPECT_TRUE(features("VOID", "INT").empty());
}

std::string common(const char* a, const char* b) {
  const DatabricksDialect dialect;
  const auto one_way = dialect.common_type(dialect.parse_type(a), dialect.parse_type(b));
  const auto other_way = dialect.common_type(dialect.parse_type(b), dialect.parse_type(a));
  EXPECT_EQ(one_way.ok(), other_way.ok()) << a << ", " << b;
  if (!one_way.ok()) {
    EXPECT_EQ(one_way.error().code, "types-not-comparable");
    return "none";
  }
  EXPECT_TRUE(same_type(*one_way, *other_way)) << a << ", " << b;
  return dialect.print_type(*one_way);
}

TEST(DatabricksCommonType, HoldsEveryValueOfBoth) {
  EXPECT_EQ(common("INT", "INT"), "INT");
  EXPECT_EQ(common("TINYINT", "BIGINT"), "BIGINT");
  EXPECT_EQ(common("DECIMAL(10,2)", "DECIMAL(12,4)"), "DECIMAL(12,4)");
  EXPECT_EQ(common("DECIMAL(10,2)", "BIGINT"), "DECIMAL(21,2)");
  EXPECT_EQ(common("DECIMAL(38,10)", "DECIMAL(38,0)"), "none");
  EXPECT_EQ(common("FLOAT", "DOUBLE"), "DOUBLE");
  EXPECT_EQ(common("SMALLINT", "FLOAT"), "FLOAT");
  EXPECT_EQ(common("INT", "FLOAT"), "DOUBLE");
  EXPECT_EQ(common("BIGINT", "DOUBLE"), "none");
  EXPECT_EQ(common("DECIMAL(10,2)", "DOUBLE"), "none");
  EXPECT_EQ(common("DATE", "TIMESTAMP_NTZ"), "TIMESTAMP_NTZ");
  EXPECT_EQ(common("DATE", "TIMESTAMP"), "none");
  EXPECT_EQ(common("TIMESTAMP_NTZ", "TIMESTAMP"), "none");
  EXPECT_EQ(common("VARCHAR(5)", "STRING"), "STRING");
  EXPECT_EQ(common("CHAR(5)", "CHAR(9)"), "CHAR(9)");
  EXPECT_EQ(common("CHAR(5)", "STRING"), "STRING");
  EXPECT_EQ(common("STRING COLLATE UTF8_LCASE", "STRING"), "STRING");
  EXPECT_EQ(common("STRING", "INT"), "none");
  EXPECT_EQ(common("BOOLEAN", "TINYINT"), "none");
  EXPECT_EQ(common("STRING", "BINARY"), "none");
  EXPECT_EQ(common("ARRAY<INT>", "ARRAY<BIGINT>"), "ARRAY<BIGINT>");
  EXPECT_EQ(common("MAP<STRING, INT>", "MAP<STRING, DOUBLE>"), "MAP<STRING, DOUBLE>");
  EXPECT_EQ(common("STRUCT<a: INT, b: DATE>", "STRUCT<a: INT>"), "none");
  EXPECT_EQ(common("FROBNICATE", "INT"), "none");
}

TEST(DatabricksCommonType, StructFieldsArePairedByNameInTheFirstOnesOrder) {
  const DatabricksDialect dialect;
  const auto type = dialect.common_type(dialect.parse_type("STRUCT<a: INT, b: DATE>"),
                                        dialect.parse_type("STRUCT<B: TIMESTAMP_NTZ, A: BIGINT>"));
  ASSERT_TRUE(type.ok());
  EXPECT_EQ(type->text, "STRUCT<a: BIGINT, b: TIMESTAMP_NTZ>");
}

}  // namespace
}  // namespace lockstep
