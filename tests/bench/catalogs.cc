// Makes the catalogs that bench.py measures on, and times the naive digest that reconciliation is held against.
//   bench_catalogs tables FOLDER file|lake     two catalogs of 1,000 tables x 20 columns, 100 of them drifted
//   bench_catalogs rows FOLDER ROWS            two DuckDB files with one table of ROWS x 10 columns
//   bench_catalogs naive FOLDER                count(*) and sum(hash(...)) of both; prints the seconds
//   bench_catalogs statements FOLDER file|lake statements sent by describe(); prints the number
#include <fmt/format.h>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "engines/warehouse/connections.h"

namespace {

using namespace lockstep;

constexpr int kTables = 1000;
constexpr int kColumns = 20;

template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
  }
  return std::move(result).value();
}

void must(Result<void> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
  }
}

Json catalog(const std::string& kind, const std::string& name) {
  if (kind == "file") return name + ".duckdb";
  return {{"path", "ducklake:" + name + ".ducklake"}, {"data_path", name + "-data"}};
}

std::unique_ptr<Warehouses> open(const std::string& folder, const std::string& kind) {
  ConnectionPlan plan;
  plan.name = "local";
  plan.type = "duckdb";
  plan.directory = folder;
  plan.settings = {{"type", "duckdb"},
                   {"catalogs", {{"prod", catalog(kind, "prod")}, {"staging", catalog(kind, "staging")}}}};
  plan.writable = {"prod", "staging"};
  return plan_warehouses({plan});
}

std::string create_table(const std::string& name, int table, bool clone) {
  static const char* kTypes[] = {"BIGINT", "VARCHAR", "DECIMAL(12,2)", "TIMESTAMP", "DOUBLE"};
  bool drifted = clone && table % 10 == 0;
  std::string sql = fmt::format("CREATE TABLE {}.main.t{:04} (", name, table);
  for (int column = 0; column < (drifted ? kColumns - 1 : kColumns); ++column)
    sql += fmt::format("{}c{} {}", column == 0 ? "" : ", ", column,
                       drifted && column == 0 ? "INTEGER" : kTypes[column % 5]);
  return sql + ")";
}

int make_tables(const std::string& folder, const std::string& kind) {
  std::filesystem::create_directories(folder);
  std::unique_ptr<Warehouses> warehouses = open(folder, kind);
  Warehouse* warehouse = must(warehouses->get("local"));
  for (bool clone : {false, true}) {
    std::string name = clone ? "staging" : "prod";
    must(warehouse->open(name, {}));
    std::vector<std::string> statements;
    for (int table = 0; table < kTables; ++table) statements.push_back(create_table(name, table, clone));
    must(warehouse->transact(name, statements, {}, {}));
  }
  return 0;
}

int make_rows(const std::string& folder, const std::string& rows) {
  std::filesystem::create_directories(folder);
  std::unique_ptr<Warehouses> warehouses = open(folder, "file");
  Warehouse* warehouse = must(warehouses->get("local"));
  for (std::string name : {"prod", "staging"}) {
    must(warehouse->open(name, {}));
    must(warehouse->transact(
        name,
        {fmt::format(
            "CREATE TABLE {}.main.events AS SELECT range AS id, range % 1000 AS account, 'user ' || (range % 5000) AS "
            "name, (range * 7 % 100000)::DECIMAL(12,2) AS amount, range / 3.0 AS score, (range % 2 = 0) AS active, "
            "DATE '2020-01-01' + (range % 2000)::INTEGER AS day, TIMESTAMP '2020-01-01' + INTERVAL (range) SECOND AS "
            "moment, "
            "(range % 97)::SMALLINT AS bucket, CASE WHEN range % 11 = 0 THEN NULL ELSE 'note ' || (range % 313) END AS "
            "note "
            "FROM range({})",
            name, rows)},
        {}, {}));
  }
  return 0;
}

int naive(const std::string& folder) {
  std::unique_ptr<Warehouses> warehouses = open(folder, "file");
  Warehouse* warehouse = must(warehouses->get("local"));
  for (const char* name : {"prod", "staging"}) must(warehouse->open(name, {}));
  auto began = std::chrono::steady_clock::now();
  for (const char* name : {"prod", "staging"})
    must(warehouse->run(
        {fmt::format("SELECT count(*), sum(hash(id, account, name, amount, score, active, day, moment, bucket, "
                     "note)) FROM {}.main.events",
                     name),
         {},
         10},
        {}));
  fmt::print("{:.4f}\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return 0;
}

int statements(const std::string& folder, const std::string& kind) {
  std::unique_ptr<Warehouses> warehouses = open(folder, kind);
  Warehouse* warehouse = must(warehouses->get("local"));
  for (const char* name : {"prod", "staging"}) must(warehouse->open(name, {}));
  std::uint64_t before = warehouse->statements_sent();
  must(warehouse->describe({"prod", "staging"}, {}));
  fmt::print("{}\n", warehouse->statements_sent() - before);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "tables") return make_tables(words[1], words[2]);
  if (words.size() == 3 && words[0] == "rows") return make_rows(words[1], words[2]);
  if (words.size() == 2 && words[0] == "naive") return naive(words[1]);
  if (words.size() == 3 && words[0] == "statements") return statements(words[1], words[2]);
  fmt::print(
      stderr,
      "usage: bench_catalogs tables FOLDER file|lake | rows FOLDER N | naive FOLDER | statements FOLDER file|lake\n");
  return 2;
}
