#include "engines/evolution/alteration.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support.h"

namespace lockstep {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

// A planning case: both tables, what hangs on the destination, what was measured.
struct Case {
  explicit Case(const Columns& source_columns, const Columns& destination_columns)
      : source(make_table("prod", "s.t", source_columns)),
        destination(make_table("staging", "s.t", destination_columns)) {}

  Alteration plan(const Dialect& dialect = file_dialect()) const {
    return plan_alteration(difference(source, destination, renames, {}), dialect, dependents, facts, policy);
  }

  Table source;
  Table destination;
  TableRenames renames;
  Dependents dependents;
  TableFacts facts;
  AlterationPolicy policy;
};

std::vector<std::string> sql(const Alteration& plan) {
  std::vector<std::string> texts;
  texts.reserve(plan.statements.size());
  for (const PlannedStatement& statement : plan.statements) texts.push_back(statement.sql);
  return texts;
}

std::vector<std::string> codes(const Alteration& plan) {
  std::vector<std::string> found;
  for (const Refusal& refusal : plan.refusals) {
    found.push_back(refusal.error.code);
    EXPECT_FALSE(refusal.error.message.empty());
    EXPECT_FALSE(refusal.error.remedy.empty()) << refusal.error.message;
  }
  EXPECT_TRUE(plan.refusals.empty() || plan.statements.empty()) << "a refused table must stay untouched";
  return found;
}

using Texts = std::vector<std::string>;

TEST(Alteration, AddsAndWidensWithFullTypesAndQuotedNames) {
  const Case c({{"id", "BIGINT"}, {"amount", "DECIMAL(12,2)"}, {"tags", "VARCHAR[]"}, {"select", "VARCHAR"}},
               {{"id", "INTEGER"}, {"amount", "DECIMAL(10,2)"}});
  const Alteration plan = c.plan();
  EXPECT_TRUE(codes(plan).empty());
  ASSERT_EQ(plan.statements.size(), 4U);
  EXPECT_EQ(plan.statements[0].sql, file_dialect().change_type(c.destination.name, "id", file_type("BIGINT")));
  EXPECT_EQ(plan.statements[2].sql,
            file_dialect().add_column(c.destination.name, {"tags"}, file_type("VARCHAR[]"), std::nullopt));
  EXPECT_NE(plan.statements[3].sql.find("\"select\""), std::string::npos);
  for (const PlannedStatement& statement : plan.statements) EXPECT_FALSE(statement.why.empty());
  EXPECT_EQ(plan.added, (Texts{"tags", "select"}));
  EXPECT_EQ(plan.altered, (Texts{"id", "amount"}));
}

TEST(Alteration, NarrowingIsRefusedWithBothTypes) {
  const Alteration plan = Case({{"x", "SMALLINT"}}, {{"x", "VARCHAR"}}).plan();
  EXPECT_EQ(codes(plan), Texts{"type-change-refused"});
  EXPECT_NE(plan.refusals[0].error.message.find("SMALLINT"), std::string::npos);
  EXPECT_NE(plan.refusals[0].error.message.find("VARCHAR"), std::string::npos);
}

TEST(Alteration, OneRefusalKeepsTheWholeTable) {
  const Alteration plan = Case({{"x", "SMALLINT"}, {"fresh", "DATE"}}, {{"x", "VARCHAR"}}).plan();
  EXPECT_EQ(codes(plan).size(), 1U);
  EXPECT_TRUE(plan.statements.empty());
}

TEST(Alteration, ANestedFieldIsAddedByItsPathAndAWideningChangesTheWholeType) {
  const Case gained({{"st", "STRUCT(a INTEGER, b VARCHAR)"}}, {{"st", "STRUCT(a INTEGER)"}});
  EXPECT_EQ(sql(gained.plan()),
            Texts{file_dialect().add_column(gained.destination.name, {"st", "b"}, file_type("VARCHAR"), std::nullopt)});
  const Case widened({{"st", "STRUCT(a BIGINT, b VARCHAR)"}}, {{"st", "STRUCT(a INTEGER, own DATE)"}});
  EXPECT_EQ(sql(widened.plan()),
            Texts{R"(ALTER TABLE "staging"."s"."t" ALTER COLUMN "st" TYPE STRUCT(a BIGINT, own DATE, b VARCHAR))"});
  EXPECT_EQ(widened.plan().skipped, Texts{"st.own"});
}

TEST(Alteration, ANestedFieldIsDroppedOnlyWithDropRemoved) {
  Case c({{"st", "STRUCT(a INTEGER)"}}, {{"st", "STRUCT(a INTEGER, gone DATE)"}});
  EXPECT_TRUE(c.plan().statements.empty());
  c.policy.drop_removed = true;
  EXPECT_EQ(sql(c.plan()), Texts{file_dialect().drop_column(c.destination.name, {"st", "gone"})});
}

TEST(Alteration, TheRefusedLeafIsNamed) {
  const Alteration plan =
      Case({{"st", "STRUCT(a STRUCT(b SMALLINT))"}}, {{"st", "STRUCT(a STRUCT(b VARCHAR))"}}).plan();
  EXPECT_EQ(codes(plan), Texts{"type-change-refused"});
  EXPECT_EQ(plan.refusals[0].column, "st.a.b");
}

TEST(Alteration, RemovedColumnsAreKeptUnlessDropRemoved) {
  Case c({{"a", "INTEGER"}}, {{"a", "INTEGER"}, {"gone", "DATE"}});
  EXPECT_TRUE(c.plan().statements.empty());
  EXPECT_EQ(c.plan().skipped, Texts{"gone"});
  c.policy.drop_removed = true;
  EXPECT_EQ(sql(c.plan()), Texts{file_dialect().drop_column(c.destination.name, {"gone"})});
}

TEST(Alteration, ADropThatLooksLikeARenameIsRefused) {
  Case c({{"customer_id", "INTEGER"}}, {{"cust_id", "INTEGER"}});
  c.policy.drop_removed = true;
  const Alteration plan = c.plan();
  EXPECT_EQ(codes(plan), Texts{"drop-looks-like-rename"});
  EXPECT_NE(plan.refusals[0].error.remedy.find("rename: { cust_id: customer_id }"), std::string::npos);
  c.renames.renames = {{"cust_id", "customer_id"}};
  EXPECT_EQ(sql(c.plan()), Texts{file_dialect().rename_column(c.destination.name, {"cust_id"}, "customer_id")});
}

TEST(Alteration, ARenamedColumnIsChangedUnderItsNewName) {
  Case c({{"customer_id", "BIGINT"}}, {{"cust_id", "INTEGER"}});
  c.renames.renames = {{"cust_id", "customer_id"}};
  const Alteration plan = c.plan();
  ASSERT_EQ(plan.statements.size(), 2U);
  EXPECT_EQ(plan.statements[1].sql, file_dialect().change_type(c.destination.name, "customer_id", file_type("BIGINT")));
}

TEST(Alteration, NotNullNeedsThatNoRowHoldsNull) {
  Case c({{"a", "INTEGER"}}, {{"a", "INTEGER"}});
  c.source.columns.edit()[0].nullable = false;
  c.facts.null_counts["a"] = 3;
  const Alteration refused = c.plan();
  EXPECT_EQ(codes(refused), Texts{"not-null-over-nulls"});
  EXPECT_NE(refused.refusals[0].error.message.find("3 rows"), std::string::npos);
  c.facts.null_counts["a"] = 0;
  EXPECT_EQ(sql(c.plan()), Texts{file_dialect().set_nullable(c.destination.name, "a", false)});
}

TEST(Alteration, NotNullIsTakenBackToo) {
  Case c({{"a", "INTEGER"}}, {{"a", "INTEGER"}});
  c.destination.columns.edit()[0].nullable = false;
  EXPECT_EQ(sql(c.plan()), Texts{file_dialect().set_nullable(c.destination.name, "a", true)});
}

TEST(Alteration, AnAddedNotNullColumnNeedsADefaultOnceThereAreRows) {
  Case c({{"a", "INTEGER"}, {"n", "INTEGER"}}, {{"a", "INTEGER"}});
  c.source.columns.edit()[1].nullable = false;
  EXPECT_EQ(codes(c.plan()), Texts{"not-null-needs-default"});
  c.facts.has_rows = false;
  EXPECT_EQ(c.plan().statements.size(), 2U);
  c.facts.has_rows = true;
  c.source.columns.edit()[1].default_expression = "7";
  const Alteration plan = c.plan();
  ASSERT_EQ(plan.statements.size(), 2U);
  EXPECT_EQ(plan.statements[0].sql, file_dialect().add_column(c.destination.name, {"n"}, file_type("INTEGER"), "7"));
  EXPECT_EQ(plan.statements[1].sql, file_dialect().set_nullable(c.destination.name, "n", false));
}

TEST(Alteration, AnExpressionAsDefaultOfANotNullColumnIsFilledInBetween) {
  Case c({{"a", "INTEGER"}, {"n", "TIMESTAMP"}}, {{"a", "INTEGER"}});
  c.source.columns.edit()[1].nullable = false;
  c.source.columns.edit()[1].default_expression = "now()";
  const Alteration plan = c.plan();
  ASSERT_EQ(plan.statements.size(), 4U);
  EXPECT_EQ(plan.statements[0].sql,
            file_dialect().add_column(c.destination.name, {"n"}, file_type("TIMESTAMP"), std::nullopt));
  EXPECT_EQ(plan.statements[1].sql,
            file_dialect().fill_column(c.destination.name, "n", file_type("TIMESTAMP"), "now()"));
  EXPECT_EQ(plan.statements[3].sql, file_dialect().set_default(c.destination.name, "n", "now()"));
}

TEST(Alteration, ALakeTightensOneColumnARoundAndFirst) {
  Case c({{"a", "INTEGER"}, {"b", "INTEGER"}, {"fresh", "DATE"}}, {{"a", "INTEGER"}, {"b", "INTEGER"}});
  c.source.columns.edit()[0].nullable = false;
  c.source.columns.edit()[1].nullable = false;
  const Alteration plan = c.plan(lake_dialect());
  ASSERT_EQ(plan.statements.size(), 3U);
  EXPECT_EQ(plan.statements[0].round, 0);
  EXPECT_EQ(plan.statements[1].round, 1);
  EXPECT_EQ(plan.statements[2].round, 1);
  for (const PlannedStatement& statement : c.plan(file_dialect()).statements) EXPECT_EQ(statement.round, 0);
}

TEST(Alteration, WhatALakeCannotProveIsRefused) {
  Case empty({{"a", "INTEGER"}}, {{"a", "INTEGER"}});
  empty.source.columns.edit()[0].nullable = false;
  empty.facts.has_rows = false;
  EXPECT_EQ(codes(empty.plan(lake_dialect())), Texts{"not-null-unprovable"});
  EXPECT_TRUE(codes(empty.plan(file_dialect())).empty());
  Case nested({{"a", "INTEGER[]"}}, {{"a", "INTEGER[]"}});
  nested.source.columns.edit()[0].nullable = false;
  EXPECT_EQ(codes(nested.plan(lake_dialect())), Texts{"not-null-unprovable"});
}

TEST(Alteration, WhatALakeCannotHoldIsRefused) {
  EXPECT_EQ(codes(Case({{"a", "INTEGER"}, {"mood", "ENUM('ok', 'sad')"}}, {{"a", "INTEGER"}}).plan(lake_dialect())),
            Texts{"type-unsupported"});
  EXPECT_EQ(codes(Case({{"a", "INTEGER"}, {"v", "INTEGER[3]"}}, {{"a", "INTEGER"}}).plan(lake_dialect())),
            Texts{"type-unsupported"});
  Case expression({{"a", "TIMESTAMP"}}, {{"a", "TIMESTAMP"}});
  expression.source.columns.edit()[0].default_expression = "now()";
  EXPECT_EQ(codes(expression.plan(lake_dialect())), Texts{"default-unsupported"});
  EXPECT_TRUE(codes(expression.plan(file_dialect())).empty());
}

TEST(Alteration, ASequenceDoesNotCrossCatalogs) {
  Case c({{"a", "INTEGER"}}, {{"a", "INTEGER"}});
  c.source.columns.edit()[0].default_expression = "nextval('seq')";
  EXPECT_EQ(codes(c.plan()), Texts{"default-unsupported"});
}

TEST(Alteration, AGeneratedColumnCannotBeAdded) {
  Case c({{"a", "INTEGER"}, {"g", "INTEGER"}}, {{"a", "INTEGER"}});
  c.source.columns.edit()[1].generated = true;
  EXPECT_EQ(codes(c.plan()), Texts{"generated-column"});
}

TEST(Alteration, DefaultsAndCommentsAreSetAndRemoved) {
  Case c({{"a", "INTEGER"}, {"b", "INTEGER"}}, {{"a", "INTEGER"}, {"b", "INTEGER"}});
  c.source.columns.edit()[0].default_expression = "5";
  c.source.columns.edit()[0].comment = "it's five";
  c.destination.columns.edit()[1].default_expression = "6";
  c.destination.columns.edit()[1].comment = "old";
  EXPECT_EQ(sql(c.plan()), (Texts{file_dialect().set_default(c.destination.name, "a", "5"),
                                  file_dialect().set_default(c.destination.name, "b", std::nullopt),
                                  file_dialect().set_comment(c.destination.name, "a", "it's five"),
                                  file_dialect().set_comment(c.destination.name, "b", "")}));
}

TEST(Alteration, ObstaclesAreNamed) {
  const auto refused_by = [](const std::function<void(Case&)>& prepare, const char* word) {
    Case c({{"a", "BIGINT"}}, {{"a", "INTEGER"}, {"b", "INTEGER"}});
    prepare(c);
    const Alteration plan = c.plan();
    EXPECT_EQ(codes(plan), Texts{"column-has-dependents"}) << word;
    ASSERT_FALSE(plan.refusals.empty());
    EXPECT_NE(plan.refusals[0].error.message.find(word), std::string::npos) << plan.refusals[0].error.message;
  };
  refused_by([](Case& c) { c.dependents.constraints = {{"PRIMARY KEY", {"A"}, "PRIMARY KEY(a)"}}; }, "PRIMARY KEY");
  refused_by([](Case& c) { c.dependents.constraints = {{"UNIQUE", {"a"}, "UNIQUE(a)"}}; }, "UNIQUE");
  refused_by([](Case& c) { c.dependents.constraints = {{"CHECK", {}, "CHECK((a > b))"}}; }, "CHECK");
  refused_by([](Case& c) { c.dependents.constraints = {{"FOREIGN KEY", {"a"}, "FOREIGN KEY (a) REFERENCES p(k)"}}; },
             "REFERENCES p");
  refused_by([](Case& c) { c.dependents.indexes = {{"by_b", "CREATE INDEX by_b ON s.t(b)"}}; }, "by_b");
  refused_by([](Case& c) { c.dependents.referenced_by = {"s.child"}; }, "s.child");
  refused_by([](Case& c) { c.dependents.generated = {{"g", "CAST((a + 1) AS INTEGER)"}}; }, "\"g\"");
  refused_by(
      [](Case& c) {
        c.source.columns.edit()[0] = make_column("a", "INTEGER");
        c.policy.drop_removed = true;
        c.dependents.views = {{"s.v", "CREATE VIEW s.v AS SELECT b FROM s.t"}};
      },
      "s.v");
}

TEST(Alteration, WhatDoesNotConcernTheColumnDoesNotForbid) {
  Case c({{"a", "BIGINT"}, {"fresh", "DATE"}}, {{"a", "INTEGER"}, {"b", "INTEGER"}});
  c.dependents.constraints = {{"PRIMARY KEY", {"b"}, "PRIMARY KEY(b)"}, {"NOT NULL", {"a"}, "NOT NULL"}};
  c.dependents.generated = {{"g", "(b + 1)"}};
  c.dependents.views = {{"s.v", "CREATE VIEW s.v AS SELECT a FROM s.t"}};  // views survive a change of type
  EXPECT_TRUE(codes(c.plan()).empty());
  Case added({{"a", "INTEGER"}, {"fresh", "DATE"}}, {{"a", "INTEGER"}});
  added.dependents.indexes = {{"i", "CREATE INDEX i ON s.t(a)"}};
  EXPECT_TRUE(codes(added.plan()).empty());
}

TEST(Alteration, AKeyStaysNotNull) {
  Case c({{"a", "INTEGER"}}, {{"a", "INTEGER"}});
  c.destination.columns.edit()[0].nullable = false;
  c.dependents.constraints = {{"PRIMARY KEY", {"a"}, "PRIMARY KEY(a)"}};
  EXPECT_EQ(codes(c.plan()), Texts{"column-has-dependents"});
}

}  // namespace
}  // namespace lockstep
