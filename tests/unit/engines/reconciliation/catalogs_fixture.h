// Real catalogs in a temporary folder, for tests of steps that read and compare.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engines/step.h"
#include "engines/warehouse/connections.h"

namespace lockstep::testing {

// Passes everything on; statements that contain one of `poison` fail, as a broken table would.
class PoisonedWarehouse : public Warehouse {
 public:
  explicit PoisonedWarehouse(Warehouse& inner) : inner_(inner) {}
  const std::string& name() const override { return inner_.name(); }
  Result<const Dialect*> open(std::string_view catalog, const Call& call) override {
    return inner_.open(catalog, call);
  }
  Result<std::optional<std::string>> version(std::string_view catalog, const Call& call) override {
    return inner_.version(catalog, call);
  }
  Result<Rows> run(const Statement& statement, const Call& call) override {
    for (const std::string& text : poison)
      if (statement.sql.find(text) != std::string::npos)
        return Error("sql-failed"_code, "the file of " + text + " is damaged", "restore it");
    return inner_.run(statement, call);
  }
  Result<bool> would_change(const Statement& statement, const Call& call) override {
    return inner_.would_change(statement, call);
  }
  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>& catalogs, const Call& call) override {
    return inner_.describe(catalogs, call);
  }
  Result<std::vector<Dependents>> dependents(std::string_view catalog, const std::vector<TableName>& tables,
                                             const Call& call) override {
    return inner_.dependents(catalog, tables, call);
  }
  Result<void> transact(std::string_view catalog, const std::vector<std::string>& statements, const CommitStamp& stamp,
                        const Call& call) override {
    return inner_.transact(catalog, statements, stamp, call);
  }
  std::uint64_t statements_sent() const override { return inner_.statements_sent(); }

  std::vector<std::string> poison;

 private:
  Warehouse& inner_;
};

class OneWarehouse : public Warehouses {
 public:
  explicit OneWarehouse(Warehouse& warehouse) : warehouse_(warehouse) {}
  Result<Warehouse*> get(std::string_view connection) override {
    if (connection == warehouse_.name()) return &warehouse_;
    return Error("connection-unknown"_code, "no connection \"" + std::string(connection) + "\"",
                 "name one that exists");
  }

 private:
  Warehouse& warehouse_;
};

class SilentLog : public ActionLog {
 public:
  Result<void> started(const Action&) override { return {}; }
  Result<void> finished(const Action&, const std::optional<Error>&) override { return {}; }
};

// One connection "local" with catalogs as given, e.g. {"prod", "prod.duckdb"} or {"prod", "ducklake:prod.ducklake"}.
class Catalogs {
 public:
  explicit Catalogs(const std::vector<std::pair<std::string, std::string>>& catalogs) {
    static std::atomic<int> number{0};
    folder_ = std::filesystem::temp_directory_path() /
              ("lockstep-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::filesystem::create_directories(folder_);
    ConnectionPlan plan;
    plan.name = "local";
    plan.type = "duckdb";
    plan.directory = folder_.string();
    plan.settings = {{"type", "duckdb"}, {"catalogs", Json::object()}};
    for (const auto& [name, location] : catalogs) {
      if (location.starts_with("ducklake:"))
        plan.settings["catalogs"][name] = {{"path", location}, {"data_path", name + "-data/"}};
      else
        plan.settings["catalogs"][name] = location;
      plan.writable.insert(name);
    }
    warehouses_ = plan_warehouses({plan});
    real_ = *warehouses_->get("local");
    for (const auto& [name, location] : catalogs) {
      Result<const Dialect*> opened = real_->open(name, {});
      if (!opened) throw std::runtime_error(opened.error().message);
    }
    poisoned_ = std::make_unique<PoisonedWarehouse>(*real_);
    one_ = std::make_unique<OneWarehouse>(*poisoned_);
  }
  ~Catalogs() {
    warehouses_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Catalogs(const Catalogs&) = delete;
  Catalogs& operator=(const Catalogs&) = delete;

  Rows sql(const std::string& text) {
    Statement statement;
    statement.sql = text;
    Result<Rows> rows = real_->run(statement, {});
    if (!rows) throw std::runtime_error(text + ": " + rows.error().message);
    return std::move(rows).value();
  }
  Warehouse& warehouse() { return *real_; }
  PoisonedWarehouse& poisoned() { return *poisoned_; }

  StepContext context(Call call = {}) {
    return StepContext{*one_, "local", folder_.string(), {"run", "step", 1}, std::move(call), log_, secrets_, {}, {}};
  }
  const std::string directory() const { return folder_.string(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Warehouses> warehouses_;
  Warehouse* real_ = nullptr;
  std::unique_ptr<PoisonedWarehouse> poisoned_;
  std::unique_ptr<OneWarehouse> one_;
  SilentLog log_;
  SecretSet secrets_;
};

}  // namespace lockstep::testing
