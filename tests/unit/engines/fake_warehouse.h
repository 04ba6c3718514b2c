// A Warehouse in memory, for tests of what stands on top of it: scripted tables and answers, and a record of what was
// sent. Keeps the contract of warehouse.h (a test holds it and the real ones against the same cases). Thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/duckdb/duckdb_dialect.h"
#include "engines/warehouse/names.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep::testing {

class FakeWarehouse : public Warehouse {
 public:
  using Answer = std::function<Result<Rows>(const Statement&)>;

  explicit FakeWarehouse(std::string name = "local", CatalogKind kind = CatalogKind::file)
      : FakeWarehouse(std::move(name), std::make_shared<const DuckDbDialect>(kind, "1.5.5")) {}
  // One that speaks another dialect.
  FakeWarehouse(std::string name, std::shared_ptr<const Dialect> dialect)
      : name_(std::move(name)), dialect_(std::move(dialect)) {}

  // ---- The script. Set up before the warehouse is used.

  // Makes the catalog known; `version` where the kind has versions.
  CatalogContents& add_catalog(const std::string& catalog, std::optional<std::string> version = std::nullopt) {
    return contents_[fold_name(catalog)] = {catalog, std::move(version), {}};
  }
  // Columns as {name, type}.
  Table& add_table(const std::string& catalog, const std::string& schema, const std::string& table,
                   const std::vector<std::pair<std::string, std::string>>& columns) {
    std::vector<Table>& tables = contents_.at(fold_name(catalog)).tables;
    Table added{{contents_.at(fold_name(catalog)).catalog, schema, table}, Table::Kind::table, {}};
    for (const auto& [column, type] : columns) {
      Column one;
      one.name = column;
      one.type = dialect_->parse_type(type);
      one.position = static_cast<int>(added.columns.size()) + 1;
      added.columns.edit().push_back(std::move(one));
    }
    auto place = std::upper_bound(tables.begin(), tables.end(), added, [](const Table& a, const Table& b) {
      return std::pair(a.name.schema, a.name.table) < std::pair(b.name.schema, b.name.table);
    });
    return *tables.insert(place, std::move(added));
  }
  // What it says that it leads to; its name unless told.
  void set_identity(std::string identity) { identity_ = std::move(identity); }
  void add_dependents(Dependents dependents) { dependents_.push_back(std::move(dependents)); }
  void answer(const std::string& sql, Rows rows) { answers_[sql] = std::move(rows); }
  // Asked for statements without an answer of their own.
  void answer_all(Answer answer) { otherwise_ = std::move(answer); }
  // Statements that contain the text fail with this error, in transactions as well.
  void fail(const std::string& text, Error error) { failures_.emplace_back(text, std::move(error)); }

  // ---- What was sent.
  [[nodiscard]] std::vector<std::string> sent() const {
    std::lock_guard lock(mutex_);
    return sent_;
  }
  // Statements of transactions that were committed.
  [[nodiscard]] std::vector<std::string> committed() const {
    std::lock_guard lock(mutex_);
    return committed_;
  }
  [[nodiscard]] std::vector<CommitStamp> stamps() const {
    std::lock_guard lock(mutex_);
    return stamps_;
  }

  // ---- Warehouse
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::string identity() const override { return identity_.empty() ? name_ : identity_; }

  Result<const Dialect*> open(std::string_view catalog, const Call& call) override {
    if (std::optional<Error> over = over_already(call)) return *over;
    if (contents_.contains(fold_name(catalog))) return dialect_.get();
    return Error("catalog-unknown"_code, "connection \"" + name_ + "\" has no catalog \"" + std::string(catalog) + "\"",
                 "name one that the test added");
  }

  Result<std::optional<std::string>> version(std::string_view catalog, const Call& call) override {
    if (Result<const Dialect*> opened = open(catalog, call); !opened) return std::move(opened).error();
    return contents_.at(fold_name(catalog)).version;
  }

  Result<Rows> run(const Statement& statement, const Call& call) override {
    if (std::optional<Error> over = over_already(call)) return *over;
    record(statement.sql);
    if (std::optional<Error> failure = failure_of(statement.sql)) return *failure;
    Result<Rows> rows = answer_to(statement);
    if (rows && rows->rows.size() > statement.max_rows) {
      rows->rows.resize(statement.max_rows);
      rows->truncated = true;
    }
    return rows;
  }

