// A connection of type duckdb: the catalogs under its `catalogs:`, on the run's one DuckDB instance.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/warehouse/duckdb/catalog_source.h"
#include "engines/warehouse/duckdb/instance.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

class DuckDbWarehouse final : public Warehouse {
 public:
  // `instance` outlives the warehouse. At most `max_in_flight` statements run at once.
  DuckDbWarehouse(std::string name, DuckDbInstance& instance, std::map<std::string, CatalogSource> sources,
                  std::size_t max_in_flight);

  [[nodiscard]] const std::string& name() const override { return name_; }
  Result<const Dialect*> open(std::string_view catalog, const Call& call) override;
  Result<std::optional<std::string>> version(std::string_view catalog, const Call& call) override;
  // Catalogs that the statement names are attached first.
  Result<Rows> run(const Statement& statement, const Call& call) override;
  Result<bool> would_change(const Statement& statement, const Call& call) override;
  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>& catalogs, const Call& call) override;
  Result<std::vector<Dependents>> dependents(std::string_view catalog, const std::vector<TableName>& tables,
                                             const Call& call) override;
  Result<void> transact(std::string_view catalog, const std::vector<std::string>& statements, const CommitStamp& stamp,
                        const Call& call) override;
  [[nodiscard]] std::uint64_t statements_sent() const override { return sent_.load(); }

 private:
  class Lease;  // a session out of the pool, and a place in the in-flight budget

  Result<std::unique_ptr<Lease>> lease(const Call& call);
  Result<const CatalogSource*> source(std::string_view catalog) const;
  [[nodiscard]] Result<void> check_read_only(std::string_view sql) const;
  [[nodiscard]] Result<void> check_marked_read_only(std::string_view sql) const;
  [[nodiscard]] Error explained(Error error) const;
  [[nodiscard]] Error read_only(const CatalogSource& source) const;
  Result<void> open_mentioned(std::string_view sql, const Call& call);
  Result<Rows> send(DuckDbSession& session, const Statement& statement, const Call& call);

  std::string name_;
  DuckDbInstance& instance_;
  std::map<std::string, CatalogSource> sources_;
  std::atomic<std::uint64_t> sent_{0};
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<std::unique_ptr<DuckDbSession>> idle_;
  std::size_t free_places_;
};

}  // namespace lockstep
