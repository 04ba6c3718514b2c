#include "engines/warehouse/duckdb/metadata.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>
#include <unordered_map>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/generated_columns.h"
#include "engines/warehouse/names.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

std::string in_list(const std::vector<CatalogSource>& catalogs) {
  std::string list;
  for (const CatalogSource& catalog : catalogs) list += (list.empty() ? "" : ", ") + quote_duckdb_literal(catalog.name);
  return "(" + list + ")";
}

using TableKey = std::pair<std::string, std::string>;  // schema, name

// 20,000 columns have few distinct types: each text is parsed once.
class TypeCache {
 public:
  const SharedType& parse(const std::string& type_text) {
    auto found = types_.find(type_text);
    if (found == types_.end()) found = types_.emplace(type_text, parse_duckdb_type(type_text)).first;
    return found->second;
  }

 private:
  std::unordered_map<std::string, SharedType> types_;
};

struct Objects {
  std::set<TableKey> views;
  std::map<TableKey, std::set<std::string>> generated;  // table -> lower-case column names
  std::optional<std::string> version;
};

std::map<std::string, Objects> read_objects(const Rows& rows) {
  std::map<std::string, Objects> objects;
  for (const std::vector<Json>& row : rows.rows) {
    Objects& of_catalog = objects[text_of(row[1])];
    TableKey key{text_of(row[2]), text_of(row[3])};
    std::string kind = text_of(row[0]);
    if (kind == "view") of_catalog.views.insert(key);
    if (kind == "version") of_catalog.version = text_of(row[4]);
    if (kind == "generated")
      for (const Dependents::GeneratedColumn& column : generated_columns(text_of(row[4]), SqlFlavour::duckdb).computed)
        of_catalog.generated[key].insert(fold_name(column.name));
  }
  return objects;
}

// The engine's own numbers may have gaps where columns were dropped.
void number_columns(std::vector<Column>& columns) {
  std::sort(columns.begin(), columns.end(), [](const Column& a, const Column& b) { return a.position < b.position; });
  int position = 0;
  for (Column& column : columns) column.position = ++position;
}

}  // namespace

std::string columns_statement(const std::vector<CatalogSource>& catalogs) {
  return "SELECT database_name, schema_name, table_name, column_name, data_type, is_nullable, column_default, comment, "
         "column_index FROM duckdb_columns() WHERE NOT internal AND database_name IN " +
         in_list(catalogs);
}

std::string objects_statement(const std::vector<CatalogSource>& catalogs) {
  std::string sql =
      "SELECT 'view', database_name, schema_name, view_name, NULL FROM duckdb_views() WHERE NOT internal AND "
      "database_name IN " +
      in_list(catalogs);
  std::vector<CatalogSource> files;
  for (const CatalogSource& catalog : catalogs) {
    if (catalog.kind == CatalogKind::file)
      files.push_back(catalog);
    else
      sql += fmt::format(" UNION ALL SELECT 'version', {}, NULL, NULL, id::VARCHAR FROM {}.current_snapshot()",
                         quote_duckdb_literal(catalog.name), quote_duckdb_identifier(catalog.name));
  }
  if (!files.empty())
    sql +=
        " UNION ALL SELECT 'generated', database_name, schema_name, table_name, sql FROM duckdb_tables() WHERE NOT "
        "internal AND "
        "contains(sql, 'GENERATED ALWAYS AS') AND database_name IN " +
        in_list(files);
  return sql;
}

std::vector<CatalogContents> read_contents(const std::vector<CatalogSource>& catalogs, const Rows& columns,
                                           const Rows& objects) {
  const std::map<std::string, Objects> found = read_objects(objects);
  std::map<std::string, std::map<TableKey, Table>> tables;  // ordered by schema, then name
  TypeCache types;
  Table* table = nullptr;  // the rows of one table follow one another
  const Objects* of_catalog = nullptr;
  static const Objects kNone;
  for (const std::vector<Json>& row : columns.rows) {
    const std::string catalog = text_of(row[0]);
    const TableKey key{text_of(row[1]), text_of(row[2])};
    if (table == nullptr || table->name.table != key.second || table->name.schema != key.first ||
        table->name.catalog != catalog) {
      auto objects_of = found.find(catalog);
      of_catalog = objects_of == found.end() ? &kNone : &objects_of->second;
      table = &tables[catalog][key];
      table->name = {catalog, key.first, key.second};
      table->kind = of_catalog->views.contains(key) ? Table::Kind::view : Table::Kind::table;
    }
    Column column;
    column.name = text_of(row[3]);
    column.type = types.parse(text_of(row[4]));
    column.nullable = !row[5].is_boolean() || row[5].get<bool>();
    column.comment = text_of(row[7]);
    column.position = row[8].is_number_integer() ? row[8].get<int>() : 0;
    auto generated = of_catalog->generated.find(key);
    column.generated = generated != of_catalog->generated.end() && generated->second.contains(fold_name(column.name));
    if (row[6].is_string() && !column.generated && text_of(row[6]) != "NULL")
      column.default_expression = text_of(row[6]);
    table->columns.edit().push_back(std::move(column));
  }
  for (auto& [name, described] : tables)
    for (auto& [key, each] : described) number_columns(each.columns.edit());
  std::vector<CatalogContents> contents;
  for (const CatalogSource& catalog : catalogs) {
    CatalogContents one{catalog.name, std::nullopt, {}};
    if (auto objects_of = found.find(catalog.name); objects_of != found.end()) one.version = objects_of->second.version;
    for (auto& [key, described] : tables[catalog.name]) one.tables.push_back(described);
    contents.push_back(std::move(one));
  }
  return contents;
}

