// Real catalogs of one kind in a temporary folder, for the tests of the embedded engine.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/connections.h"

namespace lockstep::testing {

enum class Kind { file, lake };

inline std::string kind_name(const ::testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::file ? "File" : "Lake";
}

// Removed with all it holds at the end.
class Folder {
 public:
  Folder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("lockstep-warehouse-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline ConnectionPlan plan_of(const Folder& folder, const Json& catalogs, std::vector<std::string> writable = {},
                              std::string name = "local") {
  ConnectionPlan plan;
  plan.name = std::move(name);
  plan.type = "duckdb";
  plan.directory = folder.path();
  plan.settings = {{"type", "duckdb"}, {"catalogs", catalogs}};
  plan.writable.insert(writable.begin(), writable.end());
  return plan;
}

inline Json catalog_of(Kind kind, const std::string& name) {
  if (kind == Kind::file) return name + ".duckdb";
  return {{"path", "ducklake:" + name + ".ducklake"}, {"data_path", name + "-data"}};
}

// One connection "local" with one writable catalog "c" of the kind.
class Lab {
 public:
  explicit Lab(Kind kind, const Json& settings = Json::object()) {
    ConnectionPlan plan = plan_of(folder_, {{"c", catalog_of(kind, "c")}}, {"c"});
    plan.settings.update(settings);
    warehouses_ = plan_warehouses({plan});
    Result<Warehouse*> got = warehouses_->get("local");
    if (!got) throw std::runtime_error(got.error().message);
    warehouse_ = *got;
    Result<const Dialect*> opened = warehouse_->open("c", {});
    if (!opened) throw std::runtime_error(opened.error().message);
    dialect_ = *opened;
  }

  [[nodiscard]] Warehouse& warehouse() { return *warehouse_; }
  [[nodiscard]] const Dialect& dialect() const { return *dialect_; }
  [[nodiscard]] const Folder& folder() const { return folder_; }

  Result<Rows> try_sql(const std::string& text, std::uint64_t max_rows = 100'000) {
    return warehouse_->run({text, {}, max_rows}, {});
  }
  Rows sql(const std::string& text) {
    Result<Rows> rows = try_sql(text);
    if (!rows) throw std::runtime_error(text + ": " + rows.error().message);
    return *std::move(rows);
  }
  Json cell(const std::string& text) { return sql(text).rows.at(0).at(0); }
  // The engine's error code, "" when it succeeds.
  std::string code(const std::string& text) {
    Result<Rows> rows = try_sql(text);
    return rows ? std::string() : rows.error().code;
  }
  Result<void> transact(const std::vector<std::string>& statements) {
    return warehouse_->transact("c", statements, {"lockstep", "run 1 step x", {{"run_id", "1"}}}, {});
  }
  // data_type of a column, as the engine prints it.
  std::string type_of(const std::string& table, const std::string& column) {
    Result<Rows> rows = warehouse_->run({"SELECT data_type FROM duckdb_columns() WHERE database_name = 'c' AND "
                                         "table_name = $table AND column_name = $column",
                                         {{"table", table}, {"column", column}}},
                                        {});
    if (!rows) throw std::runtime_error(rows.error().message);
    return rows->rows.empty() ? "" : rows->rows[0][0].get<std::string>();
  }

 private:
  Folder folder_;
  std::unique_ptr<Warehouses> warehouses_;
  Warehouse* warehouse_ = nullptr;
  const Dialect* dialect_ = nullptr;
};

}  // namespace lockstep::testing
