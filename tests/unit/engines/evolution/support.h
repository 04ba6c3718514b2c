// Shared by the tests of this folder: tables from short notation, a context to run steps in, a warehouse to script.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engines/step.h"
#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "engines/warehouse/duckdb/duckdb_dialect.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

// The dialects of a DuckDB file and of a DuckLake.
inline const Dialect& file_dialect() {
  static const DuckDbDialect dialect(CatalogKind::file, "1.5.5");
  return dialect;
}
inline const Dialect& lake_dialect() {
  static const DuckDbDialect dialect(CatalogKind::lake, "1.5.5");
  return dialect;
}

inline DataType file_type(std::string_view text) {
  return file_dialect().parse_type(text);
}

inline Column make_column(std::string name, std::string_view type, int position = 1) {
  return Column{std::move(name), file_type(type), true, std::nullopt, {}, false, position};
}

// `name`: "schema.table"; columns as {name, type}.
inline Table make_table(std::string catalog, const std::string& name,
                        const std::vector<std::pair<std::string, std::string>>& columns) {
  const std::size_t dot = name.find('.');
  Table table{{std::move(catalog), name.substr(0, dot), name.substr(dot + 1)}, Table::Kind::table, {}};
  for (const auto& [column, type] : columns)
    table.columns.edit().push_back(make_column(column, type, static_cast<int>(table.columns.size()) + 1));
  return table;
}

// Answers every call with an error; a test overrides what its subject needs.
class ScriptedWarehouse : public Warehouse {
 public:
  const std::string& name() const override { return name_; }
  Result<const Dialect*> open(std::string_view, const Call&) override { return unexpected(); }
  Result<std::optional<std::string>> version(std::string_view, const Call&) override { return unexpected(); }
  Result<Rows> run(const Statement&, const Call&) override { return unexpected(); }
  Result<bool> would_change(const Statement&, const Call&) override { return unexpected(); }
  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>&, const Call&) override {
    return unexpected();
  }
  Result<std::vector<Dependents>> dependents(std::string_view, const std::vector<TableName>&, const Call&) override {
    return unexpected();
  }
  Result<void> transact(std::string_view, const std::vector<std::string>&, const CommitStamp&, const Call&) override {
    return unexpected();
  }
  std::uint64_t statements_sent() const override { return 0; }

 protected:
  static Error unexpected() { return Error("unexpected-call"_code, "the test did not expect this call", "none"); }

 private:
  std::string name_ = "c";
};

class RecordingLog : public ActionLog {
 public:
  Result<void> started(const Action& action) override {
    const std::lock_guard lock(mutex_);
    if (fail_at != 0 && started_texts.size() + 1 == fail_at) return Error("journal-broken"_code, "disk full", "none");
    started_texts.push_back(action.text);
    return {};
  }
  Result<void> started_together(const std::vector<const Action*>& actions) override {
    together.push_back(actions.size());
    Result<void> recorded = ActionLog::started_together(actions);
    if (when_together) when_together();
    return recorded;
  }
  Result<void> finished(const Action&, const std::optional<Error>& error) override {
    const std::lock_guard lock(mutex_);
    ++finished_count;
    failed_count += error ? 1U : 0U;
    return {};
  }
  std::vector<std::string> started_texts;
  std::vector<std::size_t> together;    // how many at once, each time
  std::function<void()> when_together;  // called after they were recorded
  std::size_t finished_count = 0;
  std::size_t failed_count = 0;
  std::size_t fail_at = 0;  // 0: never

 private:
  std::mutex mutex_;
};

class SingleWarehouse : public Warehouses {
 public:
  explicit SingleWarehouse(Warehouse* warehouse) : warehouse_(warehouse) {}
  Result<Warehouse*> get(std::string_view) override {
    if (warehouse_ == nullptr) return Error("connection-unknown"_code, "no connection", "none");
    return warehouse_;
  }

 private:
  Warehouse* warehouse_;
};

struct TestContext {
  explicit TestContext(Warehouse* warehouse = nullptr) : warehouses(warehouse) {}
  SingleWarehouse warehouses;
  RecordingLog log;
  SecretSet secrets;
  std::stop_source stop;
  StepContext context{warehouses, "c", "/", {"run-1", "step-1", 1}, {stop.get_token(), std::nullopt}, log,
                      secrets,    {},  {}};
};

}  // namespace lockstep
