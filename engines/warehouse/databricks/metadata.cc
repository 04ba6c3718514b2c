#include "engines/warehouse/databricks/metadata.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <unordered_map>

#include "engines/warehouse/generated_columns.h"
#include "engines/warehouse/names.h"
#include "specs/json_member.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

using TableKey = std::pair<std::string, std::string>;  // schema, name

std::optional<std::size_t> column_of(const Rows& rows, std::string_view name) {
  for (std::size_t i = 0; i < rows.columns.size(); ++i)
    if (same_name(rows.columns[i].name, name)) return i;
  return std::nullopt;
}

const Json* cell(const Rows& rows, std::string_view name) {
  const std::optional<std::size_t> column = column_of(rows, name);
  if (!column || rows.rows.empty() || rows.rows.front().size() <= *column) return nullptr;
  return &rows.rows.front()[*column];
}

// A nested cell comes as JSON text.
Json nested(const Rows& rows, std::string_view name) {
  const Json* found = cell(rows, name);
  if (found == nullptr || !found->is_string()) return nullptr;
  Json json = Json::parse(found->get_ref<const std::string&>(), nullptr, false);
  return json.is_discarded() ? Json() : json;
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  if (list.is_array())
    for (const Json& entry : list)
      if (entry.is_string()) texts.push_back(entry.get<std::string>());
  return texts;
}

}  // namespace

std::string unity_dependents_statement(const Dialect& dialect, std::string_view catalog) {
  const std::string schema = dialect.quote(catalog) + ".information_schema";
  // Names of constraints are unique within a schema only: the join takes all parts of the key.
  return fmt::format(
      "SELECT 'constraint' AS kind, c.table_schema, c.table_name, c.constraint_name AS name, c.constraint_type AS "
      "text, "
      "k.column_name, k.ordinal_position FROM {0}.table_constraints AS c LEFT JOIN {0}.key_column_usage AS k ON "
      "k.constraint_schema = c.constraint_schema AND k.constraint_name = c.constraint_name AND k.table_schema = "
      "c.table_schema AND k.table_name = c.table_name UNION ALL SELECT 'view', table_schema, table_name, table_name, "
      "view_definition, CAST(NULL AS STRING), CAST(NULL AS INT) FROM {0}.views WHERE table_schema <> "
      "'information_schema'",
      schema);
}

std::vector<Dependents> read_unity_dependents(const std::vector<TableName>& tables, const Rows& rows) {
  struct Key {
    std::size_t table;
    std::string kind;
    std::map<std::int64_t, std::string> columns;  // by their place in the key
  };
  std::vector<Dependents> all;
  std::map<TableKey, std::size_t> index;
  std::unordered_multimap<std::string, std::size_t> by_name;
  for (const TableName& table : tables) {
    by_name.emplace(fold_name(table.table), all.size());
    index[{fold_name(table.schema), fold_name(table.table)}] = all.size();
    all.emplace_back().table = table;
  }
  std::map<std::pair<std::size_t, std::string>, Key> keys;  // by table and constraint
  for (const std::vector<Json>& row : rows.rows) {
    if (row.size() != 7) continue;
    if (text_of(row[0]) == "view") {
      for (const std::string& name : mentioned_names(text_of(row[4]))) {
        const auto [first, last] = by_name.equal_range(name);
        for (auto named = first; named != last; ++named)
          all[named->second].views.push_back({text_of(row[1]) + "." + text_of(row[3]), text_of(row[4])});
      }
      continue;
    }
    const auto table = index.find({fold_name(text_of(row[1])), fold_name(text_of(row[2]))});
    // A CHECK stands among the table's properties, with its text.
    if (table == index.end() || text_of(row[4]) == "CHECK") continue;
    Key& key = keys[{table->second, text_of(row[3])}];
    key.table = table->second;
    key.kind = text_of(row[4]);
    if (row[5].is_string()) key.columns[row[6].is_number_integer() ? row[6].get<std::int64_t>() : 0] = text_of(row[5]);
  }
  for (auto& [place, key] : keys) {
    Dependents::Constraint constraint{key.kind, {}, place.second};
    for (auto& [position, column] : key.columns) constraint.columns.push_back(std::move(column));
    all[key.table].constraints.push_back(std::move(constraint));
  }
  return all;
}

bool read_table_detail(const Rows& rows, Dependents& dependents) {
  const Json properties = nested(rows, "properties");
  if (properties.is_object()) {
    dependents.properties_known = true;
    for (const auto& [name, value] : properties.items())
      dependents.properties[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  // As SHOW TBLPROPERTIES would print them.
  const std::vector<std::string> features = texts_of(nested(rows, "tableFeatures"));
  for (const std::string& feature : features) dependents.properties.emplace("delta.feature." + feature, "supported");
  dependents.partition_columns = texts_of(nested(rows, "partitionColumns"));
  dependents.clustering_columns = texts_of(nested(rows, "clusteringColumns"));
  // Writer version 4 brought generated columns, 6 identity columns; from 7 on features are listed. [Delta protocol]
  constexpr std::int64_t kFirst = 4;
  constexpr std::int64_t kLast = 6;
  const Json* version = cell(rows, "minWriterVersion");
  const bool implied = version != nullptr && version->is_number_integer() && *version >= kFirst && *version <= kLast;
  return implied || std::any_of(features.begin(), features.end(), [](const std::string& feature) {
           return feature == "generatedColumns" || feature == "identityColumns";
         });
}

void read_table_definition(const Rows& rows, Dependents& dependents) {
  if (rows.rows.empty() || rows.rows.front().empty() || !rows.rows.front().front().is_string()) return;
  GeneratedColumns found =
      generated_columns(rows.rows.front().front().get_ref<const std::string&>(), SqlFlavour::spark);
  dependents.generated = std::move(found.computed);
  dependents.identity_columns = std::move(found.identity);
}

std::optional<std::string> read_table_version(const Rows& rows) {
  const Json* version = cell(rows, "version");
  if (version == nullptr || version->is_null()) return std::nullopt;
  return version->is_string() ? version->get<std::string>() : version->dump();
}

}  // namespace lockstep
