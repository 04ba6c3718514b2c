// A connection of type databricks: a SQL warehouse of a workspace. Any catalog that the signed-in principal sees.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engines/warehouse/databricks/databricks_dialect.h"
#include "engines/warehouse/databricks/unity_contents.h"
#include "engines/warehouse/in_flight.h"
#include "engines/warehouse/warehouse.h"
#include "engines/workspace/statements.h"
#include "engines/workspace/workspace.h"

namespace lockstep {

class DatabricksWarehouse final : public Warehouse {
 public:
  // At most `max_in_flight` statements run at once. Nothing is sent yet.
  DatabricksWarehouse(std::string name, std::unique_ptr<Workspace> workspace, std::size_t max_in_flight,
                      StatementPace pace = {});

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::string identity() const override;
  [[nodiscard]] Workspace& workspace() { return *workspace_; }

  // Sends nothing: a catalog that is not there is told by the first statement that names it.
  Result<const Dialect*> open(std::string_view catalog, const Call& call) override;
  // Absent: versions are those of tables here.
  Result<std::optional<std::string>> version(std::string_view catalog, const Call& call) override;
  Result<std::optional<std::string>> table_version(const TableName& table, const Call& call) override;
  Result<Rows> run(const Statement& statement, const Call& call) override;
  // By its words; sends nothing.
  Result<bool> would_change(const Statement& statement, const Call& call) override;
  // One statement for all catalogs together.
  Result<std::vector<CatalogContents>> describe(const std::vector<std::string>& catalogs, const Call& call) override;
  // One statement as well, which leaves information_schema.columns alone, the large one.
  Result<std::vector<CatalogContents>> list_tables(const std::vector<std::string>& catalogs, const Call& call) override;
  Result<CatalogContents> describe_tables(const std::string& catalog, const std::vector<TableName>& tables,
                                          const Call& call) override;
  // One statement for the catalog, and one (DESCRIBE DETAIL) for each table, those at once; one more
  // (SHOW CREATE TABLE) for a table that may have generated columns. A table whose detail cannot be read has
  // properties_known = false.
  Result<std::vector<Dependents>> dependents(std::string_view catalog, const std::vector<TableName>& tables,
                                             const Call& call) override;
  // One by one, as there are no transactions: after an error, its context says how many were applied.
  Result<void> transact(std::string_view catalog, const std::vector<std::string>& statements, const CommitStamp& stamp,
                        const Call& call) override;
  [[nodiscard]] std::uint64_t statements_sent() const override { return sent_.load(); }

 private:
  Result<std::vector<CatalogContents>> read_contents(const std::vector<std::string>& catalogs,
                                                     const std::vector<TableName>& tables, const Call& call);
  Result<Rows> ask_information_schema(const std::vector<std::string>& catalogs, std::string sql, const Call& call);
  Result<Rows> ask(std::string sql, const Call& call);

  const std::string name_;
  const std::unique_ptr<Workspace> workspace_;
  const std::size_t max_in_flight_;
  StatementClient statements_;
  DatabricksDialect dialect_;
  ColumnsMemo columns_read_;
  InFlight in_flight_;
  std::atomic<std::uint64_t> sent_{0};
};

}  // namespace lockstep
