// What warehouse.h promises, held against each implementation: DuckDB files, DuckLakes, and the fake that other tests
// rely on.
#include <gtest/gtest.h>

#include "tests/unit/engines/fake_warehouse.h"
#include "tests/unit/engines/warehouse/duckdb/lab.h"

namespace lockstep {
namespace {

using lockstep::testing::FakeWarehouse;
using lockstep::testing::Kind;
using lockstep::testing::Lab;

// Each holds catalog "c" with the tables main.a (x INTEGER, s STRUCT(f DATE)) and main.b (y VARCHAR).
struct Subject {
  virtual ~Subject() = default;
  virtual Warehouse& warehouse() = 0;
};

struct Real : Subject {
  explicit Real(Kind kind) : lab(kind) {
    lab.sql("CREATE TABLE c.main.b (y VARCHAR)");
    lab.sql("CREATE TABLE c.main.a (x INTEGER, s STRUCT(f DATE))");
  }
  Warehouse& warehouse() override { return lab.warehouse(); }
  Lab lab;
};

struct Fake : Subject {
  Fake() {
    fake.add_catalog("c");
    fake.add_table("c", "main", "b", {{"y", "VARCHAR"}});
    fake.add_table("c", "main", "a", {{"x", "INTEGER"}, {"s", "STRUCT(f DATE)"}});
    fake.answer("SELECT range FROM range(3)", {{{"range", "BIGINT"}}, {{0}, {1}, {2}}});
    fake.fail("nonsense", Error("sql-invalid"_code, "nonsense", "write sense"));
  }
  Warehouse& warehouse() override { return fake; }
  FakeWarehouse fake;
};

using Make = std::unique_ptr<Subject> (*)();

std::string subject_name(const ::testing::TestParamInfo<std::pair<const char*, Make>>& subject) {
  return subject.param.first;
}

class WarehouseContract : public ::testing::TestWithParam<std::pair<const char*, Make>> {
 protected:
  std::unique_ptr<Subject> subject_ = GetParam().second();
  Warehouse& warehouse_ = subject_->warehouse();
};
INSTANTIATE_TEST_SUITE_P(
    All, WarehouseContract,
    ::testing::Values(
        std::pair<const char*, Make>{"File", [] { return std::unique_ptr<Subject>(new Real(Kind::file)); }},
        std::pair<const char*, Make>{"Lake", [] { return std::unique_ptr<Subject>(new Real(Kind::lake)); }},
        std::pair<const char*, Make>{"Fake", [] { return std::unique_ptr<Subject>(new Fake); }}),
    subject_name);

TEST_P(WarehouseContract, OpensTheCatalogsItHas) {
  EXPECT_EQ(warehouse_.name(), "local");
  ASSERT_TRUE(warehouse_.open("c", {}).ok());
  EXPECT_EQ(*warehouse_.open("c", {}), *warehouse_.open("C", {}));
  EXPECT_EQ(warehouse_.open("d", {}).error().code, "catalog-unknown");
  EXPECT_FALSE(warehouse_.open("d", {}).error().remedy.empty());
  EXPECT_EQ(warehouse_.version("d", {}).error().code, "catalog-unknown");
}

TEST_P(WarehouseContract, DescribesTablesInOrder) {
  const Result<std::vector<CatalogContents>> all = warehouse_.describe({"c"}, {});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 1U);
  ASSERT_EQ(all->at(0).tables.size(), 2U);
  EXPECT_EQ(all->at(0).tables[0].name.full(), "c.main.a");
  EXPECT_EQ(all->at(0).tables[1].name.full(), "c.main.b");
  EXPECT_EQ(all->at(0).tables[0].columns.at(1).type->fields.at(0).name, "f");
  EXPECT_EQ(all->at(0).tables[0].columns.at(1).position, 2);
  EXPECT_EQ(warehouse_.describe({"d"}, {}).error().code, "catalog-unknown");
}

TEST_P(WarehouseContract, DescribesACatalogNamedTwiceTwice) {
  const Result<std::vector<CatalogContents>> all = warehouse_.describe({"c", "C"}, {});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->at(0).tables.size(), 2U);
  EXPECT_EQ(all->at(1).tables.size(), 2U);
}

TEST_P(WarehouseContract, AnswersDependentsInTheOrderAsked) {
  const Result<std::vector<Dependents>> all =
      warehouse_.dependents("c", {{"c", "main", "b"}, {"c", "main", "a"}, {"c", "main", "none"}}, {});
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ(all->at(0).table.table, "b");
  EXPECT_EQ(all->at(2).table.table, "none");
  EXPECT_TRUE(all->at(2).constraints.empty());
}

