// Which file is opened how, what is created, and what is said when that cannot be.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/unit/engines/warehouse/duckdb/lab.h"
#include "tests/unit/pace.h"

namespace lockstep {
namespace {

using lockstep::testing::catalog_of;
using lockstep::testing::Folder;
using lockstep::testing::Kind;
using lockstep::testing::plan_of;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

struct Opened {
  std::unique_ptr<Warehouses> warehouses;
  Warehouse* warehouse = nullptr;
};

Opened connect(std::vector<ConnectionPlan> plans, const std::string& name = "local") {
  Opened opened{plan_warehouses(std::move(plans)), nullptr};
  opened.warehouse = *opened.warehouses->get(name);
  return opened;
}

// The first cell; "" when there is none; else the error's code.
std::string run(Warehouse& warehouse, const std::string& sql) {
  const Result<Rows> rows = warehouse.run({sql, {}}, {});
  return rows ? (rows->rows.empty() ? "" : rows->rows[0][0].dump()) : rows.error().code;
}

// Makes a catalog with one table of one row, and closes it.
void make(const Folder& folder, Kind kind, const std::string& name) {
  Opened opened = connect({plan_of(folder, {{name, catalog_of(kind, name)}}, {name})});
  ASSERT_TRUE(opened.warehouse->open(name, {}).ok());
  ASSERT_EQ(run(*opened.warehouse, "CREATE TABLE " + name + ".main.t AS SELECT 42 AS x"), "");
}

class Attach : public ::testing::TestWithParam<Kind> {
 protected:
  Folder folder_;
  Json catalog(const std::string& name) const { return catalog_of(GetParam(), name); }
  std::string file(const std::string& name) const {
    return folder_ / (name + (GetParam() == Kind::file ? ".duckdb" : ".ducklake"));
  }
  std::string prefixed(const std::string& path) const { return (GetParam() == Kind::lake ? "ducklake:" : "") + path; }
};
INSTANTIATE_TEST_SUITE_P(Kinds, Attach, ::testing::Values(Kind::file, Kind::lake), testing::kind_name);

TEST_P(Attach, PlanningOpensNothingAndCreatesNothing) {
  const std::unique_ptr<Warehouses> warehouses = plan_warehouses({plan_of(folder_, {{"p", catalog("p")}}, {"p"})});
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  ASSERT_TRUE(warehouses->get("local").ok());
  EXPECT_FALSE(fs::exists(file("p")));
  EXPECT_EQ(warehouses->get("other").error().code, "connection-unknown");
}

TEST_P(Attach, AWritableCatalogIsCreatedWithItsFolders) {
  Json settings = GetParam() == Kind::file ? Json("a/b/p.duckdb")
                                           : Json({{"path", "ducklake:a/b/p.ducklake"}, {"data_path", "d/e"}});
  Opened opened = connect({plan_of(folder_, {{"p", settings}}, {"p"})});
  ASSERT_TRUE(opened.warehouse->open("p", {}).ok());
  EXPECT_EQ(run(*opened.warehouse, "CREATE TABLE p.main.t AS SELECT range FROM range(500)"), "");
  EXPECT_TRUE(fs::is_directory(folder_ / "a/b"));
  EXPECT_EQ(fs::is_directory(folder_ / "d/e/main/t"), GetParam() == Kind::lake);
}

TEST_P(Attach, ACatalogThatIsOnlyReadIsNeverCreated) {
  Opened opened = connect({plan_of(folder_, {{"p", catalog("p")}})});
  const Result<const Dialect*> missing = opened.warehouse->open("p", {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, "catalog-not-found");
  EXPECT_THAT(missing.error().message, HasSubstr(file("p")));
  EXPECT_FALSE(missing.error().remedy.empty());
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  EXPECT_EQ(run(*opened.warehouse, "SELECT * FROM p.main.t"), "catalog-not-found");
}

TEST_P(Attach, ReadOnlyBeatsWritable) {
  const Json read_only = GetParam() == Kind::file ? Json{{"path", "p.duckdb"}, {"read_only", true}}
                                                  : Json{{"path", "ducklake:p.ducklake"}, {"read_only", true}};
  {
    Opened opened = connect({plan_of(folder_, {{"p", read_only}}, {"p"})});
    EXPECT_EQ(opened.warehouse->open("p", {}).error().code, "catalog-not-found");
  }
  make(folder_, GetParam(), "p");
  Opened opened = connect({plan_of(folder_, {{"p", read_only}}, {"p"})});
  ASSERT_TRUE(opened.warehouse->open("p", {}).ok());
  EXPECT_EQ(run(*opened.warehouse, "SELECT x FROM p.main.t"), "42");
  EXPECT_EQ(run(*opened.warehouse, "INSERT INTO p.main.t VALUES (1)"), "catalog-read-only");
  EXPECT_EQ(opened.warehouse->transact("p", {"INSERT INTO p.main.t VALUES (1)"}, {}, {}).error().code,
            "catalog-read-only");
  EXPECT_EQ(run(*opened.warehouse, "SELECT count(*) FROM p.main.t"), "1");
}

TEST_P(Attach, ANewCatalogStaysOnlyWhenSomethingIsWrittenToIt) {
  const std::vector<ConnectionPlan> plans{plan_of(folder_, {{"n", catalog("n")}}, {"n"})};
  {
    Opened opened = connect(plans);
    ASSERT_TRUE(opened.warehouse->open("n", {}).ok());
    EXPECT_TRUE(fs::exists(file("n")));
    EXPECT_EQ(run(*opened.warehouse, "INSERT INTO n.main.nothing VALUES (1)"), "sql-unknown-name");
  }
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  run(*connect(plans).warehouse, "CREATE SCHEMA n.s");
  EXPECT_TRUE(fs::exists(file("n")));
  ASSERT_TRUE(connect(plans).warehouse->open("n", {}).ok());  // not made by this one
  EXPECT_TRUE(fs::exists(file("n")));
}

TEST_P(Attach, WhatNoStepWritesIsOpenedReadOnly) {
  make(folder_, GetParam(), "p");
  Opened opened = connect({plan_of(folder_, {{"p", prefixed(file("p"))}})});
  ASSERT_TRUE(opened.warehouse->open("p", {}).ok());
  EXPECT_EQ(run(*opened.warehouse, "SELECT x FROM p.main.t"), "42");
  EXPECT_EQ(run(*opened.warehouse, "DROP TABLE p.main.t"), "catalog-read-only");
}

TEST_P(Attach, CatalogNamesAreComparedWithoutCaseAndUnknownOnesListTheKnown) {
  make(folder_, GetParam(), "p");
  Opened opened = connect({plan_of(folder_, {{"Prod", prefixed("p" + fs::path(file("p")).extension().string())}})});
  EXPECT_TRUE(opened.warehouse->open("PROD", {}).ok());
  const Result<const Dialect*> unknown = opened.warehouse->open("prodd", {});
  EXPECT_EQ(unknown.error().code, "catalog-unknown");
  EXPECT_THAT(unknown.error().remedy, HasSubstr("Prod"));
  EXPECT_EQ(run(*opened.warehouse, "SELECT x FROM prod.main.t"), "42");
}

TEST_P(Attach, StatementsOpenTheCatalogsTheyName) {
  make(folder_, GetParam(), "p");
  make(folder_, GetParam(), "q");
  Opened opened = connect({plan_of(folder_, {{"p", catalog("p")}, {"q", catalog("q")}, {"gone", catalog("gone")}})});
  EXPECT_EQ(run(*opened.warehouse, "SELECT count(*) FROM \"P\".main.t, q.main.t"), "1");
  EXPECT_EQ(run(*opened.warehouse, "SELECT 'gone'"), "\"gone\"");
  EXPECT_EQ(run(*opened.warehouse, "SELECT count(*) FROM gone.main.t"), "catalog-not-found");
}

TEST_P(Attach, OneFileUnderTwoNamesIsAClash) {
  make(folder_, GetParam(), "p");
  fs::create_symlink(file("p"), folder_ / "link");
  Opened opened = connect({plan_of(folder_, {{"p", prefixed(file("p"))}, {"q", prefixed("link")}})});
  EXPECT_TRUE(opened.warehouse->open("p", {}).ok());
  const Result<const Dialect*> second = opened.warehouse->open("q", {});
  EXPECT_EQ(second.error().code, "catalog-name-clash");
  EXPECT_THAT(second.error().message, HasSubstr("\"p\" and \"q\""));
}

TEST_P(Attach, TwoConnectionsShareOneFileOfOneName) {
  make(folder_, GetParam(), "p");
  const ConnectionPlan reader = plan_of(folder_, {{"p", catalog("p")}}, {}, "reader");
  const ConnectionPlan writer = plan_of(folder_, {{"p", catalog("p")}}, {"p"}, "writer");
  Opened opened = connect({reader, writer}, "reader");
  // The reader comes first, and does not spoil it for the writer.
  ASSERT_TRUE(opened.warehouse->open("p", {}).ok());
  Warehouse* other = *opened.warehouses->get("writer");
  ASSERT_TRUE(other->open("p", {}).ok());
  EXPECT_TRUE(other->transact("p", {"INSERT INTO p.main.t VALUES (43)"}, {}, {}).ok());
  EXPECT_EQ(run(*opened.warehouse, "SELECT count(*) FROM p.main.t"), "2");
  EXPECT_EQ(opened.warehouse->transact("p", {"INSERT INTO p.main.t VALUES (44)"}, {}, {}).error().code,
            "catalog-read-only");
}

// The file is attached writable, for the other connection's sake.
TEST_P(Attach, ReadOnlyHoldsForAConnectionWhoseFileAnotherOneWrites) {
  Json read_only = catalog_of(GetParam(), "p");
  if (read_only.is_string()) read_only = {{"path", read_only}};
  read_only["read_only"] = true;
  Opened opened = connect({plan_of(folder_, {{"p", catalog_of(GetParam(), "p")}}, {"p"}, "writer"),
                           plan_of(folder_, {{"p", read_only}, {"q", catalog_of(GetParam(), "q")}}, {"q"}, "reader")},
                          "reader");
  Warehouse& writer = **opened.warehouses->get("writer");
  Warehouse& reader = **opened.warehouses->get("reader");
  ASSERT_TRUE(writer.run({"CREATE TABLE p.main.t AS SELECT 1 AS a", {}, 1}, {}));
  for (const char* sql : {"INSERT INTO p.main.t VALUES (2)", "DROP TABLE p.main.t", "UPDATE P.main.t SET a = 3",
                          "CREATE TABLE \"p\".main.u (a INT)"}) {
    Result<Rows> refused = reader.run({sql, {}, 1}, {});
    ASSERT_FALSE(refused) << sql;
    EXPECT_EQ(refused.error().code, "catalog-read-only") << sql;
  }
  EXPECT_TRUE(reader.run({"SELECT * FROM p.main.t", {}, 1}, {}));
  EXPECT_TRUE(reader.run({"CREATE TABLE q.main.t AS FROM p.main.t", {}, 1}, {}));
  EXPECT_TRUE(writer.run({"INSERT INTO p.main.t VALUES (2)", {}, 1}, {}));
}

TEST_P(Attach, OneNameForTwoFilesIsAClash) {
  make(folder_, GetParam(), "p");
  make(folder_, GetParam(), "q");
  const ConnectionPlan one = plan_of(folder_, {{"c", prefixed(file("p"))}}, {}, "one");
  const ConnectionPlan two = plan_of(folder_, {{"c", prefixed(file("q"))}}, {}, "two");
  Opened opened = connect({one, two}, "one");
  ASSERT_TRUE(opened.warehouse->open("c", {}).ok());
  EXPECT_EQ((*opened.warehouses->get("two"))->open("c", {}).error().code, "catalog-name-clash");
}

// A lock is a lock of the operating system, between processes; so the other process need not be DuckDB.
TEST_P(Attach, AFileThatAnotherProcessHoldsIsToldWithItsHolder) {
  if (!kCanFork) GTEST_SKIP() << "needs fork";
  make(folder_, GetParam(), "p");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int fd = open(file("p").c_str(), O_RDWR);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const char answer = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  {
    Opened opened = connect({plan_of(folder_, {{"p", catalog("p")}}, {"p"})});
    const Result<const Dialect*> locked = opened.warehouse->open("p", {});
    ASSERT_FALSE(locked.ok());
    EXPECT_EQ(locked.error().code, "catalog-locked");
    EXPECT_THAT(locked.error().message, HasSubstr("PID " + std::to_string(child)));
    EXPECT_THAT(locked.error().message, HasSubstr(file("p")));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    // The next attempt of the same run succeeds.
    EXPECT_TRUE(opened.warehouse->open("p", {}).ok());
  }
  close(ready[0]);
  close(ready[1]);
}

TEST_P(Attach, WhatIsNoCatalogIsToldSo) {
  std::ofstream(file("p")) << "this is no database, but it is long enough to be looked into";
  Opened opened = connect({plan_of(folder_, {{"p", catalog("p")}}, {"p"})});
  const Result<const Dialect*> broken = opened.warehouse->open("p", {});
  EXPECT_EQ(broken.error().code, "catalog-not-readable");
  EXPECT_THAT(broken.error().message, HasSubstr(file("p")));
  Opened folder = connect({plan_of(folder_, {{"p", prefixed(".")}}, {"p"})});
  EXPECT_EQ(folder.warehouse->open("p", {}).error().code, "catalog-not-readable");
}

TEST_P(Attach, OnlyFilesOfThisMachineAreOpened) {
  for (const char* path : {"s3://bucket/p", "https://example.org/p.duckdb", "sqlite:p.db", "md:p", ":memory:"}) {
    const std::unique_ptr<Warehouses> warehouses = plan_warehouses({plan_of(folder_, {{"p", prefixed(path)}}, {"p"})});
    EXPECT_EQ(warehouses->get("local").error().code, "catalog-unsupported") << path;
  }
  EXPECT_TRUE(plan_warehouses({plan_of(folder_, {{"p", prefixed("./a:b")}})})->get("local").ok());
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_P(Attach, TheEnginesOwnNamesAreReserved) {
  for (const char* name : {"memory", "System", "temp"}) {
    const std::unique_ptr<Warehouses> warehouses = plan_warehouses({plan_of(folder_, {{name, catalog("p")}})});
    EXPECT_EQ(warehouses->get("local").error().code, "catalog-name-reserved") << name;
  }
}

TEST_P(Attach, NamesWithQuotesWork) {
  const std::string name = "it's \"mine\"";
  Opened opened = connect({plan_of(folder_, {{name, catalog("p's")}}, {name})});
  const Result<const Dialect*> dialect = opened.warehouse->open(name, {});
  ASSERT_TRUE(dialect.ok()) << dialect.error().message;
  const std::string table = (*dialect)->qualified({name, "main", "t"});
  EXPECT_TRUE(opened.warehouse->transact(name, {"CREATE TABLE " + table + " AS SELECT 1 AS x"}, {}, {}).ok());
  const Result<std::vector<CatalogContents>> contents = opened.warehouse->describe({name}, {});
  ASSERT_TRUE(contents.ok()) << contents.error().message;
  EXPECT_EQ(contents->at(0).tables.size(), 1U);
}

class Lakes : public ::testing::Test {
 protected:
  Folder folder_;
  std::string open_code(const Json& settings, bool writable = true) {
    Opened opened = connect(
        {plan_of(folder_, {{"p", settings}}, writable ? std::vector<std::string>{"p"} : std::vector<std::string>{})});
    const Result<const Dialect*> dialect = opened.warehouse->open("p", {});
    if (!dialect) return dialect.error().code;
    return run(*opened.warehouse, "SELECT count(*) FROM p.main.t");
  }
  // As somebody would with another program: paths as they are given, from a folder of its own.
  void make_elsewhere(const std::string& data_path) {
    make(folder_, Kind::lake, "p");
    Opened opened = connect({plan_of(folder_, {{"meta", "p.ducklake"}}, {"meta"})});
    ASSERT_TRUE(opened.warehouse->open("meta", {}).ok());
    ASSERT_EQ(run(*opened.warehouse,
                  "UPDATE meta.main.ducklake_metadata SET value = '" + data_path + "' WHERE key = 'data_path'"),
              "");
  }
};

TEST_F(Lakes, AMissingLakeWithoutADataPathIsNotMade) {
  Opened opened = connect({plan_of(folder_, {{"p", "ducklake:p.ducklake"}}, {"p"})});
  const Result<const Dialect*> missing = opened.warehouse->open("p", {});
  EXPECT_EQ(missing.error().code, "catalog-not-found");
  EXPECT_THAT(missing.error().remedy, HasSubstr("data_path"));
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Lakes, AnExistingLakeKnowsItsDataPath) {
  make(folder_, Kind::lake, "p");
  EXPECT_EQ(open_code("ducklake:p.ducklake"), "1");
  EXPECT_EQ(open_code("ducklake:p.ducklake", false), "1");
  EXPECT_EQ(open_code(catalog_of(Kind::lake, "p"), false), "1");
}

TEST_F(Lakes, ARelativeDataPathStartsAtTheRunbooksFolder) {
  make_elsewhere("p-data/");
  EXPECT_EQ(open_code("ducklake:p.ducklake"), "1");
  EXPECT_EQ(open_code("ducklake:p.ducklake", false), "1");
  EXPECT_EQ(open_code(catalog_of(Kind::lake, "p")), "1");
  EXPECT_EQ(open_code(catalog_of(Kind::lake, "p"), false), "1");
  // What is written lies there as well, not in the folder the program was started in.
  Opened opened = connect({plan_of(folder_, {{"p", "ducklake:p.ducklake"}}, {"p"})});
  EXPECT_EQ(run(*opened.warehouse, "CREATE TABLE p.main.big AS SELECT range FROM range(1000)"), "");
  EXPECT_TRUE(fs::is_directory(folder_ / "p-data/main/big"));
}

TEST_F(Lakes, AnotherDataPathThanTheLakesIsAnError) {
  make(folder_, Kind::lake, "p");
  EXPECT_EQ(open_code({{"path", "ducklake:p.ducklake"}, {"data_path", "elsewhere"}}), "catalog-data-path");
}

TEST_F(Lakes, ALakeIsNoDuckDbFileAndTheOtherWayRound) {
  make(folder_, Kind::file, "p");
  EXPECT_EQ(open_code("ducklake:p.duckdb"), "catalog-not-readable");
  EXPECT_EQ(open_code("ducklake:p.duckdb", false), "catalog-not-readable");
}

TEST_F(Lakes, DataOnOtherStorageIsNotSupported) {
  const std::unique_ptr<Warehouses> warehouses = plan_warehouses(
      {plan_of(folder_, {{"p", {{"path", "ducklake:p.ducklake"}, {"data_path", "s3://bucket/lake"}}}}, {"p"})});
  EXPECT_EQ(warehouses->get("local").error().code, "catalog-unsupported");
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(Lakes, MetadataOnPostgresNeedsAnExtensionThatIsNotThere) {
  Opened opened = connect({plan_of(folder_, {{"p", "ducklake:postgres:dbname=x"}})});
  EXPECT_EQ(opened.warehouse->open("p", {}).error().code, "catalog-unsupported");
}

TEST(Connections, OtherTypesAreNotAvailable) {
  Folder folder;
  ConnectionPlan plan = plan_of(folder, Json::object());
  plan.type = "elsewhere";
  EXPECT_EQ(plan_warehouses({plan})->get("local").error().code, "connection-not-available");
}

TEST(Connections, SettingsReachTheEngine) {
  Folder folder;
  ConnectionPlan plan = plan_of(folder, Json::object());
  plan.settings["threads"] = 1;
  plan.settings["memory_limit"] = "100MB";
  Opened opened = connect({plan});
  EXPECT_EQ(run(*opened.warehouse, "SELECT current_setting('threads')"), "1");
  plan.settings["memory_limit"] = "much";
  EXPECT_EQ(plan_warehouses({plan})->get("local").error().code, "connection-setting-invalid");
}

TEST(Connections, AreOpenedOnceAndKept) {
  Folder folder;
  const std::unique_ptr<Warehouses> warehouses = plan_warehouses({plan_of(folder, Json::object())});
  EXPECT_EQ(*warehouses->get("local"), *warehouses->get("local"));
  EXPECT_EQ((*warehouses->get("local"))->name(), "local");
}

}  // namespace
}  // namespace lockstep
