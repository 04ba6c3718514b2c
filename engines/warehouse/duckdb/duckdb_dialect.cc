#include "engines/warehouse/duckdb/duckdb_dialect.h"

#include <utility>

#include "engines/warehouse/duckdb/digest_expression.h"
#include "engines/warehouse/duckdb/integer_types.h"
#include "engines/warehouse/duckdb/type_text.h"

namespace lockstep {

namespace {

Capabilities capabilities_of(CatalogKind kind) {
  Capabilities can;
  can.transactions = true;
  can.nested_add = true;
  can.nested_drop = true;
  if (kind == CatalogKind::file) {
    can.constraints = true;
    can.indexes = true;
    can.generated_columns = true;
  } else {
    can.versions = true;
    can.commit_message = true;
    can.cheap_commits = false;
    can.default_expressions = false;
    can.not_null_from_statistics = true;
  }
  return can;
}

}  // namespace

DuckDbDialect::DuckDbDialect(CatalogKind kind, std::string engine_version)
    : kind_(kind), engine_version_(std::move(engine_version)), capabilities_(capabilities_of(kind)) {}

std::string_view DuckDbDialect::name() const {
  return kind_ == CatalogKind::file ? "duckdb" : "ducklake";
}
std::string DuckDbDialect::quote(std::string_view identifier) const {
  return quote_duckdb_identifier(identifier);
}
std::string DuckDbDialect::literal(std::string_view text) const {
  return quote_duckdb_literal(text);
}

std::string DuckDbDialect::qualified(const TableName& table) const {
  return quote(table.catalog) + "." + quote(table.schema) + "." + quote(table.table);
}

std::string DuckDbDialect::from(const TableName& table, const std::optional<std::string>& version) const {
  // A version is a snapshot's number; anything else never gets into a statement.
  bool numeric = version && !version->empty() && version->find_first_not_of("0123456789") == std::string::npos;
  if (kind_ == CatalogKind::file || !numeric) return qualified(table);
  return qualified(table) + " AT (VERSION => " + *version + ")";
}

DataType DuckDbDialect::parse_type(std::string_view text) const {
  return parse_duckdb_type(text);
}
std::string DuckDbDialect::print_type(const DataType& type) const {
  return print_duckdb_type(type);
}

std::string DuckDbDialect::unsupported_type(const DataType& type) const {
  for (const TypeField& field : type.fields)
    if (std::string reason = unsupported_type(field.type); !reason.empty()) return reason;
  if (kind_ == CatalogKind::file) {
    // "VARIANT columns are not supported in storage versions prior to v1.5.0": the version files are made with is
    // older.
    if (type.kind == DataType::Kind::scalar && type.name == "VARIANT")
      return "a DuckDB file has no VARIANT columns, unless it was made with a newer storage version";
    return {};
  }
  switch (type.kind) {
    case DataType::Kind::enumeration:
      return "a DuckLake has no ENUM columns";
    case DataType::Kind::array:
      return "a DuckLake has no arrays of fixed length";
    case DataType::Kind::unknown:
      return "a DuckLake has no columns of type " + type.text;
    case DataType::Kind::scalar:
      if (type.name == "BIT") return "a DuckLake has no BIT columns";
      if (const IntegerType* integer = find_integer_type(type); integer != nullptr && integer->bits == 128)
        return "a DuckLake's Parquet files keep " + type.name +
               " as DOUBLE, which loses digits (a DECIMAL(38,0) keeps up to 38 of them)";
      return {};
    default:
      return {};
  }
}

TypeChange DuckDbDialect::type_change(const DataType& from, const DataType& to) const {
  return duckdb_type_change(kind_, from, to);
}

std::string DuckDbDialect::path_text(const ColumnPath& path) const {
  std::string text;
  for (const std::string& part : path) text += (text.empty() ? "" : ".") + quote(part);
  return text;
}

std::string DuckDbDialect::alter(const TableName& table) const {
  return "ALTER TABLE " + qualified(table);
}

std::string DuckDbDialect::add_column(const TableName& table, const ColumnPath& path, const DataType& type,
                                      const std::optional<std::string>& default_expression) const {
  std::string sql = alter(table) + " ADD COLUMN " + path_text(path) + " " + print_type(type);
  if (default_expression) sql += " DEFAULT " + *default_expression;
  return sql;
}

std::string DuckDbDialect::drop_column(const TableName& table, const ColumnPath& path) const {
  return alter(table) + " DROP COLUMN " + path_text(path);
}

std::string DuckDbDialect::rename_column(const TableName& table, const ColumnPath& path,
                                         std::string_view new_name) const {
  return alter(table) + " RENAME COLUMN " + path_text(path) + " TO " + quote(new_name);
}

std::string DuckDbDialect::change_type(const TableName& table, std::string_view column, const DataType& type) const {
  return alter(table) + " ALTER COLUMN " + quote(column) + " TYPE " + print_type(type);
}

std::string DuckDbDialect::set_nullable(const TableName& table, std::string_view column, bool nullable) const {
  return alter(table) + " ALTER COLUMN " + quote(column) + (nullable ? " DROP NOT NULL" : " SET NOT NULL");
}

std::string DuckDbDialect::set_default(const TableName& table, std::string_view column,
                                       const std::optional<std::string>& expression) const {
  return alter(table) + " ALTER COLUMN " + quote(column) +
         (expression ? " SET DEFAULT " + *expression : " DROP DEFAULT");
}

std::string DuckDbDialect::fill_column(const TableName& table, std::string_view column, const DataType& type,
                                       std::string_view expression) const {
  // A file refuses SET NOT NULL behind an UPDATE of the same transaction ("outstanding updates"), but not behind a
  // change of the type; a DuckLake has no USING, and gets its statistics from the UPDATE.
  if (kind_ == CatalogKind::lake) return Dialect::fill_column(table, column, type, expression);
  return change_type(table, column, type) + " USING " + std::string(expression);
}

std::string DuckDbDialect::set_comment(const TableName& table, std::string_view column,
                                       std::string_view comment) const {
  return "COMMENT ON COLUMN " + qualified(table) + "." + quote(column) + " IS " +
         (comment.empty() ? "NULL" : literal(comment));
}

std::string DuckDbDialect::digest_name() const {
  return duckdb_digest_name(engine_version_);
}

Result<DataType> DuckDbDialect::common_type(const DataType& a, const DataType& b) const {
  return duckdb_common_type(*this, a, b);
}

std::string DuckDbDialect::not_digestible(const DataType& type) const {
  return duckdb_not_digestible(type);
}

std::string DuckDbDialect::digest_query(const TableName& table, const std::optional<std::string>& version,
                                        const std::vector<DigestColumn>& columns) const {
  return duckdb_digest_query(*this, table, version, columns);
}

}  // namespace lockstep