TEST_P(WarehouseContract, CutsRowsAndSaysSo) {
  const std::string sql = "SELECT range FROM range(3)";
  EXPECT_EQ(warehouse_.run({sql, {}}, {})->rows, (std::vector<std::vector<Json>>{{0}, {1}, {2}}));
  const Result<Rows> two = warehouse_.run({sql, {}, 2}, {});
  EXPECT_EQ(two->rows.size(), 2U);
  EXPECT_TRUE(two->truncated);
  EXPECT_FALSE(warehouse_.run({sql, {}, 3}, {})->truncated);
}

TEST_P(WarehouseContract, CountsStatements) {
  const std::uint64_t before = warehouse_.statements_sent();
  (void)warehouse_.run({"SELECT range FROM range(3)", {}}, {});
  EXPECT_EQ(warehouse_.statements_sent(), before + 1);
  (void)warehouse_.describe({"c"}, {});
  EXPECT_LE(warehouse_.statements_sent(), before + 3);
}

TEST_P(WarehouseContract, DoesNothingWhenItIsTooLate) {
  std::stop_source source;
  source.request_stop();
  const Call stopped{source.get_token(), std::nullopt};
  const Call expired{{}, std::chrono::steady_clock::now() - std::chrono::milliseconds(1)};
  for (const auto& [call, code] : {std::pair{stopped, "cancelled"}, std::pair{expired, "timeout"}}) {
    EXPECT_EQ(warehouse_.run({"SELECT range FROM range(3)", {}}, call).error().code, code);
    EXPECT_EQ(warehouse_.describe({"c"}, call).error().code, code);
    EXPECT_EQ(warehouse_.transact("c", {"DROP TABLE c.main.a"}, {}, call).error().code, code);
    EXPECT_EQ(warehouse_.would_change({"SELECT 1", {}}, call).error().code, code);
  }
  EXPECT_EQ(warehouse_.describe({"c"}, {})->at(0).tables.size(), 2U);
}

TEST_P(WarehouseContract, TransactionsNameTheStatementThatFailed) {
  const Result<void> failed =
      warehouse_.transact("c", {"ALTER TABLE c.main.a ADD COLUMN n INTEGER", "nonsense"}, {}, {});
  ASSERT_FALSE(failed.ok());
  ASSERT_FALSE(failed.error().context.empty());
  EXPECT_NE(failed.error().context[0].find("nonsense"), std::string::npos);
  EXPECT_EQ(warehouse_.transact("d", {"SELECT 1"}, {}, {}).error().code, "catalog-unknown");
}

TEST_P(WarehouseContract, TellsReadsFromChanges) {
  EXPECT_FALSE(*warehouse_.would_change({"SELECT 1", {}}, {}));
  EXPECT_TRUE(*warehouse_.would_change({"DROP TABLE c.main.a", {}}, {}));
  EXPECT_EQ(warehouse_.describe({"c"}, {})->at(0).tables.size(), 2U);
}

TEST(FakeWarehouse, RecordsWhatWasSentAndCommitted) {
  FakeWarehouse fake;
  fake.add_catalog("c");
  fake.fail("bad", Error("sql-failed"_code, "bad", "good"));
  EXPECT_TRUE(fake.transact("c", {"ALTER 1", "ALTER 2"}, {"me", "why", {}}, {}).ok());
  EXPECT_FALSE(fake.transact("c", {"ALTER 3", "bad"}, {}, {}).ok());
  EXPECT_EQ(fake.committed(), (std::vector<std::string>{"ALTER 1", "ALTER 2"}));
  EXPECT_EQ(fake.sent(), (std::vector<std::string>{"ALTER 1", "ALTER 2", "ALTER 3", "bad"}));
  EXPECT_EQ(fake.stamps().at(0).message, "why");
  EXPECT_EQ(fake.run({"SELECT 1", {}}, {}).error().code, "sql-failed");
  fake.answer_all([](const Statement& statement) { return Rows{{{"sql", "VARCHAR"}}, {{statement.sql}}, false, -1}; });
  EXPECT_EQ(fake.run({"SELECT 1", {}}, {})->rows[0][0], "SELECT 1");
  lockstep::testing::FakeWarehouses warehouses(fake);
  EXPECT_EQ(*warehouses.get("local"), &fake);
  EXPECT_EQ(warehouses.get("other").error().code, "connection-unknown");
}

}  // namespace
}  // namespace lockstep
