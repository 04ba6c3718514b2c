#include "engines/warehouse/databricks/databricks_warehouse.h"

#include <atomic>
#include <thread>

#include "engines/evolution/planner.h"
#include "engines/warehouse/connections.h"
#include "tests/unit/engines/workspace/statement_lab.h"

namespace lockstep::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

HttpResult rows_answer(const std::vector<std::pair<std::string, std::string>>& columns, const Json& rows) {
  Json described = Json::array();
  for (const auto& [name, type] : columns) described.push_back(column(name, type));
  return answer_state("SUCCEEDED", result_of(described, rows, rows.size()));
}

HttpResult contents_answer(const Json& rows) {
  return rows_answer({{"catalog_index", "INT"},
                      {"table_schema", "STRING"},
                      {"table_name", "STRING"},
                      {"table_type", "STRING"},
                      {"column_count", "LONG"},
                      {"columns", "STRING"}},
                     rows);
}

HttpResult tables_answer(const char* rows) {
  return rows_answer(
      {{"catalog_index", "INT"}, {"table_schema", "STRING"}, {"table_name", "STRING"}, {"table_type", "STRING"}},
      Json::parse(rows));
}

std::string statement_of(const HttpRequest& request) {
  return request.body.empty() ? "" : Json::parse(request.body).value("statement", "");
}

class WarehouseOfAWorkspace : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const FakeTransport::Seen& one : transport_->seen()) all.push_back(statement_of(one.request));
    return all;
  }

  VirtualTime time_;
  std::shared_ptr<FakeTransport> transport_ = std::make_shared<FakeTransport>();
  DatabricksWarehouse warehouse_{"dr", std::make_unique<Workspace>(pat_config(), transport_, quick_options()), 4,
                                 time_.pace()};
};

TEST_F(WarehouseOfAWorkspace, OpensAnyCatalogWithoutARequest) {
  const Result<const Dialect*> dialect = warehouse_.open("whatever", {});
  ASSERT_TRUE(dialect);
  EXPECT_EQ((*dialect)->name(), "databricks");
  EXPECT_FALSE(*warehouse_.version("whatever", {}));
  EXPECT_THAT(transport_->seen(), IsEmpty());
  EXPECT_EQ(warehouse_.identity(), "https://ws.example warehouse wh1");
}