std::string dependents_statement(const CatalogSource& catalog) {
  std::string name = quote_duckdb_literal(catalog.name);
  // Views of other catalogs may read this one, too; those name their own in the last column.
  std::string sql = "SELECT 'view', schema_name, view_name, view_name, sql, nullif(database_name, " + name +
                    ")::VARCHAR FROM duckdb_views() WHERE NOT internal AND database_name NOT IN ('system', 'temp')";
  if (catalog.kind == CatalogKind::lake) return sql;
  return sql +
         " UNION ALL SELECT 'constraint', schema_name, table_name, constraint_type, constraint_text, "
         "to_json(constraint_column_names)::VARCHAR "
         "FROM duckdb_constraints() WHERE database_name = " +
         name +
         // A foreign key's table is named without its schema, which is the key's own.
         " UNION ALL SELECT 'reference', schema_name, referenced_table, table_name, NULL, NULL FROM "
         "duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY' AND database_name = " +
         name +
         " UNION ALL SELECT 'index', schema_name, table_name, index_name, sql, NULL FROM duckdb_indexes() WHERE "
         "database_name = " +
         name +
         " UNION ALL SELECT 'generated', schema_name, table_name, NULL, sql, NULL FROM duckdb_tables() WHERE NOT "
         "internal AND "
         "contains(sql, 'GENERATED ALWAYS AS') AND database_name = " +
         name;
}

std::vector<Dependents> read_dependents(const std::vector<TableName>& tables, const Rows& rows) {
  std::vector<Dependents> all;
  std::map<TableKey, std::size_t> index;
  std::unordered_multimap<std::string, std::size_t> by_name;
  for (const TableName& table : tables) {
    by_name.emplace(fold_name(table.table), all.size());
    index[{fold_name(table.schema), fold_name(table.table)}] = all.size();
    all.push_back({table, {}, {}, {}, {}, {}});
  }
  for (const std::vector<Json>& row : rows.rows) {
    std::string kind = text_of(row[0]);
    if (kind == "view") {
      const std::unordered_set<std::string> names = mentioned_names(text_of(row[4]));
      const std::string elsewhere = text_of(row[5]);
      if (!elsewhere.empty() && !tables.empty() && !names.contains(fold_name(tables.front().catalog))) continue;
      const std::string view = (elsewhere.empty() ? "" : elsewhere + ".") + text_of(row[1]) + "." + text_of(row[3]);
      for (const std::string& name : names) {
        auto [first, last] = by_name.equal_range(name);
        for (auto named = first; named != last; ++named) all[named->second].views.push_back({view, text_of(row[4])});
      }
      continue;
    }
    auto found = index.find({fold_name(text_of(row[1])), fold_name(text_of(row[2]))});
    if (found == index.end()) continue;
    Dependents& dependents = all[found->second];
    if (kind == "index") dependents.indexes.push_back({text_of(row[3]), text_of(row[4])});
    if (kind == "reference") dependents.referenced_by.push_back(text_of(row[1]) + "." + text_of(row[3]));
    if (kind == "generated") dependents.generated = generated_columns(text_of(row[4]), SqlFlavour::duckdb).computed;
    if (kind == "constraint") {
      Dependents::Constraint constraint{text_of(row[3]), {}, text_of(row[4])};
      // The names come as a JSON array: a list's own text would not tell a comma inside a name from one between two.
      Json names = Json::parse(text_of(row[5]), nullptr, false);
      if (names.is_array())
        for (const Json& name : names) constraint.columns.push_back(text_of(name));
      dependents.constraints.push_back(std::move(constraint));
    }
  }
  return all;
}

}  // namespace lockstep
