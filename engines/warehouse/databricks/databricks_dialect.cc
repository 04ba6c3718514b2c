#include "engines/warehouse/databricks/databricks_dialect.h"

#include "engines/warehouse/databricks/digest_expression.h"
#include "engines/warehouse/databricks/table_properties.h"
#include "engines/warehouse/databricks/type_text.h"
#include "engines/warehouse/databricks/widening.h"

namespace lockstep {

namespace {

Capabilities databricks_capabilities() {
  Capabilities can;
  can.table_versions = true;
  can.remote = true;
  can.constraints = true;
  can.generated_columns = true;
  can.nested_add = true;
  can.nested_drop = true;
  can.versions = true;
  can.add_many_columns = true;
  can.leaf_type_changes = true;
  can.add_with_default = false;
  can.verbatim_defaults = true;
  can.table_features = true;
  return can;
}

}  // namespace

const Capabilities& DatabricksDialect::capabilities() const {
  static const Capabilities kCan = databricks_capabilities();
  return kCan;
}

std::string DatabricksDialect::quote(std::string_view identifier) const {
  return quote_databricks_identifier(identifier);
}
std::string DatabricksDialect::literal(std::string_view text) const {
  return databricks_literal(text);
}

std::string DatabricksDialect::qualified(const TableName& table) const {
  return quote(table.catalog) + "." + quote(table.schema) + "." + quote(table.table);
}

std::string DatabricksDialect::from(const TableName& table, const std::optional<std::string>& version) const {
  // A version is a commit's number; anything else never gets into a statement.
  const bool numeric = version && !version->empty() && version->find_first_not_of("0123456789") == std::string::npos;
  return numeric ? qualified(table) + " VERSION AS OF " + *version : qualified(table);
}

DataType DatabricksDialect::parse_type(std::string_view text) const {
  return parse_databricks_type(text);
}
std::string DatabricksDialect::print_type(const DataType& type) const {
  return print_databricks_type(type);
}

std::string DatabricksDialect::as_text(std::string_view expression) const {
  return "CAST(" + std::string(expression) + " AS STRING)";  // VARCHAR would need a length
}

std::string DatabricksDialect::unsupported_type(const DataType& type) const {
  for (const TypeField& field : type.fields)
    if (std::string reason = unsupported_type(field.type); !reason.empty()) return reason;
  switch (type.kind) {
    case DataType::Kind::unknown:
      return "this version of Lockstep does not know the type " + type.text;
    case DataType::Kind::enumeration:
      return "Databricks has no ENUM";
    case DataType::Kind::scalar:
      if (type.name.starts_with("INTERVAL")) return "a Delta table has no INTERVAL columns";
      return {};
    default:
      return {};
  }
}

TypeChange DatabricksDialect::type_change(const DataType& from, const DataType& to) const {
  return databricks_type_change(from, to);
}

// The steps "element", "key" and "value" into arrays and maps are words of the grammar, not names: they are only
// understood without quotes.
std::string DatabricksDialect::path_text(const ColumnPath& path) const {
  std::string text;
  for (const std::string& part : path) text += text.empty() ? quote(part) : "." + print_databricks_name(part);
  return text;
}

std::string DatabricksDialect::alter(const TableName& table) const {
  return "ALTER TABLE " + qualified(table);
}
std::string DatabricksDialect::alter_column(const TableName& table, std::string_view column) const {
  return alter(table) + " ALTER COLUMN " + quote(column);
}

std::string DatabricksDialect::add_column(const TableName& table, const ColumnPath& path, const DataType& type,
                                          const std::optional<std::string>& /*default_expression*/) const {
  return add_columns(table, {{path, type, {}}});
}

std::string DatabricksDialect::add_columns(const TableName& table, const std::vector<ColumnAddition>& additions) const {
  std::string list;
  for (const ColumnAddition& addition : additions) {
    list += (list.empty() ? "" : ", ") + path_text(addition.path) + " " + print_type(addition.type);
    if (!addition.comment.empty()) list += " COMMENT " + literal(addition.comment);
  }
  return alter(table) + " ADD COLUMNS (" + list + ")";
}

std::string DatabricksDialect::drop_column(const TableName& table, const ColumnPath& path) const {
  return alter(table) + " DROP COLUMN IF EXISTS (" + path_text(path) + ")";
}

std::string DatabricksDialect::rename_column(const TableName& table, const ColumnPath& path,
                                             std::string_view new_name) const {
  return alter(table) + " RENAME COLUMN " + path_text(path) + " TO " + quote(new_name);
}

std::string DatabricksDialect::change_type(const TableName& table, std::string_view column,
                                           const DataType& type) const {
  return alter_column(table, column) + " TYPE " + print_type(type);
}

std::string DatabricksDialect::change_leaf_type(const TableName& table, const ColumnPath& path,
                                                const DataType& type) const {
  return alter(table) + " ALTER COLUMN " + path_text(path) + " TYPE " + print_type(type);
}

std::string DatabricksDialect::set_nullable(const TableName& table, std::string_view column, bool nullable) const {
  return alter_column(table, column) + (nullable ? " DROP NOT NULL" : " SET NOT NULL");
}

std::string DatabricksDialect::set_default(const TableName& table, std::string_view column,
                                           const std::optional<std::string>& expression) const {
  return alter_column(table, column) + (expression ? " SET DEFAULT " + *expression : " DROP DEFAULT");
}

std::string DatabricksDialect::fill_column(const TableName& table, std::string_view column, const DataType& /*type*/,
                                           std::string_view expression) const {
  // Sent again, it leaves alone what is filled and what somebody wrote in between.
  return "UPDATE " + qualified(table) + " SET " + quote(column) + " = " + std::string(expression) + " WHERE " +
         quote(column) + " IS NULL";
}

std::string DatabricksDialect::set_comment(const TableName& table, std::string_view column,
                                           std::string_view comment) const {
  return alter_column(table, column) + " COMMENT " + literal(comment);
}

std::vector<TableFeature> DatabricksDialect::features_for_type_change(const DataType& from, const DataType& to) const {
  return databricks_features_for_type_change(from, to);
}
std::vector<TableFeature> DatabricksDialect::features_for_addition(const ColumnPath& path, const DataType& type) const {
  return delta_features_for_addition(path, type);
}
bool DatabricksDialect::has_feature(const Dependents& dependents, TableFeature feature) const {
  return delta_has_feature(dependents, feature);
}
std::string DatabricksDialect::enable_feature(const TableName& table, TableFeature feature) const {
  const auto [property, value] = delta_feature_property(feature);
  return alter(table) + " SET TBLPROPERTIES (" + literal(property) + " = " + literal(value) + ")";
}

std::string DatabricksDialect::digest_name() const {
  return databricks_digest_name();
}
Result<DataType> DatabricksDialect::common_type(const DataType& a, const DataType& b) const {
  return databricks_common_type(*this, a, b);
}
std::string DatabricksDialect::not_digestible(const DataType& type) const {
  return databricks_not_digestible(type);
}
std::string DatabricksDialect::digest_query(const TableName& table, const std::optional<std::string>& version,
                                            const std::vector<DigestColumn>& columns) const {
  return databricks_digest_query(*this, table, version, columns);
}

std::string DatabricksDialect::clone_xs_name() const {
  return "clone-xs/sha2-256-of-sum-xxhash64";
}
std::string DatabricksDialect::clone_xs_leaves_out(const DataType& type) const {
  if (type.nested()) return "the clone-xs checksum leaves out ARRAY, MAP and STRUCT";
  if (type.kind == DataType::Kind::scalar && type.name == "VARIANT")
    return "the clone-xs checksum has no text for VARIANT";
  if (type.kind == DataType::Kind::unknown) return "this version of Lockstep does not know the type " + type.text;
  return {};
}
std::string DatabricksDialect::clone_xs_query(const TableName& table, const std::optional<std::string>& version,
                                              const std::vector<std::string>& columns) const {
  return clone_xs_checksum_query(*this, table, version, columns);
}

}  // namespace lockstep