TEST_F(WarehouseOfAWorkspace, DescribesTwoCatalogsInOneStatement) {
  transport_->then(contents_answer(Json::parse(R"json([
      ["1", "sales", "orders", "MANAGED", "1", "0!2:id6:BIGINT--"],
      ["0", "sales", "v", "VIEW", "1", "1?2:id6:BIGINT--"],
      ["0", "sales", "orders", "EXTERNAL", "2",
       "2?5:Total13:DECIMAL(10,2)3:0.08:in euros1!2:id32:STRUCT<a: INT, b: ARRAY<STRING>>--"],
      ["0", "hidden", "nothing", "MANAGED", "0", ""]])json")));
  const Result<std::vector<CatalogContents>> got = warehouse_.describe({"prod", "st`age"}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(warehouse_.statements_sent(), 1U);
  EXPECT_THAT(sent()[0], AllOf(HasSubstr("`prod`.information_schema.columns"),
                               HasSubstr("`st``age`.information_schema.tables"), HasSubstr("full_data_type")));
  ASSERT_THAT(*got, SizeIs(2));
  const CatalogContents& prod = (*got)[0];
  EXPECT_EQ(prod.catalog, "prod");
  ASSERT_THAT(prod.tables, SizeIs(3));
  EXPECT_EQ(prod.tables[0].name.full(), "prod.hidden.nothing");
  const Table& orders = prod.tables[1];
  EXPECT_EQ(orders.kind, Table::Kind::table);
  ASSERT_THAT(orders.columns, SizeIs(2));
  EXPECT_EQ(orders.columns[0].name, "id");
  EXPECT_EQ(orders.columns[0].position, 1);
  EXPECT_FALSE(orders.columns[0].nullable);
  EXPECT_EQ(orders.columns[0].type->kind, DataType::Kind::structure);
  EXPECT_EQ(orders.columns[1].name, "Total");
  EXPECT_EQ(orders.columns[1].default_expression, "0.0");
  EXPECT_EQ(orders.columns[1].comment, "in euros");
  EXPECT_EQ(prod.tables[2].kind, Table::Kind::view);
  ASSERT_THAT((*got)[1].tables, SizeIs(1));
  EXPECT_EQ((*got)[1].tables[0].columns[0].position, 1) << "positions begin at 1, whatever the server's do";
}

TEST_F(WarehouseOfAWorkspace, ListsTablesWithoutAskingForTheirColumns) {
  transport_->then(tables_answer(R"json([
      ["1", "sales", "orders", "MANAGED"], ["0", "sales", "v", "VIEW"], ["0", "a", "t", "EXTERNAL"]])json"));
  const Result<std::vector<CatalogContents>> got = warehouse_.list_tables({"prod", "st`age"}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(sent()[0], AllOf(HasSubstr("`prod`.information_schema.tables"),
                               HasSubstr("`st``age`.information_schema.tables"), Not(HasSubstr("columns"))));
  ASSERT_THAT(*got, SizeIs(2));
  EXPECT_FALSE((*got)[0].columns_known);
  ASSERT_THAT((*got)[0].tables, SizeIs(2));
  EXPECT_EQ((*got)[0].tables[0].name.full(), "prod.a.t");
  EXPECT_EQ((*got)[0].tables[1].kind, Table::Kind::view);
  EXPECT_THAT((*got)[0].tables[0].columns, SizeIs(0));
  EXPECT_THAT((*got)[1].tables, SizeIs(1));
  transport_->then(tables_answer(R"([["2", "s", "t", "MANAGED"]])"));
  EXPECT_EQ(warehouse_.list_tables({"prod", "st`age"}, {}).error().code, "unexpected-result") << "no such catalog";
  transport_->then(contents_answer(Json::parse(R"json([["0", "s", "t", "MANAGED", "0", ""]])json")));
  EXPECT_EQ(warehouse_.list_tables({"prod"}, {}).error().code, "unexpected-result") << "another shape";
}

TEST_F(WarehouseOfAWorkspace, WhatACloneHasAsItsOriginalIsNotSentAgain) {
  transport_->then(contents_answer(Json::parse(R"json([
      ["1", "s", "t", "MANAGED", "1", null], ["1", "s", "own", "MANAGED", "1", "0!2:id3:INT--"],
      ["0", "s", "t", "MANAGED", "1", "0!2:id6:BIGINT--"]])json")));
  const Result<std::vector<CatalogContents>> got = warehouse_.describe({"a", "b"}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(sent()[0], HasSubstr("= CAST(first_value(columns) OVER w AS BINARY) THEN NULL"));
  ASSERT_THAT((*got)[1].tables, SizeIs(2));
  EXPECT_EQ((*got)[1].tables[1].name.full(), "b.s.t");
  EXPECT_TRUE((*got)[1].tables[1].columns.shares_with((*got)[0].tables[0].columns));
  for (const char* rows :
       {R"([["1", "s", "t", "MANAGED", "1", null]])",  // no other
        R"([["0", "s", "t", "MANAGED", "1", null]])",  // itself
        R"([["0", "s", "t", "MANAGED", "1", "0!2:id6:BIGINT--"], ["1", "s", "t", "MANAGED", "2", null]])"}) {  // more
    transport_->then(contents_answer(Json::parse(rows)));
    EXPECT_EQ(warehouse_.describe({"a", "b"}, {}).error().code, "unexpected-result") << rows;
  }
  transport_->then(contents_answer(Json::array()));
  ASSERT_TRUE(warehouse_.describe({"a"}, {}));
  EXPECT_THAT(sent().back(), Not(HasSubstr("first_value")));
}

TEST_F(WarehouseOfAWorkspace, ManyRowsAreReadAtOnceAndComeInOrder) {
  constexpr int kTables = 1'000;
  Json rows = Json::array();
  for (int i = kTables; i-- > 0;)
    for (const char* catalog : {"2", "0", "1"}) {
      const bool own = *catalog == '0' || i % 10 == 0;
      rows.push_back({catalog, "s", fmt::format("t{:04}", i), "MANAGED", "1",
                      own ? Json(*catalog == '0' ? "0!2:id6:BIGINT--" : "0?2:id6:BIGINT--") : Json()});
    }
  transport_->then(contents_answer(rows));
  const Result<std::vector<CatalogContents>> got = warehouse_.describe({"a", "b", "c"}, {});
  ASSERT_TRUE(got) << got.error().message;
  for (const CatalogContents& catalog : *got) {
    ASSERT_THAT(catalog.tables, SizeIs(kTables));
    for (int i = 0; i < kTables; ++i) {
      const Table& table = catalog.tables[static_cast<std::size_t>(i)];
      EXPECT_EQ(table.name.table, fmt::format("t{:04}", i));
      ASSERT_THAT(table.columns, SizeIs(1));
      EXPECT_EQ(table.columns[0].nullable, catalog.catalog != "a" && i % 10 == 0) << table.name.full();
    }
  }
  rows.push_back(rows[0]);
  transport_->then(contents_answer(rows));
  EXPECT_EQ(warehouse_.describe({"a", "b", "c"}, {}).error().code, "unexpected-result") << "a table that comes twice";
}

TEST_F(WarehouseOfAWorkspace, ReadsTheSameTextOnce) {
  const Json rows = Json::parse(R"json([["0", "s", "t", "MANAGED", "1", "0!2:id6:BIGINT--"],
                                        ["1", "s", "t", "MANAGED", "1", "0!2:id6:BIGINT--"],
                                        ["1", "s", "u", "MANAGED", "1", "0?2:id6:BIGINT--"]])json");
  transport_->then(contents_answer(rows));
  transport_->then(contents_answer(rows));
  const Result<std::vector<CatalogContents>> first = warehouse_.describe({"a", "b"}, {});
  const Result<std::vector<CatalogContents>> second = warehouse_.describe({"a", "b"}, {});
  ASSERT_TRUE(first && second);
  const Columns& columns = (*first)[0].tables[0].columns;
  EXPECT_TRUE(columns.shares_with((*first)[1].tables[0].columns));
  EXPECT_TRUE(columns.shares_with((*second)[0].tables[0].columns));
  EXPECT_FALSE(columns.shares_with((*first)[1].tables[1].columns)) << "one of its characters is another";
  // What is known is held against the count all the same.
  transport_->then(contents_answer(Json::parse(R"json([["0", "s", "t", "MANAGED", "2", "0!2:id6:BIGINT--"]])json")));
  const Result<std::vector<CatalogContents>> cut = warehouse_.describe({"a"}, {});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, "unexpected-result");
}

TEST_F(WarehouseOfAWorkspace, DescribesTheNamedTablesOnlyWhereTheyAreFew) {
  const Json rows = Json::parse(R"json([["0", "sales", "o'r", "MANAGED", "1", "0!2:id6:BIGINT--"]])json");
  transport_->then(contents_answer(rows));
  transport_->then(contents_answer(rows));
  const std::vector<TableName> two{{"prod", "sales", "o'r"}, {"prod", "Sales", "t"}};
  const Result<CatalogContents> got = warehouse_.describe_tables("prod", two, {});
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_THAT(got->tables, SizeIs(1));
  EXPECT_THAT(sent()[0],
              HasSubstr(" AND (t.table_schema, t.table_name) IN (('sales', R\"o'r\"), ('Sales', 't')) GROUP BY"));
  ASSERT_TRUE(warehouse_.describe_tables("prod", std::vector<TableName>(2'001, two[0]), {}));
  EXPECT_THAT(sent()[1], Not(HasSubstr(" IN (")));
}

TEST_F(WarehouseOfAWorkspace, NoContentOfAColumnIsTakenForAnother) {
  transport_->then(contents_answer(Json::parse(
      R"json([["0", "s", "t", "MANAGED", "3",
               "0?5:1?2:x6:STRING4:NULL6:--2:é1?1:a3:INT-0:2?3:b-!6:STRING11:'1!2:id--:'-"]])json")));
  const Result<std::vector<CatalogContents>> got = warehouse_.describe({"prod"}, {});
  ASSERT_TRUE(got) << got.error().message;
  const std::vector<Column>& columns = (*got)[0].tables[0].columns;
  ASSERT_THAT(columns, SizeIs(3));
  EXPECT_EQ(columns[0].name, "1?2:x");
  EXPECT_EQ(columns[0].default_expression, std::nullopt) << "NULL is what no default is printed as";
  EXPECT_EQ(columns[0].comment, "--2:é") << "lengths are those of bytes";
  EXPECT_EQ(columns[1].comment, "");
  EXPECT_EQ(columns[2].name, "b-!");
  EXPECT_EQ(columns[2].default_expression, "'1!2:id--:'");
}

TEST_F(WarehouseOfAWorkspace, AnAnswerOfAnotherShapeIsNoCatalog) {
  for (const char* row : {R"(["7", "s", "t", "MANAGED", "1", "1?1:a3:INT--"])",          // no such catalog
                          R"(["0", "s", "t", "MANAGED", "2", "1?1:a3:INT--"])",          // cut between two columns
                          R"(["0", "s", "t", "MANAGED", "1", "1?1:a3:INT-"])",           // cut
                          R"(["0", "s", "t", "MANAGED", "1", "1?1:a99:INT--"])",         // within a text
                          R"(["0", "s", "t", "MANAGED", "1", "1?-3:INT--"])",            // no name
                          R"(["0", "s", "t", "MANAGED", "1", "1*1:a3:INT--"])",          //
                          R"(["0", "s", "t", "MANAGED", "1", "?1:a3:INT--"])",           //
                          R"(["0", "s", "t", "MANAGED", "1", "1?-1:a3:INT--"])",         //
                          R"(["0", "s", "t", "MANAGED", "1", "1?99999999999:a3:INT"])",  //
                          R"(["0", "s", "t", "MANAGED", "-1", ""])", R"(["0", "s", "t", "MANAGED", "1", null])",
                          R"(["0", "s", "t", "MANAGED", "99999999999", ""])"}) {
    transport_->then(contents_answer(Json::array({Json::parse(row)})));
    const Result<std::vector<CatalogContents>> got = warehouse_.describe({"prod"}, {});
    ASSERT_FALSE(got) << row;
    EXPECT_EQ(got.error().code, "unexpected-result") << row;
  }
}

TEST_F(WarehouseOfAWorkspace, AMissingCatalogIsNamedInContext) {
  transport_->then(answer_state("FAILED", {{"status",
                                            {{"state", "FAILED"},
                                             {"sql_state", "42704"},
                                             {"error",
                                              {{"message",
                                                "[NO_SUCH_CATALOG_EXCEPTION] Catalog 'prdo' was "
                                                "not found."}}}}}}));
  const Error error = warehouse_.describe({"prdo"}, {}).error();
  EXPECT_EQ(error.code, "sql-unknown-name");
  EXPECT_THAT(error.context, Contains(HasSubstr("information_schema of prdo")));
}

TEST_F(WarehouseOfAWorkspace, ReadsWhatHangsOnTables) {
  transport_->handle([](const HttpRequest& request, const Call&) {
    const std::string sql = statement_of(request);
    if (sql.find("table_constraints") != std::string::npos)
      return rows_answer({{"kind", "STRING"},
                          {"table_schema", "STRING"},
                          {"table_name", "STRING"},
                          {"name", "STRING"},
                          {"text", "STRING"},
                          {"column_name", "STRING"},
                          {"ordinal_position", "INT"}},
                         Json::parse(R"([
          ["constraint", "sales", "orders", "pk", "PRIMARY KEY", "day", "2"],
          ["constraint", "sales", "orders", "pk", "PRIMARY KEY", "id", "1"],
          ["constraint", "sales", "orders", "positive", "CHECK", null, null],
          ["constraint", "other", "orders", "pk", "PRIMARY KEY", "x", "1"],
          ["view", "sales", "big", "big", "SELECT * FROM sales.orders", null, null]])"));
    if (sql == "DESCRIBE DETAIL `prod`.`sales`.`orders`")
      return rows_answer(
          {{"format", "STRING"},
           {"partitionColumns", "ARRAY"},
           {"clusteringColumns", "ARRAY"},
           {"properties", "MAP"},
           {"tableFeatures", "ARRAY"}},
          Json::array({Json::array({"delta", R"(["day"])", R"(["id"])", R"({"delta.columnMapping.mode":"name"})",
                                    R"(["columnMapping","invariants"])"})}));
    return answer_state("FAILED");
  });
  const Result<std::vector<Dependents>> got =
      warehouse_.dependents("prod", {{"prod", "sales", "orders"}, {"prod", "sales", "odd"}}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(warehouse_.statements_sent(), 3U) << "one for the catalog, one a table";
  const Dependents& orders = (*got)[0];
  ASSERT_THAT(orders.constraints, SizeIs(1));
  EXPECT_THAT(orders.constraints[0].columns, ElementsAre("id", "day"));
  ASSERT_THAT(orders.views, SizeIs(1));
  EXPECT_EQ(orders.views[0].name, "sales.big");
  EXPECT_TRUE(orders.properties_known);
  EXPECT_EQ(orders.properties.at("delta.columnMapping.mode"), "name");
  EXPECT_EQ(orders.properties.at("delta.feature.columnMapping"), "supported");
  EXPECT_THAT(orders.partition_columns, ElementsAre("day"));
  EXPECT_THAT(orders.clustering_columns, ElementsAre("id"));
  EXPECT_FALSE((*got)[1].properties_known) << "its detail could not be read";
}

// 100 drifted tables cost 100 statements, not 200.
TEST_F(WarehouseOfAWorkspace, APlainNewColumnIsPlannedWithoutAskingWhatHangsOnTheTable) {
  const DatabricksDialect dialect;
  TableDifference difference;
  difference.source = {"prod", "sales", "orders"};
  difference.destination = {"stage", "sales", "orders"};
  Column column;
  column.name = "note";
  column.type = dialect.parse_type("STRING");
  difference.added = {column};
  const Result<std::vector<TablePlan>> plain = plan_tables(warehouse_, dialect, {difference}, {}, {});
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_THAT(plain->front().alteration.statements, SizeIs(1));
  EXPECT_EQ(warehouse_.statements_sent(), 0U);

  transport_->handle([](const HttpRequest&, const Call&) { return rows_answer({{"kind", "STRING"}}, Json::array()); });
  difference.added[0].default_expression = "'x'";
  (void)plan_tables(warehouse_, dialect, {difference}, {}, {});
  EXPECT_THAT(sent(), Contains("DESCRIBE DETAIL `stage`.`sales`.`orders`")) << "a default needs a feature of the table";
}

TEST_F(WarehouseOfAWorkspace, AsksForTheDefinitionOfATableThatMayHaveGeneratedColumns) {
  transport_->handle([](const HttpRequest& request, const Call&) {
    const std::string sql = statement_of(request);
    if (sql.find("information_schema") != std::string::npos) return rows_answer({{"kind", "STRING"}}, Json::array());
    if (sql.starts_with("SHOW CREATE TABLE `prod`.`s`.`listed`"))
      return rows_answer({{"createtab_stmt", "STRING"}},
                         Json::array({Json::array({"CREATE TABLE prod.s.listed (\n  id BIGINT GENERATED ALWAYS AS "
                                                   "IDENTITY (START WITH 1),\n  ts TIMESTAMP,\n  day DATE GENERATED "
                                                   "ALWAYS AS (CAST(ts AS DATE)))"})}));
    if (!sql.starts_with("DESCRIBE DETAIL")) return answer_state("FAILED");
    const bool listed = sql.find("listed") != std::string::npos;
    const char* version = sql.find("old") != std::string::npos ? "5" : listed ? "7" : "2";
    return rows_answer({{"properties", "MAP"}, {"minWriterVersion", "INT"}, {"tableFeatures", "ARRAY"}},
                       Json::array({Json::array({"{}", version, listed ? R"(["identityColumns"])" : "[]"})}));
  });
  const Result<std::vector<Dependents>> got =
      warehouse_.dependents("prod", {{"prod", "s", "plain"}, {"prod", "s", "listed"}, {"prod", "s", "old"}}, {});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(warehouse_.statements_sent(), 6U) << "one for the catalog, one a table, one a table that may have some";
  EXPECT_THAT((*got)[0].generated, IsEmpty());
  EXPECT_THAT((*got)[1].identity_columns, ElementsAre("id"));
  ASSERT_THAT((*got)[1].generated, SizeIs(1));
  EXPECT_EQ((*got)[1].generated[0].name, "day");
  EXPECT_THAT((*got)[2].generated, IsEmpty()) << "its definition was refused";
}

TEST_F(WarehouseOfAWorkspace, ATableHasAVersion) {
  transport_->then(
      rows_answer({{"version", "LONG"}, {"operation", "STRING"}}, Json::array({Json::array({"12", "WRITE"})})));
  const Result<std::optional<std::string>> version = warehouse_.table_version({"prod", "sales", "orders"}, {});
  ASSERT_TRUE(version);
  EXPECT_EQ(*version, "12");
  EXPECT_THAT(sent(), ElementsAre("DESCRIBE HISTORY `prod`.`sales`.`orders` LIMIT 1"));
}

TEST_F(WarehouseOfAWorkspace, TellsReadingFromChangingByTheWords) {
  const auto changes = [&](const char* sql) {
    Statement statement;
    statement.sql = sql;
    return *warehouse_.would_change(statement, {});
  };
  EXPECT_FALSE(changes("-- DROP TABLE t\nSELECT 'DELETE', \"INSERT\" FROM `update` WHERE a = :merge"));
  EXPECT_FALSE(changes("DESCRIBE HISTORY t"));
  EXPECT_TRUE(changes("WITH a AS (SELECT '\\'') INSERT INTO t SELECT * FROM a"));
  EXPECT_TRUE(changes("OPTIMIZE t"));
  EXPECT_TRUE(changes("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"));
  EXPECT_THAT(transport_->seen(), IsEmpty());
}

TEST_F(WarehouseOfAWorkspace, SaysHowManyStatementsWereApplied) {
  transport_->then(answer_state("SUCCEEDED"))
      .then(answer_state("FAILED", {{"status", {{"state", "FAILED"}, {"error", {{"message", "[DELTA_X] no"}}}}}}));
  const Result<void> done = warehouse_.transact("prod", {"ALTER 1", "ALTER 2", "ALTER 3"}, {}, {});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("[DELTA_X]"));
  EXPECT_THAT(done.error().context,
              AllOf(Contains(HasSubstr("ALTER 2")), Contains(HasSubstr("1 of 3 statements had been applied")),
                    Contains(HasSubstr("1 was not sent"))));
  EXPECT_THAT(sent(), ElementsAre("ALTER 1", "ALTER 2"));
}

TEST_F(WarehouseOfAWorkspace, KeepsToItsBudget) {
  std::atomic<int> now{0}, most{0}, all{0};
  transport_->handle([&](const HttpRequest&, const Call&) {
    const int running = ++now;
    for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
    }
    std::this_thread::sleep_for(milliseconds(2));
    --now;
    ++all;
    return answer_state("SUCCEEDED", one_row());
  });
  {
    std::vector<std::jthread> threads;
    threads.reserve(16);
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 4; ++k) EXPECT_TRUE(warehouse_.run({"SELECT 1", {}, 1}, {}));
      });
  }
  EXPECT_EQ(all, 64);
  EXPECT_LE(most, 4);
}

// ---- The connection

struct Opened {
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  SecretSet secrets;
  std::map<std::string, std::string> variables;
  std::unique_ptr<Warehouses> warehouses;

  explicit Opened(const Json& settings) {
    ConnectionPlan plan;
    plan.name = "dr";
    plan.type = "databricks";
    plan.settings = settings;
    plan.directory = "/";
    WorkspaceServices services;
    services.secrets = &secrets;
    services.transport = transport;
    services.environment = [this](const std::string& name) { return variables[name]; };
    warehouses = plan_warehouses({plan}, services);
  }
};

TEST(WorkspaceConnection, IsOpenedWithItsFirstUse) {
  Opened opened({{"type", "databricks"}, {"host", "ws.example"}, {"warehouse_id", "w"}, {"token", "runbook-token"}});
  EXPECT_TRUE(opened.secrets.empty());
  const Result<Warehouse*> warehouse = opened.warehouses->get("dr");
  ASSERT_TRUE(warehouse) << warehouse.error().message;
  EXPECT_EQ(opened.secrets.redact("Bearer runbook-token"), "Bearer ***");
  EXPECT_EQ(*opened.warehouses->get("dr"), *warehouse) << "opened once";
  EXPECT_THAT(opened.transport->seen(), IsEmpty());
}

TEST(WorkspaceConnection, TellsWhatIsMissingWhenItIsUsed) {
  Opened opened({{"type", "databricks"}, {"host", "ws.example"}, {"warehouse_id", "w"}});
  const Result<Warehouse*> warehouse = opened.warehouses->get("dr");
  ASSERT_FALSE(warehouse);
  EXPECT_EQ(warehouse.error().code, "workspace-auth-missing");
  EXPECT_THAT(warehouse.error().context, Contains(HasSubstr("\"dr\"")));
}

TEST(WorkspaceConnection, RefusesASecretThatCannotBeHidden) {
  Opened opened({{"type", "databricks"}, {"host", "ws.example"}, {"warehouse_id", "w"}, {"token", "abc"}});
  EXPECT_EQ(opened.warehouses->get("dr").error().code, "workspace-secret-too-short");
}

TEST(WorkspaceConnection, MayBeDescribedByAStep) {
  Opened opened({{"type", "databricks"}, {"host", "ws.example"}, {"warehouse_id", "w"}, {"token", "runbook-token"}});
  const Json workspace{{"host", "https://other.example"}, {"warehouse_id", "x"},
                       {"token", "other-token"},          {"client_id", nullptr},
                       {"client_secret", nullptr},        {"keep_share", false}};
  const Result<Warehouse*> first = opened.warehouses->open_inline(workspace, "/");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*opened.warehouses->open_inline(workspace, "/"), *first);
  EXPECT_EQ((*first)->name(), "other.example");
  EXPECT_NE((*first)->identity(), (*opened.warehouses->get("dr"))->identity());
  EXPECT_EQ(opened.secrets.redact("other-token"), "***");
}

}  // namespace
}  // namespace lockstep::testing
