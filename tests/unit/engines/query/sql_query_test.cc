#include "engines/query/sql_query.h"

#include <gtest/gtest.h>

#include "engines/query/expectation.h"
#include "tests/unit/engines/reconciliation/catalogs_fixture.h"

namespace lockstep {
namespace {

using lockstep::testing::Catalogs;

class SqlQuery : public ::testing::Test {
 protected:
  Outcome run(const Json& with) {
    std::unique_ptr<Step> step = make_sql_query(with).value();
    const StepContext context = catalogs_.context();
    look_ = step->look(context).value();
    return step->act(context, look_).value();
  }
  std::string failure(const Json& with) {
    const Outcome outcome = run(with);
    return outcome.failure ? outcome.failure->code + ": " + outcome.failure->message : "";
  }

  Catalogs catalogs_{std::vector<std::pair<std::string, std::string>>{{"prod", "prod.duckdb"}}};
  Look look_;
};

TEST_F(SqlQuery, ReturnsTypedCells) {
  const Json out =
      run({{"statement", "SELECT 1 AS n, 'x' AS s, true AS b, NULL::INTEGER AS nothing, 1.5::DOUBLE AS f"}}).outputs;
  EXPECT_EQ(out["rows"], Json::parse(R"([[1, "x", true, null, 1.5]])"));
  EXPECT_EQ(out["columns"][0]["name"], "n");
  EXPECT_EQ(out["row_count"], 1);
  EXPECT_EQ(out["truncated"], false);
  EXPECT_FALSE(look_.changes());
}

TEST_F(SqlQuery, BindsNamedParameters) {
  const Json out =
      run({{"statement", "SELECT $a AS a, $b AS b"}, {"parameters", {{"a", 7}, {"b", "it's; DROP TABLE x"}}}}).outputs;
  EXPECT_EQ(out["rows"], Json::parse(R"([[7, "it's; DROP TABLE x"]])"));
}

TEST_F(SqlQuery, KeepsMaxRowsAndSaysThatThereWereMore) {
  EXPECT_EQ(run({{"statement", "SELECT * FROM range(5)"}, {"max_rows", 5}}).outputs["truncated"], false);
  const Json out = run({{"statement", "SELECT * FROM range(5)"}, {"max_rows", 2}}).outputs;
  EXPECT_EQ(out["rows"].size(), 2U);
  EXPECT_EQ(out["row_count"], 2);
  EXPECT_EQ(out["truncated"], true);
  EXPECT_EQ(run({{"statement", "SELECT * FROM range(1500)"}}).outputs["row_count"], 1000);
  // An expectation sees beyond max_rows, the outputs do not.
  const Outcome counted = run({{"statement", "SELECT * FROM range(5)"}, {"max_rows", 0}, {"expect", {{"rows", 5}}}});
  EXPECT_FALSE(counted.failure);
  EXPECT_EQ(counted.outputs["rows"].size(), 0U);
  EXPECT_EQ(counted.outputs["truncated"], true);
}

TEST_F(SqlQuery, MarksStatementsThatChangeSomething) {
  const Outcome outcome = run({{"statement", "CREATE TABLE prod.main.t AS SELECT 1 AS a"}});
  EXPECT_FALSE(outcome.failure);
  EXPECT_TRUE(look_.changes());
  EXPECT_EQ(look_.preview.outputs, Json::object());
  EXPECT_EQ(run({{"statement", "INSERT INTO prod.main.t SELECT 2 FROM range(3)"}}).outputs["rows_changed"], 3);
}

TEST_F(SqlQuery, LooksWithoutRunning) {
  std::unique_ptr<Step> step = make_sql_query({{"statement", "CREATE TABLE prod.main.t (a INTEGER)"}}).value();
  EXPECT_TRUE(step->look(catalogs_.context()));
  EXPECT_EQ(run({{"statement", "SELECT count(*) FROM duckdb_tables() WHERE table_name = 't'"}}).outputs["rows"][0][0],
            0);
}

TEST_F(SqlQuery, ExpectIsAGate) {
  EXPECT_EQ(failure({{"statement", "SELECT 41"}, {"expect", {{"value", 41}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT 41"}, {"expect", {{"value", 42}}}}),
            "expectation-failed: expected the value 42, got 41");
  EXPECT_EQ(failure({{"statement", "SELECT NULL::INTEGER"}, {"expect", {{"value", nullptr}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT NULL::INTEGER"}, {"expect", {{"value", 0}}}}),
            "expectation-failed: expected the value 0, got null");
  EXPECT_EQ(failure({{"statement", "SELECT 1 WHERE false"}, {"expect", {{"empty", true}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT 1"}, {"expect", {{"empty", true}}}}),
            "expectation-failed: expected no rows, got 1");
  EXPECT_EQ(failure({{"statement", "SELECT 1 WHERE false"}, {"expect", {{"empty", false}}}}),
            "expectation-failed: expected at least one row, got none");
  EXPECT_EQ(failure({{"statement", "FROM range(3)"}, {"expect", {{"rows", 3}}}}), "");
  EXPECT_EQ(failure({{"statement", "FROM range(3)"}, {"expect", {{"rows", 2}}}}),
            "expectation-failed: expected 2 rows, got 3");
  EXPECT_EQ(failure({{"statement", "FROM range(9)"}, {"max_rows", 2}, {"expect", {{"rows", 2}}}}),
            "expectation-failed: expected 2 rows, got more than 3");
  EXPECT_NE(failure({{"statement", "FROM range(2)"}, {"expect", {{"value", 0}}}}).find("2 rows and 1 column"),
            std::string::npos);
  EXPECT_NE(failure({{"statement", "SELECT 1, 2"}, {"expect", {{"value", 1}}}}).find("1 row and 2 columns"),
            std::string::npos);
  EXPECT_NE(failure({{"statement", "SELECT 1 WHERE false"}, {"expect", {{"value", 1}}}}).find("0 rows"),
            std::string::npos);
}

TEST_F(SqlQuery, AFailedGateKeepsItsOutputs) {
  const Outcome outcome = run({{"statement", "SELECT 41 AS answer"}, {"expect", {{"value", 42}}}});
  EXPECT_EQ(outcome.outputs["rows"], Json::parse("[[41]]"));
}

TEST_F(SqlQuery, NumbersAreComparedAsNumbers) {
  EXPECT_EQ(failure({{"statement", "SELECT 2.50::DECIMAL(9,2)"}, {"expect", {{"value", 2.5}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT 2.50::DECIMAL(9,2)"}, {"expect", {{"value", "2.5"}}}}), "");
  EXPECT_NE(failure({{"statement", "SELECT 2.51::DECIMAL(9,2)"}, {"expect", {{"value", 2.5}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT 3::DECIMAL(9,2)"}, {"expect", {{"value", 3}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT 3.0::DOUBLE"}, {"expect", {{"value", 3}}}}), "");
  EXPECT_NE(failure({{"statement", "SELECT '5'"}, {"expect", {{"value", 5}}}}), "");
  EXPECT_EQ(failure({{"statement", "SELECT '5'"}, {"expect", {{"value", "5"}}}}), "");
}

TEST(SameValue, ComparesNumbersExactly) {
  EXPECT_TRUE(same_value(Json::parse("1e2"), "100", true));
  EXPECT_TRUE(same_value("-0", "0.00", true));
  EXPECT_TRUE(same_value("12345678901234567890123.10", "12345678901234567890123.1", true));
  EXPECT_FALSE(same_value("12345678901234567890123.11", "12345678901234567890123.1", true));
  EXPECT_FALSE(same_value(1, true, false));
  EXPECT_FALSE(same_value(1, nullptr, true));
  EXPECT_FALSE(same_value("", "0", true));
  EXPECT_FALSE(same_value("1e999999", "0", true));
  EXPECT_TRUE(same_value("nan", "nan", true));
}

TEST_F(SqlQuery, RefusesBadInputsAndPassesErrorsOn) {
  EXPECT_FALSE(make_sql_query(Json::object()));
  EXPECT_FALSE(make_sql_query({{"statement", "SELECT 1"}, {"expect", {{"colour", 1}}}}));
  EXPECT_FALSE(make_sql_query({{"statement", "SELECT 1"}, {"parameters", {{"a", Json::array()}}}}));
  std::unique_ptr<Step> step = make_sql_query({{"statement", "SELECT * FROM prod.main.nothing"}}).value();
  const StepContext context = catalogs_.context();
  const Result<Look> look = step->look(context);
  EXPECT_TRUE(!look || !step->act(context, *look));
}

}  // namespace
}  // namespace lockstep