  // By its first word: good enough for statements that a test writes.
  Result<bool> would_change(const Statement& statement, const Call& call) override {
    if (std::optional<Error> over = over_already(call)) return *over;
    if (std::optional<Error> failure = failure_of(statement.sql)) return *failure;
    const std::string word = fold_name(statement.sql.substr(0, statement.sql.find_first_of(" \n(")));
    return word != "select" && word != "from" && word != "with" && word != "values";
  }

  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>& catalogs, const Call& call) override {
    std::vector<CatalogContents> all;
    for (const std::string& catalog : catalogs) {
      if (Result<const Dialect*> opened = open(catalog, call); !opened) return std::move(opened).error();
      all.push_back(contents_.at(fold_name(catalog)));
    }
    record("describe");
    return all;
  }

  // An engine whose statements cost a round trip is asked for tables alone.
  Result<std::vector<CatalogContents>> list_tables(const std::vector<std::string>& catalogs,
                                                   const Call& call) override {
    Result<std::vector<CatalogContents>> all = describe(catalogs, call);
    if (!all || !dialect_->capabilities().remote) return all;
    for (CatalogContents& contents : *all) {
      contents.columns_known = false;
      for (Table& table : contents.tables) table.columns = {};
    }
    return all;
  }

  Result<std::vector<Dependents>> dependents(std::string_view catalog, const std::vector<TableName>& tables,
                                             const Call& call) override {
    if (Result<const Dialect*> opened = open(catalog, call); !opened) return std::move(opened).error();
    record("dependents");
    std::vector<Dependents> all;
    for (const TableName& table : tables) {
      Dependents of{table, {}, {}, {}, {}, {}};
      for (const Dependents& known : dependents_)
        if (fold_name(known.table.full()) == fold_name(table.full())) of = known;
      all.push_back(std::move(of));
    }
    return all;
  }

  Result<void> transact(std::string_view catalog, const std::vector<std::string>& statements, const CommitStamp& stamp,
                        const Call& call) override {
    if (Result<const Dialect*> opened = open(catalog, call); !opened) return std::move(opened).error();
    for (const std::string& sql : statements) {
      record(sql);
      if (std::optional<Error> failure = failure_of(sql))
        return std::move(*failure).with_context("in the statement " + sql);
    }
    std::lock_guard lock(mutex_);
    committed_.insert(committed_.end(), statements.begin(), statements.end());
    stamps_.push_back(stamp);
    return {};
  }

  [[nodiscard]] std::uint64_t statements_sent() const override { return sent().size(); }

 private:
  static std::optional<Error> over_already(const Call& call) {
    if (call.stopped()) return Error("cancelled"_code, "the statement was interrupted", "run again");
    if (call.expired()) return Error("timeout"_code, "the statement was interrupted: timeout", "give it more time");
    return std::nullopt;
  }
  void record(const std::string& sql) {
    std::lock_guard lock(mutex_);
    sent_.push_back(sql);
  }
  [[nodiscard]] std::optional<Error> failure_of(const std::string& sql) const {
    for (const auto& [text, error] : failures_)
      if (sql.find(text) != std::string::npos) return error;
    return std::nullopt;
  }
  [[nodiscard]] Result<Rows> answer_to(const Statement& statement) const {
    if (auto known = answers_.find(statement.sql); known != answers_.end()) return known->second;
    if (otherwise_) return otherwise_(statement);
    return Error("sql-failed"_code, "the test has no answer to: " + statement.sql, "give it one");
  }

  std::string name_;
  std::string identity_;
  std::shared_ptr<const Dialect> dialect_;
  std::map<std::string, CatalogContents> contents_;  // by lower-case name
  std::vector<Dependents> dependents_;
  std::map<std::string, Rows> answers_;
  Answer otherwise_;
  std::vector<std::pair<std::string, Error>> failures_;
  mutable std::mutex mutex_;
  std::vector<std::string> sent_;
  std::vector<std::string> committed_;
  std::vector<CommitStamp> stamps_;
};

// The connections of a test.
class FakeWarehouses : public Warehouses {
 public:
  explicit FakeWarehouses(Warehouse& warehouse) : warehouses_{&warehouse} {}
  FakeWarehouses(Warehouse& one, Warehouse& other) : warehouses_{&one, &other} {}
  Result<Warehouse*> get(std::string_view connection) override {
    for (Warehouse* warehouse : warehouses_)
      if (connection == warehouse->name()) return warehouse;
    return Error("connection-unknown"_code, "there is no connection \"" + std::string(connection) + "\"",
                 "name one that the test has");
  }

 private:
  std::vector<Warehouse*> warehouses_;
};

}  // namespace lockstep::testing
