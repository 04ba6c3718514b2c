// What is planned for Delta tables: features, leaves, one statement for all additions, what stands in the way.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engines/evolution/alteration.h"
#include "engines/warehouse/databricks/databricks_dialect.h"

namespace lockstep {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;
using Texts = std::vector<std::string>;

const DatabricksDialect kDialect;
const std::string kAlter = "ALTER TABLE `staging`.`sales`.`orders` ";

Table delta_table(const std::string& catalog, const Columns& columns) {
  Table table{{catalog, "sales", "orders"}, Table::Kind::table, {}};
  for (const auto& [name, type] : columns)
    table.columns.edit().push_back(Column{
        name, kDialect.parse_type(type), true, std::nullopt, {}, false, static_cast<int>(table.columns.size()) + 1});
  return table;
}

struct DeltaCase {
  DeltaCase(const Columns& source_columns, const Columns& destination_columns)
      : source(delta_table("prod", source_columns)), destination(delta_table("staging", destination_columns)) {
    dependents.table = destination.name;
    dependents.properties_known = true;
    policy.enable_features = {};
  }
  DeltaCase& has(const std::string& property, const std::string& value) {
    dependents.properties[property] = value;
    return *this;
  }
  DeltaCase& all_features() {
    return has("delta.enableTypeWidening", "true")
        .has("delta.columnMapping.mode", "name")
        .has("delta.feature.allowColumnDefaults", "supported")
        .has("delta.feature.timestampNtz", "supported");
  }
  [[nodiscard]] Alteration plan() const {
    return plan_alteration(difference(source, destination, renames, {}), kDialect, dependents, facts, policy);
  }

