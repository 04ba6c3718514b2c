// Every statement the dialect writes, word for word. tests/spark executes them on Spark with Delta Lake.
#include "engines/warehouse/databricks/databricks_dialect.h"

#include <gtest/gtest.h>

#include "tests/unit/engines/warehouse/databricks/dialect_support.h"

namespace lockstep {
namespace {

const TableName kOdd{"my-cat", "a.b", "line `items`"};

TEST(DatabricksDialect, NamesAreQuotedPartByPart) {
  EXPECT_EQ(kDialect.qualified(kOrders), "`prod`.`sales`.`orders`");
  EXPECT_EQ(kDialect.qualified(kOdd), "`my-cat`.`a.b`.`line ``items```");
}

TEST(DatabricksDialect, AVersionIsANumberOrNothing) {
  EXPECT_EQ(kDialect.from(kOrders, "12"), "`prod`.`sales`.`orders` VERSION AS OF 12");
  EXPECT_EQ(kDialect.from(kOrders, std::nullopt), "`prod`.`sales`.`orders`");
  EXPECT_EQ(kDialect.from(kOrders, "12; DROP TABLE x"), "`prod`.`sales`.`orders`");
}

TEST(DatabricksDialect, AllAdditionsOfATableAreOneStatement) {
  EXPECT_EQ(kDialect.add_columns(kOrders, {{{"note"}, type("STRING"), "it's new"},
                                           {{"st", "b"}, type("DECIMAL(18,4)"), {}},
                                           {{"arr", "element", "z"}, type("INT"), {}},
                                           {{"m", "value", "odd name"}, type("STRUCT<`p q`: INT>"), {}}}),
            "ALTER TABLE `prod`.`sales`.`orders` ADD COLUMNS (`note` STRING COMMENT R\"it's new\", "
            "`st`.b DECIMAL(18,4), `arr`.element.z INT, `m`.value.`odd name` STRUCT<`p q`: INT>)");
  EXPECT_EQ(kDialect.add_column(kOrders, {"a"}, type("INT"), "7"),
            "ALTER TABLE `prod`.`sales`.`orders` ADD COLUMNS (`a` INT)");
}

TEST(DatabricksDialect, AlterStatements) {
  EXPECT_EQ(kDialect.drop_column(kOrders, {"st", "b"}),
            "ALTER TABLE `prod`.`sales`.`orders` DROP COLUMN IF EXISTS (`st`.b)");
  EXPECT_EQ(kDialect.rename_column(kOrders, {"cust id"}, "customer_id"),
            "ALTER TABLE `prod`.`sales`.`orders` RENAME COLUMN `cust id` TO `customer_id`");
  EXPECT_EQ(kDialect.change_type(kOrders, "id", type("long")),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `id` TYPE BIGINT");
  EXPECT_EQ(kDialect.change_leaf_type(kOrders, {"st", "a"}, type("BIGINT")),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `st`.a TYPE BIGINT");
  EXPECT_EQ(kDialect.change_leaf_type(kOrders, {"m", "key"}, type("BIGINT")),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `m`.key TYPE BIGINT");
  EXPECT_EQ(kDialect.set_nullable(kOrders, "a", true),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` DROP NOT NULL");
  EXPECT_EQ(kDialect.set_nullable(kOrders, "a", false),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` SET NOT NULL");
  EXPECT_EQ(kDialect.set_default(kOrders, "a", "current_date()"),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` SET DEFAULT current_date()");
  EXPECT_EQ(kDialect.set_default(kOrders, "a", std::nullopt),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` DROP DEFAULT");
  EXPECT_EQ(kDialect.set_comment(kOrders, "a", "x"),
            "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` COMMENT 'x'");
  EXPECT_EQ(kDialect.set_comment(kOrders, "a", ""), "ALTER TABLE `prod`.`sales`.`orders` ALTER COLUMN `a` COMMENT ''");
  EXPECT_EQ(kDialect.fill_column(kOrders, "a", type("INT"), "7"),
            "UPDATE `prod`.`sales`.`orders` SET `a` = 7 WHERE `a` IS NULL");
}

TEST(DatabricksDialect, FeaturesAreProperties) {
  const auto property = [](TableFeature feature) { return kDialect.enable_feature(kOrders, feature).substr(55); };
  EXPECT_EQ(kDialect.enable_feature(kOrders, TableFeature::type_widening),
            "ALTER TABLE `prod`.`sales`.`orders` SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
  EXPECT_EQ(property(TableFeature::column_mapping), "'delta.columnMapping.mode' = 'name')");
  EXPECT_EQ(property(TableFeature::column_defaults), "'delta.feature.allowColumnDefaults' = 'supported')");
  EXPECT_EQ(property(TableFeature::timestamp_ntz), "'delta.feature.timestampNtz' = 'supported')");
  EXPECT_EQ(property(TableFeature::variant_type), "'delta.feature.variantType' = 'supported')");
}

TEST(DatabricksDialect, ATableHasAFeatureOnlyWhenItsPropertiesSaySo) {
  Dependents table;
  for (const TableFeature feature : kTableFeatures) EXPECT_FALSE(kDialect.has_feature(table, feature));
  table.properties = {{"delta.enableTypeWidening", "TRUE"},
                      {"delta.columnMapping.mode", "id"},
                      {"delta.feature.allowColumnDefaults", "enabled"},
                      {"delta.feature.timestampNtz", "supported"},
                      {"delta.feature.variantType-preview", "supported"}};
  for (const TableFeature feature : kTableFeatures)
    EXPECT_TRUE(kDialect.has_feature(table, feature)) << table_feature_name(feature);
  table.properties = {{"delta.enableTypeWidening", "false"},
                      {"delta.columnMapping.mode", "none"},
                      {"delta.feature.typeWidening", "supported"}};
  EXPECT_FALSE(kDialect.has_feature(table, TableFeature::type_widening));
  EXPECT_FALSE(kDialect.has_feature(table, TableFeature::column_mapping));
}

TEST(DatabricksDialect, WhatAnAdditionNeeds) {
  EXPECT_TRUE(kDialect.features_for_addition({"a"}, type("STRUCT<b: INT>")).empty());
  EXPECT_EQ(kDialect.features_for_addition({"a b"}, type("INT")), std::vector{TableFeature::column_mapping});
  EXPECT_EQ(kDialect.features_for_addition({"a"}, type("STRUCT<`x y`: INT>")),
            std::vector{TableFeature::column_mapping});
  EXPECT_EQ(kDialect.features_for_addition({"a"}, type("ARRAY<TIMESTAMP_NTZ>")),
            std::vector{TableFeature::timestamp_ntz});
  EXPECT_EQ(kDialect.features_for_addition({"a"}, type("VARIANT")), std::vector{TableFeature::variant_type});
}

TEST(DatabricksDialect, FeatureNamesAreDeltas) {
  for (const TableFeature feature : kTableFeatures) EXPECT_EQ(find_table_feature(table_feature_name(feature)), feature);
  EXPECT_EQ(find_table_feature("typewidening"), std::nullopt);
}

TEST(DatabricksDialect, TypesADeltaTableHasNot) {
  EXPECT_TRUE(kDialect.unsupported_type(type("STRUCT<a: ARRAY<VARIANT>>")).empty());
  EXPECT_FALSE(kDialect.unsupported_type(type("INTERVAL DAY TO SECOND")).empty());
  EXPECT_FALSE(kDialect.unsupported_type(type("ARRAY<INTERVAL YEAR>")).empty());
  // Text from a server that is no type must never get into a statement.
  EXPECT_FALSE(kDialect.unsupported_type(type("INT); DROP TABLE x --")).empty());
}

}  // namespace
}  // namespace lockstep
