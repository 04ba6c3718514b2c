// The digest's statements, word for word. That they tell rows apart is proved on Spark (tests/spark).
#include "engines/warehouse/databricks/digest_expression.h"

#include <gtest/gtest.h>

#include "engines/warehouse/databricks/databricks_dialect.h"
#include "tests/unit/engines/warehouse/databricks/dialect_support.h"

namespace lockstep {
namespace {

// What xxhash64 gets for one column that is never NULL.
std::string argument(const char* own, const char* common, const char* name = "c") {
  const std::string sql = kDialect.digest_query(kOrders, std::nullopt,
                                                {{name, kDialect.parse_type(own), kDialect.parse_type(common), false}});
  const std::string before = "(SELECT xxhash64(";
  const std::size_t start = sql.find(before) + before.size();
  return sql.substr(start, sql.find(") AS h1") - start);
}
std::string argument(const char* type) {
  return argument(type, type);
}

TEST(DatabricksDigest, OneScanTwoHashesAndTheCount) {
  EXPECT_EQ(
      kDialect.digest_query(kOrders, "7",
                            {{"id", kDialect.parse_type("INT"), kDialect.parse_type("BIGINT"), false},
                             {"note", kDialect.parse_type("STRING"), kDialect.parse_type("STRING"), true}}),
      "SELECT count(*) AS row_count, CAST(coalesce(sum(CAST(h1 AS DECIMAL(38,0))), 0) AS STRING) AS sum_1, "
      "CAST(coalesce(sum(CAST(h2 AS DECIMAL(38,0))), 0) AS STRING) AS sum_2 FROM (SELECT "
      "xxhash64(CAST(lockstep_t.`id` AS BIGINT), lockstep_t.`note`, lockstep_t.`note` IS NULL) AS h1, "
      "xxhash64('lockstep/2', CAST(lockstep_t.`id` AS BIGINT), lockstep_t.`note`, lockstep_t.`note` IS NULL) AS h2 "
      "FROM `prod`.`sales`.`orders` VERSION AS OF 7 AS lockstep_t)");
}

TEST(DatabricksDigest, WithoutColumnsItCounts) {
  EXPECT_EQ(kDialect.digest_query(kOrders, std::nullopt, {}),
            "SELECT count(*) AS row_count, '0' AS sum_1, '0' AS sum_2 FROM `prod`.`sales`.`orders` AS lockstep_t");
}

TEST(DatabricksDigest, Scalars) {
  for (const char* plain : {"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "STRING", "VARCHAR(5)", "BINARY", "DATE",
                            "TIMESTAMP", "TIMESTAMP_NTZ", "DECIMAL(38,10)"})
    EXPECT_EQ(argument(plain), "lockstep_t.`c`") << plain;
  EXPECT_EQ(argument("DOUBLE"),
            "CASE WHEN isnan(lockstep_t.`c`) THEN CAST('NaN' AS DOUBLE) ELSE lockstep_t.`c` + CAST(0 AS DOUBLE) END");
  EXPECT_EQ(argument("CHAR(5)"), "rtrim(lockstep_t.`c`)");
  EXPECT_EQ(argument("STRING COLLATE UTF8_LCASE"), "(lockstep_t.`c` COLLATE UTF8_BINARY)");
  EXPECT_EQ(argument("INTERVAL DAY TO SECOND"), "CAST(lockstep_t.`c` AS STRING)");
  EXPECT_EQ(argument("VARIANT"), "concat(to_json(lockstep_t.`c`), ' ', schema_of_variant(lockstep_t.`c`))");
}

TEST(DatabricksDigest, CastsToTheCommonType) {
  EXPECT_EQ(argument("DATE", "TIMESTAMP_NTZ"), "CAST(lockstep_t.`c` AS TIMESTAMP_NTZ)");
  EXPECT_EQ(argument("VARCHAR(5)", "STRING"), "lockstep_t.`c`");
  EXPECT_EQ(argument("CHAR(5)", "CHAR(9)"), "rtrim(lockstep_t.`c`)");
  EXPECT_EQ(argument("CHAR(5)", "STRING"), "rpad(lockstep_t.`c`, 5, ' ')");
  EXPECT_EQ(argument("STRING COLLATE UTF8_LCASE", "STRING"), "(lockstep_t.`c` COLLATE UTF8_BINARY)");
  EXPECT_EQ(argument("FLOAT", "DOUBLE").substr(0, 45), "CASE WHEN isnan(CAST(lockstep_t.`c` AS DOUBLE");
}

TEST(DatabricksDigest, NestedValuesAreJsonThatKeepsNulls) {
  EXPECT_EQ(argument("ARRAY<INT>"), "to_json(lockstep_t.`c`, map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("STRUCT<a: STRING, b: ARRAY<BIGINT>>"),
            "to_json(lockstep_t.`c`, map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("ARRAY<DATE>"),
            "to_json(transform(lockstep_t.`c`, lockstep_e0 -> unix_date(lockstep_e0)), "
            "map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("STRUCT<a: INT, t: TIMESTAMP>"),
            "to_json(CASE WHEN lockstep_t.`c` IS NULL THEN NULL ELSE named_struct('a', lockstep_t.`c`.a, "
            "'t', unix_micros(lockstep_t.`c`.t)) END, map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("MAP<STRING, INT>"),
            "to_json(array_sort(map_entries(lockstep_t.`c`)), map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("MAP<STRING, MAP<INT, BINARY>>"),
            "to_json(array_sort(transform(map_entries(lockstep_t.`c`), lockstep_e0 -> named_struct('key', "
            "lockstep_e0.key, 'value', array_sort(transform(map_entries(lockstep_e0.value), lockstep_e1 -> "
            "named_struct('key', lockstep_e1.key, 'value', hex(lockstep_e1.value))))))), "
            "map('ignoreNullFields', 'false'))");
  EXPECT_EQ(
      argument("ARRAY<DOUBLE>"),
      "to_json(transform(lockstep_t.`c`, lockstep_e0 -> CASE WHEN lockstep_e0 IS NOT NULL THEN xxhash64(CASE WHEN "
      "isnan(lockstep_e0) THEN CAST('NaN' AS DOUBLE) ELSE lockstep_e0 + CAST(0 AS DOUBLE) END) END), "
      "map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("ARRAY<DECIMAL(10,2)>"),
            "to_json(transform(lockstep_t.`c`, lockstep_e0 -> CAST(lockstep_e0 AS STRING)), "
            "map('ignoreNullFields', 'false'))");
}

TEST(DatabricksDigest, BothSidesWriteAStructAlike) {
  // The target has the fields in another order, with other names' case and a narrower type.
  EXPECT_EQ(argument("STRUCT<B: INT, A: STRING>", "STRUCT<a: STRING, b: BIGINT>"),
            "to_json(CASE WHEN lockstep_t.`c` IS NULL THEN NULL ELSE named_struct('a', lockstep_t.`c`.A, "
            "'b', CAST(lockstep_t.`c`.B AS BIGINT)) END, map('ignoreNullFields', 'false'))");
  EXPECT_EQ(argument("STRUCT<`it's`: DATE>"),
            "to_json(CASE WHEN lockstep_t.`c` IS NULL THEN NULL ELSE named_struct(R\"it's\", "
            "unix_date(lockstep_t.`c`.`it's`)) END, map('ignoreNullFields', 'false'))");
}

TEST(DatabricksDigest, WhatHasNoTextIsNotDigested) {
  for (const char* type : {"GEOMETRY(4326)", "VOID", "OBJECT", "TIME(6)", "INTERVAL", "FROBNICATE", "ARRAY<VOID>",
                           "STRUCT<a: INT, b: MAP<STRING, GEOGRAPHY(4326)>>"})
    EXPECT_FALSE(kDialect.not_digestible(kDialect.parse_type(type)).empty()) << type;
  EXPECT_NE(kDialect.not_digestible(kDialect.parse_type("STRUCT<g: VOID>")).find("\"g\""), std::string::npos);
  for (const char* type : {"INTERVAL YEAR TO MONTH", "VARIANT", "CHAR(3)", "STRING COLLATE UNICODE", "DECIMAL(5,2)",
                           "MAP<DATE, STRUCT<a: ARRAY<BINARY>>>"})
    EXPECT_TRUE(kDialect.not_digestible(kDialect.parse_type(type)).empty()) << type;
}

TEST(DatabricksDigest, ItsNameIsItsOwn) {
  EXPECT_EQ(kDialect.digest_name(), "lockstep-rows-1/databricks-xxhash64/128");
  EXPECT_NE(kDialect.clone_xs_name(), kDialect.digest_name());
}

TEST(CloneXsChecksum, IsTheLiteralFormulaWithItsOverflowGuarded) {
  EXPECT_EQ(kDialect.clone_xs_query(kOrders, "3", {"id", "note"}),
            "SELECT count(*) AS row_count, CASE WHEN abs(sum(CAST(xxhash64(concat_ws('|', cast(lockstep_t.`id` as "
            "string), cast(lockstep_t.`note` as string))) AS DECIMAL(38,0)))) > 9223372036854775807 THEN "
            "raise_error('clone-xs checksum: the sum of the row hashes is larger than a BIGINT') ELSE "
            "sha2(cast(sum(xxhash64(concat_ws('|', cast(lockstep_t.`id` as string), cast(lockstep_t.`note` as "
            "string)))) as string), 256) END AS checksum FROM `prod`.`sales`.`orders` VERSION AS OF 3 AS lockstep_t");
}

TEST(CloneXsChecksum, LeavesOutWhatTheOriginalLeavesOut) {
  for (const char* type : {"ARRAY<INT>", "MAP<STRING, INT>", "STRUCT<a: INT>", "VARIANT", "FROBNICATE"})
    EXPECT_FALSE(kDialect.clone_xs_leaves_out(kDialect.parse_type(type)).empty()) << type;
  for (const char* type : {"INT", "STRING", "DECIMAL(10,2)", "BINARY", "TIMESTAMP"})
    EXPECT_TRUE(kDialect.clone_xs_leaves_out(kDialect.parse_type(type)).empty()) << type;
}

}  // namespace
}  // namespace lockstep
