// The two dialects of the embedded engine: DuckDB files and DuckLakes. What each can do was executed on DuckDB 1.5.5.
#pragma once

#include "engines/warehouse/dialect.h"
#include "engines/warehouse/duckdb/widening.h"

namespace lockstep {

class DuckDbDialect final : public Dialect {
 public:
  // `engine_version` without the leading v: "1.5.5"; part of the digest's name.
  DuckDbDialect(CatalogKind kind, std::string engine_version);

  [[nodiscard]] std::string_view name() const override;
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] std::string quote(std::string_view identifier) const override;
  [[nodiscard]] std::string literal(std::string_view text) const override;
  [[nodiscard]] std::string qualified(const TableName& table) const override;
  [[nodiscard]] std::string from(const TableName& table, const std::optional<std::string>& version) const override;
  [[nodiscard]] DataType parse_type(std::string_view text) const override;
  [[nodiscard]] std::string print_type(const DataType& type) const override;
  [[nodiscard]] std::string unsupported_type(const DataType& type) const override;
  [[nodiscard]] TypeChange type_change(const DataType& from, const DataType& to) const override;
  [[nodiscard]] std::string add_column(const TableName& table, const ColumnPath& path, const DataType& type,
                                       const std::optional<std::string>& default_expression) const override;
  [[nodiscard]] std::string drop_column(const TableName& table, const ColumnPath& path) const override;
  [[nodiscard]] std::string rename_column(const TableName& table, const ColumnPath& path,
                                          std::string_view new_name) const override;
  [[nodiscard]] std::string change_type(const TableName& table, std::string_view column,
                                        const DataType& type) const override;
  [[nodiscard]] std::string set_nullable(const TableName& table, std::string_view column, bool nullable) const override;
  [[nodiscard]] std::string set_default(const TableName& table, std::string_view column,
                                        const std::optional<std::string>& expression) const override;
  [[nodiscard]] std::string fill_column(const TableName& table, std::string_view column, const DataType& type,
                                        std::string_view expression) const override;
  [[nodiscard]] std::string set_comment(const TableName& table, std::string_view column,
                                        std::string_view comment) const override;
  [[nodiscard]] std::string digest_name() const override;
  [[nodiscard]] Result<DataType> common_type(const DataType& a, const DataType& b) const override;
  [[nodiscard]] std::string not_digestible(const DataType& type) const override;
  [[nodiscard]] std::string digest_query(const TableName& table, const std::optional<std::string>& version,
                                         const std::vector<DigestColumn>& columns) const override;

 private:
  [[nodiscard]] std::string path_text(const ColumnPath& path) const;
  [[nodiscard]] std::string alter(const TableName& table) const;

  CatalogKind kind_;
  std::string engine_version_;
  Capabilities capabilities_;
};

}  // namespace lockstep
