// All statements or none, in spite of what the engine's COMMIT says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::Kind;
using lockstep::testing::Lab;
using ::testing::Contains;
using ::testing::HasSubstr;

class Transact : public ::testing::TestWithParam<Kind> {
 protected:
  Lab lab_{GetParam()};
  Json rows() { return lab_.cell("SELECT count(*) FROM c.main.t"); }
};
INSTANTIATE_TEST_SUITE_P(Kinds, Transact, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

TEST_P(Transact, CommitsAllStatements) {
  ASSERT_TRUE(lab_.transact({"CREATE TABLE c.main.t (x INTEGER)", "INSERT INTO c.main.t VALUES (1)",
                             "ALTER TABLE c.main.t ADD COLUMN y VARCHAR"})
                  .ok());
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(lab_.type_of("t", "y"), "VARCHAR");
}

// Lie one: on a DuckDB file a statement that fails while it runs aborts the transaction, and COMMIT "succeeds".
TEST_P(Transact, AStatementThatFailsWhileItRunsUndoesAll) {
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  const Result<void> done = lab_.transact({"INSERT INTO c.main.t VALUES (1)",
                                           "INSERT INTO c.main.t SELECT CAST('x' || range AS INTEGER) FROM range(3)",
                                           "INSERT INTO c.main.t VALUES (3)"});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, "sql-failed");
  EXPECT_THAT(done.error().context, Contains(HasSubstr("CAST('x'")));
  EXPECT_EQ(rows(), 0);
}

// Lie two: a statement that fails while it is bound aborts nothing, and COMMIT would keep the half.
TEST_P(Transact, AStatementThatDoesNotBindUndoesAll) {
  lab_.sql("CREATE TABLE c.main.t (x VARCHAR)");
  const std::string refused = GetParam() == Kind::lake ? "ALTER TABLE c.main.t ALTER COLUMN x TYPE INTEGER"
                                                       : "ALTER TABLE c.main.t DROP COLUMN nothing_here";
  const Result<void> done =
      lab_.transact({"ALTER TABLE c.main.t ADD COLUMN y INTEGER", "INSERT INTO c.main.t VALUES ('a', 1)", refused});
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().context, Contains(HasSubstr(refused)));
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(lab_.type_of("t", "y"), "");
}

TEST_P(Transact, TheConnectionIsFreeAfterwards) {
  lab_.sql("CREATE TABLE c.main.t (x INTEGER)");
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(lab_.transact({"INSERT INTO c.main.t VALUES (1)", "nonsense"}).ok());
    EXPECT_TRUE(lab_.transact({"INSERT INTO c.main.t VALUES (1)"}).ok());
  }
  EXPECT_EQ(rows(), 20);
}

TEST_P(Transact, UnknownCatalogsAreErrors) {
  EXPECT_EQ(lab_.warehouse().transact("d", {"SELECT 1"}, {}, {}).error().code, "catalog-unknown");
}

TEST(DuckLakeTransact, StampsTheSnapshot) {
  Lab lab(Kind::lake);
  const CommitStamp stamp{"lockstep", "run 01H step it's \"evolve\"", {{"run_id", "01H"}, {"bad", "\xFF"}}};
  ASSERT_TRUE(lab.warehouse().transact("c", {"CREATE TABLE c.main.t (x INTEGER)"}, stamp, {}).ok());
  const Rows rows = lab.sql(
      "SELECT author, commit_message, commit_extra_info, snapshot_id FROM c.snapshots() ORDER BY snapshot_id DESC "
      "LIMIT 1");
  EXPECT_EQ(rows.rows.at(0).at(0), "lockstep");
  EXPECT_EQ(rows.rows[0].at(1), stamp.message);
  EXPECT_EQ(Json::parse(rows.rows[0].at(2).get<std::string>())["run_id"], "01H");
  EXPECT_EQ(rows.rows[0].at(3).dump(), (*lab.warehouse().version("c", {})).value());
}

TEST(DuckLakeTransact, AFailureWritesNoSnapshot) {
  Lab lab(Kind::lake);
  lab.sql("CREATE TABLE c.main.t (x INTEGER)");
  const std::optional<std::string> before = *lab.warehouse().version("c", {});
  EXPECT_FALSE(lab.transact({"ALTER TABLE c.main.t ADD COLUMN y INTEGER", "nonsense"}).ok());
  EXPECT_EQ(*lab.warehouse().version("c", {}), before);
  EXPECT_TRUE(lab.transact({"ALTER TABLE c.main.t ADD COLUMN y INTEGER"}).ok());
  EXPECT_NE(*lab.warehouse().version("c", {}), before);
}

TEST(DuckDbFileTransact, HasNoVersions) {
  Lab lab(Kind::file);
  EXPECT_EQ(*lab.warehouse().version("c", {}), std::nullopt);
}

}  // namespace
}  // namespace lockstep
