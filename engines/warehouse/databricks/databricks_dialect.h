// The dialect of Delta tables in Unity Catalog, on a Databricks SQL warehouse or any Spark with Delta Lake.
// Sources: docs.databricks.com (ALTER TABLE ... COLUMN), Spark's SqlBaseParser.g4, Delta's PROTOCOL.md and error
// classes. There are no transactions: every statement is a commit of its own. Stateless, thread-safe.
#pragma once

#include "engines/warehouse/dialect.h"

namespace lockstep {

class DatabricksDialect final : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return "databricks"; }
  [[nodiscard]] const Capabilities& capabilities() const override;

  [[nodiscard]] std::string quote(std::string_view identifier) const override;
  [[nodiscard]] std::string literal(std::string_view text) const override;
  [[nodiscard]] std::string qualified(const TableName& table) const override;
  [[nodiscard]] std::string from(const TableName& table, const std::optional<std::string>& version) const override;

  [[nodiscard]] DataType parse_type(std::string_view text) const override;
  [[nodiscard]] std::string print_type(const DataType& type) const override;
  [[nodiscard]] std::string as_text(std::string_view expression) const override;
  [[nodiscard]] std::string unsupported_type(const DataType& type) const override;
  [[nodiscard]] TypeChange type_change(const DataType& from, const DataType& to) const override;

  // The default, when one is given, is ignored: Delta takes none here (Capabilities::add_with_default).
  [[nodiscard]] std::string add_column(const TableName& table, const ColumnPath& path, const DataType& type,
                                       const std::optional<std::string>& default_expression) const override;
  [[nodiscard]] std::string add_columns(const TableName& table,
                                        const std::vector<ColumnAddition>& additions) const override;
  [[nodiscard]] std::string drop_column(const TableName& table, const ColumnPath& path) const override;
  [[nodiscard]] std::string rename_column(const TableName& table, const ColumnPath& path,
                                          std::string_view new_name) const override;
  [[nodiscard]] std::string change_type(const TableName& table, std::string_view column,
                                        const DataType& type) const override;
  [[nodiscard]] std::string change_leaf_type(const TableName& table, const ColumnPath& path,
                                             const DataType& type) const override;
  [[nodiscard]] std::string set_nullable(const TableName& table, std::string_view column, bool nullable) const override;
  [[nodiscard]] std::string set_default(const TableName& table, std::string_view column,
                                        const std::optional<std::string>& expression) const override;
  [[nodiscard]] std::string fill_column(const TableName& table, std::string_view column, const DataType& type,
                                        std::string_view expression) const override;
  [[nodiscard]] std::string set_comment(const TableName& table, std::string_view column,
                                        std::string_view comment) const override;

  [[nodiscard]] std::vector<TableFeature> features_for_type_change(const DataType& from,
                                                                   const DataType& to) const override;
  [[nodiscard]] std::vector<TableFeature> features_for_addition(const ColumnPath& path,
                                                                const DataType& type) const override;
  [[nodiscard]] bool has_feature(const Dependents& dependents, TableFeature feature) const override;
  [[nodiscard]] std::string enable_feature(const TableName& table, TableFeature feature) const override;

  [[nodiscard]] std::string digest_name() const override;
  [[nodiscard]] Result<DataType> common_type(const DataType& a, const DataType& b) const override;
  [[nodiscard]] std::string not_digestible(const DataType& type) const override;
  [[nodiscard]] std::string digest_query(const TableName& table, const std::optional<std::string>& version,
                                         const std::vector<DigestColumn>& columns) const override;
  [[nodiscard]] std::string metastore_query() const override { return "SELECT current_metastore()"; }
  [[nodiscard]] std::string clone_xs_name() const override;
  [[nodiscard]] std::string clone_xs_leaves_out(const DataType& type) const override;
  [[nodiscard]] std::string clone_xs_query(const TableName& table, const std::optional<std::string>& version,
                                           const std::vector<std::string>& columns) const override;

 private:
  [[nodiscard]] std::string path_text(const ColumnPath& path) const;
  [[nodiscard]] std::string alter(const TableName& table) const;
  [[nodiscard]] std::string alter_column(const TableName& table, std::string_view column) const;
};

}  // namespace lockstep