  Table source;
  Table destination;
  TableRenames renames;
  Dependents dependents;
  TableFacts facts;
  AlterationPolicy policy;
};

Texts delta_sql(const Alteration& plan) {
  Texts texts;
  for (const PlannedStatement& statement : plan.statements) {
    EXPECT_FALSE(statement.why.empty());
    texts.push_back(statement.sql);
  }
  for (const Refusal& refusal : plan.refusals) ADD_FAILURE() << refusal.column << ": " << refusal.error.message;
  return texts;
}

// The one refusal of a plan without statements.
Error refusal(const Alteration& plan) {
  EXPECT_TRUE(plan.statements.empty());
  EXPECT_EQ(plan.refusals.size(), 1U);
  if (plan.refusals.empty()) return {};
  EXPECT_FALSE(plan.refusals[0].error.remedy.empty());
  return plan.refusals[0].error;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(DeltaAlteration, AllAdditionsAreOneStatementWithTheirComments) {
  DeltaCase c({{"id", "INT"},
               {"st", "STRUCT<a: INT, b: STRING>"},
               {"arr", "ARRAY<STRUCT<x: INT, z: INT>>"},
               {"note", "STRING"},
               {"tags", "MAP<STRING, INT>"}},
              {{"id", "INT"}, {"st", "STRUCT<a: INT>"}, {"arr", "ARRAY<STRUCT<x: INT>>"}});
  c.source.columns.edit()[3].comment = "free text";
  const Alteration plan = c.plan();
  EXPECT_EQ(delta_sql(plan), Texts{kAlter + "ADD COLUMNS (`st`.b STRING, `arr`.element.z INT, `note` STRING COMMENT "
                                            "'free text', `tags` MAP<STRING, INT>)"});
  EXPECT_EQ(plan.added, (Texts{"st.b", "arr.element.z", "note", "tags"}));
  EXPECT_TRUE(says(plan.statements[0].why, "\"arr.element.z\"")) << plan.statements[0].why;
}

// A run that is killed between the statements of an addition leaves one of these; the next one must come to the same
// table as if nothing had happened.
TEST(DeltaAlteration, AnAdditionThatWasCutOffIsFinished) {
  DeltaCase c({{"id", "INT"}, {"state", "STRING"}}, {{"id", "INT"}});
  c.all_features();
  c.source.columns.edit()[1].nullable = false;
  c.source.columns.edit()[1].default_expression = "'new'";
  const Texts all = delta_sql(c.plan());
  ASSERT_EQ(all,
            (Texts{kAlter + "ADD COLUMNS (`state` STRING)",
                   "UPDATE `staging`.`sales`.`orders` SET `state` = 'new' WHERE `state` IS NULL",
                   kAlter + "ALTER COLUMN `state` SET NOT NULL", kAlter + "ALTER COLUMN `state` SET DEFAULT 'new'"}));

  c.destination = delta_table("staging", {{"id", "INT"}, {"state", "STRING"}});  // behind ADD
  c.facts.rows = 7;
  c.facts.null_counts["state"] = 7;
  EXPECT_EQ(delta_sql(c.plan()), Texts(all.begin() + 1, all.end()));
  EXPECT_EQ(c.plan().altered, Texts{"state"});
  c.facts.null_counts["state"] = 0;  // behind UPDATE
  EXPECT_EQ(delta_sql(c.plan()), Texts(all.begin() + 2, all.end()));
  c.destination.columns.edit()[1].nullable = false;  // behind SET NOT NULL
  EXPECT_EQ(delta_sql(c.plan()), Texts(all.begin() + 3, all.end()));
  c.destination.columns.edit()[1].default_expression = "'new'";
  EXPECT_TRUE(delta_sql(c.plan()).empty());
}

TEST(DeltaAlteration, NullsThatSomebodyMayMeanAreNotFilled) {
  const auto half = [] {
    DeltaCase c({{"id", "INT"}, {"state", "STRING"}}, {{"id", "INT"}, {"state", "STRING"}});
    c.all_features();
    c.source.columns.edit()[1].nullable = false;
    c.source.columns.edit()[1].default_expression = "'new'";
    c.facts.rows = 7;
    c.facts.null_counts["state"] = 7;
    return c;
  };
  EXPECT_FALSE(delta_sql(half().plan()).empty());

  DeltaCase used = half();
  used.facts.null_counts["state"] = 6;
  EXPECT_EQ(refusal(used.plan()).code, "not-null-over-nulls") << "one row has a value";
  DeltaCase own = half();
  own.destination.columns.edit()[1].default_expression = "'old'";
  EXPECT_EQ(refusal(own.plan()).code, "not-null-over-nulls") << "an addition sets its default last";
  DeltaCase none = half();
  none.source.columns.edit()[1].default_expression.reset();
  EXPECT_EQ(refusal(none.plan()).code, "not-null-over-nulls") << "there is nothing to fill it with";
  DeltaCase uncounted = half();
  uncounted.facts.rows = -1;
  EXPECT_EQ(refusal(uncounted.plan()).code, "not-null-over-nulls");
  DeltaCase feature = half();
  feature.dependents.properties.erase("delta.feature.allowColumnDefaults");
  EXPECT_EQ(refusal(feature.plan()).code, "table-feature-missing") << "and nothing is filled";
}

TEST(DeltaAlteration, AWideningNeedsTheFeatureOrTheOptIn) {
  DeltaCase c({{"id", "BIGINT"}}, {{"id", "INT"}});
  const Error error = refusal(c.plan());
  EXPECT_EQ(error.code, "table-feature-missing");
  EXPECT_TRUE(says(error.message, "\"id\"")) << error.message;
  EXPECT_TRUE(says(error.message, "typeWidening")) << error.message;
  EXPECT_TRUE(says(error.remedy, "enable_features: [typeWidening]")) << error.remedy;
  EXPECT_TRUE(says(error.remedy, "for good")) << error.remedy;

  c.policy.enable_features = {TableFeature::column_mapping};  // not the one that is needed
  EXPECT_EQ(refusal(c.plan()).code, "table-feature-missing");

  c.policy.enable_features = {TableFeature::type_widening, TableFeature::column_mapping};
  const Alteration opted_in = c.plan();
  EXPECT_EQ(delta_sql(opted_in), (Texts{kAlter + "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                                        kAlter + "ALTER COLUMN `id` TYPE BIGINT"}));
  EXPECT_TRUE(says(opted_in.statements[0].why, "\"id\" changes from INT to BIGINT")) << opted_in.statements[0].why;

  c.has("delta.enableTypeWidening", "true");
  EXPECT_EQ(delta_sql(c.plan()), Texts{kAlter + "ALTER COLUMN `id` TYPE BIGINT"}) << "it has the feature already";
}

TEST(DeltaAlteration, PropertiesThatWereNotReadProveNothing) {
  DeltaCase c({{"id", "BIGINT"}}, {{"id", "INT"}});
  c.dependents = {};
  EXPECT_TRUE(says(refusal(c.plan()).message, "could not be read"));
  c.policy.enable_features = {TableFeature::type_widening};
  const Alteration plan = c.plan();
  EXPECT_EQ(delta_sql(plan).size(), 2U);
  EXPECT_TRUE(says(plan.statements[0].why, "could not be read")) << plan.statements[0].why;
}

TEST(DeltaAlteration, NestedLeavesWidenOneByOne) {
  DeltaCase c({{"st", "STRUCT<a: BIGINT, n: STRUCT<d: DOUBLE, new: INT>>"}, {"m", "MAP<BIGINT, ARRAY<DOUBLE>>"}},
              {{"st", "STRUCT<a: INT, n: STRUCT<d: FLOAT>>"}, {"m", "MAP<INT, ARRAY<FLOAT>>"}});
  c.all_features();
  const Alteration plan = c.plan();
  EXPECT_EQ(delta_sql(plan),
            (Texts{kAlter + "ALTER COLUMN `st`.a TYPE BIGINT", kAlter + "ALTER COLUMN `st`.n.d TYPE DOUBLE",
                   kAlter + "ALTER COLUMN `m`.key TYPE BIGINT", kAlter + "ALTER COLUMN `m`.value.element TYPE DOUBLE",
                   kAlter + "ADD COLUMNS (`st`.n.new INT)"}));
  EXPECT_EQ(plan.altered, (Texts{"st", "m"}));
  EXPECT_EQ(plan.added, Texts{"st.n.new"});
}

TEST(DeltaAlteration, ALongerVarcharNeedsNothing) {
  EXPECT_EQ(delta_sql(DeltaCase({{"v", "STRING"}}, {{"v", "VARCHAR(5)"}}).plan()),
            Texts{kAlter + "ALTER COLUMN `v` TYPE STRING"});
}

TEST(DeltaAlteration, WhatDeltaDoesNotWidenIsRefusedWithBothTypes) {
  const Error error = refusal(DeltaCase({{"v", "STRING"}}, {{"v", "INT"}}).all_features().plan());
  EXPECT_EQ(error.code, "type-change-refused");
  EXPECT_TRUE(says(error.message, "INT cannot become STRING")) << error.message;
}

TEST(DeltaAlteration, RenamesAndDropsNeedColumnMapping) {
  DeltaCase c({{"customer_id", "INT"}}, {{"cust_id", "INT"}, {"gone", "DATE"}});
  c.renames.renames = {{"cust_id", "customer_id"}};
  c.policy.drop_removed = true;
  const Alteration refused = c.plan();
  ASSERT_EQ(refused.refusals.size(), 2U);
  for (const Refusal& one : refused.refusals) {
    EXPECT_EQ(one.error.code, "table-feature-missing");
    EXPECT_TRUE(says(one.error.remedy, "columnMapping"));
  }
  c.policy.enable_features = {TableFeature::column_mapping};
  EXPECT_EQ(delta_sql(c.plan()),
            (Texts{kAlter + "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
                   kAlter + "RENAME COLUMN `cust_id` TO `customer_id`", kAlter + "DROP COLUMN IF EXISTS (`gone`)"}));
  c.has("delta.columnMapping.mode", "id");
  EXPECT_EQ(delta_sql(c.plan()).size(), 2U);
}

TEST(DeltaAlteration, ANestedFieldIsDroppedByItsPath) {
  DeltaCase c({{"st", "STRUCT<a: INT>"}}, {{"st", "STRUCT<a: INT, gone: DATE>"}});
  c.all_features().policy.drop_removed = true;
  EXPECT_EQ(delta_sql(c.plan()), Texts{kAlter + "DROP COLUMN IF EXISTS (`st`.gone)"});
}

TEST(DeltaAlteration, ANameThatParquetDoesNotTakeNeedsColumnMapping) {
  DeltaCase c({{"order id", "INT"}}, {});
  EXPECT_EQ(refusal(c.plan()).code, "table-feature-missing");
  EXPECT_EQ(delta_sql(c.all_features().plan()), Texts{kAlter + "ADD COLUMNS (`order id` INT)"});
}

TEST(DeltaAlteration, TimestampsWithoutZoneNeedTheirFeature) {
  DeltaCase c({{"d", "TIMESTAMP_NTZ"}, {"e", "TIMESTAMP_NTZ"}}, {{"d", "DATE"}});
  c.policy.enable_features = {TableFeature::type_widening, TableFeature::timestamp_ntz};
  EXPECT_EQ(delta_sql(c.plan()),
            (Texts{kAlter + "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                   kAlter + "SET TBLPROPERTIES ('delta.feature.timestampNtz' = 'supported')",
                   kAlter + "ALTER COLUMN `d` TYPE TIMESTAMP_NTZ", kAlter + "ADD COLUMNS (`e` TIMESTAMP_NTZ)"}));
}

TEST(DeltaAlteration, AnAddedDefaultIsSetBehindTheColumn) {
  DeltaCase c({{"n", "INT"}}, {});
  c.source.columns.edit()[0].default_expression = "7";
  EXPECT_EQ(refusal(c.plan()).code, "table-feature-missing");
  c.policy.enable_features = {TableFeature::column_defaults};
  const Alteration plan = c.plan();
  EXPECT_EQ(delta_sql(plan), (Texts{kAlter + "SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
                                    kAlter + "ADD COLUMNS (`n` INT)", kAlter + "ALTER COLUMN `n` SET DEFAULT 7"}));
  ASSERT_EQ(plan.notes.size(), 1U);
  EXPECT_TRUE(says(plan.notes[0], "keep NULL")) << plan.notes[0];
}

TEST(DeltaAlteration, DefaultsAreHandedOnWordForWordOrNotAtAll) {
  DeltaCase c({{"n", "DATE"}}, {{"n", "DATE"}});
  c.all_features();
  c.source.columns.edit()[0].default_expression = "DATE'2020-01-01'";
  EXPECT_EQ(delta_sql(c.plan()), Texts{kAlter + "ALTER COLUMN `n` SET DEFAULT DATE'2020-01-01'"});
  c.destination.columns.edit()[0].default_expression = "DATE'2020-01-01'";
  EXPECT_TRUE(c.plan().statements.empty()) << "what was set is not set again";
  for (const char* hostile : {"'\\' || x", "'${env:HOME}'", "1; DROP TABLE x", "1 -- x", "(1", "'open"}) {
    c.source.columns.edit()[0].default_expression = hostile;
    EXPECT_EQ(refusal(c.plan()).code, "default-unsupported") << hostile;
  }
  c.source.columns.edit()[0].default_expression.reset();
  c.dependents.properties.clear();
  EXPECT_EQ(delta_sql(c.plan()), Texts{kAlter + "ALTER COLUMN `n` DROP DEFAULT"}) << "needs no feature";
}

TEST(DeltaAlteration, ARequiredColumnIsAddedFilledAndTightened) {
  DeltaCase c({{"n", "INT"}}, {});
  c.all_features();
  c.source.columns.edit()[0].nullable = false;
  EXPECT_EQ(refusal(c.plan()).code, "not-null-needs-default");
  c.source.columns.edit()[0].default_expression = "7";
  EXPECT_EQ(delta_sql(c.plan()),
            (Texts{kAlter + "ADD COLUMNS (`n` INT)", "UPDATE `staging`.`sales`.`orders` SET `n` = 7 WHERE `n` IS NULL",
                   kAlter + "ALTER COLUMN `n` SET NOT NULL", kAlter + "ALTER COLUMN `n` SET DEFAULT 7"}));
  EXPECT_TRUE(c.plan().notes.empty());
  c.facts.has_rows = false;
  EXPECT_EQ(delta_sql(c.plan()).size(), 3U);
}

TEST(DeltaAlteration, NotNullIsSetOnlyWhereNoRowHoldsNull) {
  DeltaCase c({{"n", "INT"}}, {{"n", "INT"}});
  c.source.columns.edit()[0].nullable = false;
  c.facts.null_counts["n"] = 2;
  EXPECT_EQ(refusal(c.plan()).code, "not-null-over-nulls");
  c.facts.null_counts["n"] = 0;
  EXPECT_EQ(delta_sql(c.plan()), Texts{kAlter + "ALTER COLUMN `n` SET NOT NULL"});
}

TEST(DeltaAlteration, TheOrderIsSafe) {
  DeltaCase c({{"renamed", "BIGINT"}, {"tight", "INT"}, {"loose", "INT"}, {"added", "INT"}},
              {{"old", "INT"}, {"tight", "INT"}, {"loose", "INT"}, {"gone", "DATE"}});
  c.policy.drop_removed = true;
  c.policy.enable_features = {TableFeature::type_widening, TableFeature::column_mapping, TableFeature::column_defaults};
  c.renames.renames = {{"old", "renamed"}};
  c.source.columns.edit()[1].nullable = false;
  c.destination.columns.edit()[2].nullable = false;
  c.source.columns.edit()[2].comment = "it's";
  c.source.columns.edit()[3].default_expression = "1";
  EXPECT_EQ(delta_sql(c.plan()),
            (Texts{kAlter + "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                   kAlter + "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
                   kAlter + "SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
                   kAlter + "ALTER COLUMN `tight` SET NOT NULL", kAlter + "RENAME COLUMN `old` TO `renamed`",
                   kAlter + "ALTER COLUMN `loose` DROP NOT NULL", kAlter + "ALTER COLUMN `renamed` TYPE BIGINT",
                   kAlter + "ADD COLUMNS (`added` INT)", kAlter + "ALTER COLUMN `added` SET DEFAULT 1",
                   kAlter + "ALTER COLUMN `loose` COMMENT R\"it's\"", kAlter + "DROP COLUMN IF EXISTS (`gone`)"}));
}

TEST(DeltaAlteration, TextFromAServerThatIsNoTypeNeverGetsIntoAStatement) {
  EXPECT_EQ(refusal(DeltaCase({{"x", "INT); DROP TABLE t --"}}, {}).plan()).code, "type-unsupported");
}

// ---- What hangs on a column.

TEST(DeltaObstacles, ACheckForbidsRenameTypeAndDrop) {
  DeltaCase c({{"amount", "BIGINT"}}, {{"amount", "INT"}});
  c.all_features().has("delta.constraints.positive", "amount > 0");
  const Error error = refusal(c.plan());
  EXPECT_EQ(error.code, "column-has-dependents");
  EXPECT_TRUE(says(error.message, "amount > 0")) << error.message;
  EXPECT_TRUE(says(error.remedy, "DROP CONSTRAINT `positive`")) << error.remedy;
  c.dependents.properties["delta.constraints.positive"] = "`other` > 0 AND note <> 'amount'";
  EXPECT_EQ(delta_sql(c.plan()).size(), 1U) << "it is about another column";
  c.dependents.properties["delta.constraints.positive"] = "note <> 'it\\'s' AND amount > 0";
  EXPECT_EQ(refusal(c.plan()).code, "column-has-dependents") << "behind an escaped quote";
  c.dependents.properties["delta.constraints.positive"] = "`amount` > 0";
  c.destination.columns.edit()[0].type = c.source.columns[0].type;
  c.source.columns.edit()[0].comment = "fine";
  EXPECT_EQ(delta_sql(c.plan()).size(), 1U) << "a comment is no change of the column";
}

TEST(DeltaObstacles, AGeneratedColumnHoldsWhatItReads) {
  DeltaCase c({{"ts", "BIGINT"}}, {{"ts", "INT"}});
  c.all_features().dependents.generated = {{"day", "CAST(ts AS DATE)"}};
  EXPECT_TRUE(says(refusal(c.plan()).message, "\"day\""));
  c.destination.columns.edit()[0].name = "old";
  c.dependents.generated = {{"day", "CAST(old AS DATE)"}};
  c.renames.renames = {{"old", "ts"}};
  EXPECT_FALSE(c.plan().refusals.empty()) << "not even renamed";
}

TEST(DeltaObstacles, AnIdentityColumnStaysAsItIs) {
  DeltaCase c({{"id", "BIGINT"}}, {{"id", "BIGINT"}});
  c.all_features().dependents.identity_columns = {"ID"};
  c.source.columns.edit()[0].nullable = false;
  c.facts.null_counts["id"] = 0;
  EXPECT_TRUE(says(refusal(c.plan()).message, "identity"));
  c.source.columns.edit()[0].nullable = true;
  c.source.columns.edit()[0].default_expression = "1";
  EXPECT_TRUE(says(refusal(c.plan()).message, "identity"));
}

TEST(DeltaObstacles, PartitionAndClusteringColumnsAreNotDropped) {
  DeltaCase c({}, {{"day", "DATE"}, {"st", "STRUCT<city: STRING>"}});
  c.all_features().policy.drop_removed = true;
  c.dependents.partition_columns = {"Day"};
  c.dependents.clustering_columns = {"st.city"};
  const Alteration plan = c.plan();
  ASSERT_EQ(plan.refusals.size(), 2U);
  EXPECT_TRUE(says(plan.refusals[0].error.message, "partitioned"));
  EXPECT_TRUE(says(plan.refusals[1].error.message, "clustered by st.city"));
  EXPECT_TRUE(says(plan.refusals[1].error.remedy, "CLUSTER BY"));

  DeltaCase field({{"st", "STRUCT<a: INT>"}}, {{"st", "STRUCT<a: INT, city: STRING, other: STRING>"}});
  field.all_features().policy.drop_removed = true;
  field.dependents.clustering_columns = {"st.city"};
  EXPECT_EQ(refusal(field.plan()).code, "column-has-dependents");
  field.dependents.clustering_columns = {"st.a"};
  EXPECT_EQ(delta_sql(field.plan()).size(), 2U) << "the fields beside it may go";

  DeltaCase widened({{"day", "BIGINT"}}, {{"day", "INT"}});
  widened.all_features().dependents.partition_columns = {"day"};
  EXPECT_EQ(delta_sql(widened.plan()).size(), 1U) << "Delta widens partition columns";
}

TEST(DeltaObstacles, KeysAndViews) {
  DeltaCase c({{"id", "BIGINT"}}, {{"id", "INT"}});
  c.all_features().dependents.constraints = {{"PRIMARY KEY", {"ID"}, "PRIMARY KEY (id)"}};
  EXPECT_TRUE(says(refusal(c.plan()).remedy, "DROP PRIMARY KEY"));
  c.dependents.constraints = {{"NOT NULL", {"id"}, {}}};
  EXPECT_EQ(delta_sql(c.plan()).size(), 1U);

  DeltaCase dropped({}, {{"a b", "INT"}});
  dropped.all_features().policy.drop_removed = true;
  dropped.dependents.views = {{"sales.v", "SELECT `a b` FROM orders"}};
  EXPECT_TRUE(says(refusal(dropped.plan()).message, "sales.v"));
  dropped.dependents.views = {{"sales.v", "SELECT c FROM orders"}};
  EXPECT_EQ(delta_sql(dropped.plan()).size(), 1U);
}

}  // namespace
}  // namespace lockstep
