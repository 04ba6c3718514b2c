#include "engines/warehouse/databricks/metadata.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>

#include "engines/warehouse/generated_columns.h"
#include "engines/warehouse/names.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

std::string text(const Json& cell) {
  return cell.is_string() ? cell.get<std::string>() : std::string();
}

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

bool is_view(const std::string& table_type) {
  return table_type.find("VIEW") != std::string::npos;  // VIEW, MATERIALIZED_VIEW, METRIC_VIEW
}

// 20,000 columns have few distinct types: each text is parsed once.
class TypeCache {
 public:
  explicit TypeCache(const Dialect& dialect) : dialect_(dialect) {}
  const SharedType& parse(std::string_view type_text) {
    auto found = types_.find(type_text);
    if (found == types_.end()) found = types_.emplace(type_text, dialect_.parse_type(type_text)).first;
    return found->second;
  }

 private:
  const Dialect& dialect_;
  std::map<std::string, SharedType, std::less<>> types_;
};

// By their own numbers, which begin at 0 or at 1 depending on who tells them.
void number_columns(std::vector<Column>& columns) {
  const auto before = [](const Column& a, const Column& b) { return a.position < b.position; };
  if (!std::is_sorted(columns.begin(), columns.end(), before)) std::sort(columns.begin(), columns.end(), before);
  int position = 0;
  for (Column& column : columns) column.position = ++position;
}

// A text with its length in bytes before it, which no content can break: 2:id
std::string length_and_text(const std::string& expression) {
  return fmt::format("concat(CAST(octet_length({0}) AS STRING), ':', {0})", expression);
}

// Reads what unity_contents_statement() has made of columns, from the front.
class ColumnReader {
 public:
  ColumnReader(std::string_view text, TypeCache& types) : rest_(text), types_(types) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }

  // Appends the next one. False: the text is not what was asked for.
  bool append_to(std::vector<Column>& columns) {
    const std::optional<int> position = number();
    if (!position || rest_.empty() || (rest_[0] != '!' && rest_[0] != '?')) return false;
    Column& column = columns.emplace_back();
    column.position = *position;
    column.nullable = rest_[0] == '?';
    rest_.remove_prefix(1);
    std::optional<std::string_view> name, type, default_expression, comment;
    if (!counted_text(name) || !name || !counted_text(type) || !counted_text(default_expression) ||
        !counted_text(comment))
      return false;
    column.name = *name;
    column.type = types_.parse(type.value_or(""));
    if (default_expression && *default_expression != "NULL") column.default_expression = *default_expression;
    if (comment) column.comment = *comment;
    return true;
  }

 private:
  std::optional<int> number() {
    int value = 0;
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    return value;
  }

  // '-' is NULL. False: neither.
  bool counted_text(std::optional<std::string_view>& text) {
    if (rest_.starts_with('-')) {
      rest_.remove_prefix(1);
      return true;
    }
    const std::optional<int> size = number();
    if (!size || !rest_.starts_with(':') || rest_.size() - 1 < static_cast<std::size_t>(*size)) return false;
    text = rest_.substr(1, static_cast<std::size_t>(*size));
    rest_.remove_prefix(1 + text->size());
    return true;
  }

  std::string_view rest_;
  TypeCache& types_;
};

// Nothing: the text is not what was asked for.
std::optional<Columns> read_columns(std::string_view text, std::size_t expected, TypeCache& types) {
  std::vector<Column> columns;
  columns.reserve(expected);
  for (ColumnReader reader(text, types); !reader.done();)
    if (!reader.append_to(columns)) return std::nullopt;
  number_columns(columns);
  return columns;
}

Error unexpected_contents() {
  return {"unexpected-result"_code, "the answer of information_schema has an unexpected shape",
          "report this as a defect, with the runbook"};
}

using TableKey = std::pair<std::string, std::string>;  // schema, name

// Rows that begin with the catalog's number, schema, name and type of a table, in any order.
class TablesOfCatalogs {
 public:
  explicit TablesOfCatalogs(const std::vector<std::string>& catalogs) : catalogs_(catalogs), tables_(catalogs.size()) {}

  // Null: the row has another shape. The table stays where it is until take().
  Table* add(const std::vector<Json>& row, std::size_t cells) {
    if (row.size() != cells || !row[0].is_number_integer() || row[0].get<std::int64_t>() < 0 ||
        row[0].get<std::size_t>() >= catalogs_.size())
      return nullptr;
    const auto catalog = row[0].get<std::size_t>();
    Table& table = tables_[catalog][{text(row[1]), text(row[2])}];
    table.name = {catalogs_[catalog], text(row[1]), text(row[2])};
    table.kind = is_view(text(row[3])) ? Table::Kind::view : Table::Kind::table;
    return &table;
  }

  // The table of that name in a catalog, whatever catalog it is of; null: there is none.
  [[nodiscard]] const Table* find(std::size_t catalog, const TableName& name) const {
    const auto found = tables_[catalog].find({name.schema, name.table});
    return found == tables_[catalog].end() ? nullptr : &found->second;
  }

  // One entry a catalog. This is empty then.
  std::vector<CatalogContents> take(bool columns_known) {
    std::vector<CatalogContents> contents;
    for (std::size_t i = 0; i < catalogs_.size(); ++i) {
      CatalogContents one{catalogs_[i], std::nullopt, {}, columns_known};
      one.tables.reserve(tables_[i].size());
      for (auto& [key, table] : tables_[i]) one.tables.push_back(std::move(table));
      contents.push_back(std::move(one));
    }
    return contents;
  }

 private:
  const std::vector<std::string>& catalogs_;
  std::vector<std::map<TableKey, Table>> tables_;  // ordered by schema, then name
};

}  // namespace

// One row a table, its columns as one text: a row a column repeats the names of everything above it, four times the
// bytes and twenty times the cells. The columns stand in the order of their places, so that equal tables have equal
// texts whatever the engine collected first.
std::string unity_contents_statement(const Dialect& dialect, const std::vector<std::string>& catalogs,
                                     const std::vector<TableName>& tables) {
  // NULL, and so left out by collect_list, only where the table shows no columns to us.
  const std::string column = fmt::format(
      "concat(coalesce(lpad(CAST(c.ordinal_position AS STRING), 6, '0'), '0'), CASE c.is_nullable WHEN 'NO' THEN '!' "
      "ELSE '?' END, {}, coalesce({}, '-'), coalesce({}, '-'), coalesce({}, '-'))",
      length_and_text("c.column_name"), length_and_text("c.full_data_type"), length_and_text("c.column_default"),
      length_and_text("c.comment"));
  // They were read from there, so they are spelled as there.
  std::string named;
  for (const TableName& table : tables)
    named += fmt::format("{}({}, {})", named.empty() ? " AND (t.table_schema, t.table_name) IN (" : ", ",
                         dialect.literal(table.schema), dialect.literal(table.table));
  if (!named.empty()) named += ')';
  std::string sql;
  for (std::size_t i = 0; i < catalogs.size(); ++i) {
    const std::string schema = dialect.quote(catalogs[i]) + ".information_schema";
    sql += fmt::format(
        "{0}SELECT {1} AS catalog_index, t.table_schema, t.table_name, t.table_type, count(c.column_name) AS "
        "column_count, array_join(array_sort(collect_list({3})), '') AS columns FROM {2}.tables AS t LEFT JOIN "
        "{2}.columns AS c ON "
        "c.table_schema = t.table_schema AND c.table_name = t.table_name WHERE t.table_schema <> "
        "'information_schema'{4} "
        "GROUP BY t.table_schema, t.table_name, t.table_type",
        i == 0 ? "" : " UNION ALL ", i, schema, column, named);
  }
  if (catalogs.size() < 2) return sql;
  // What a clone has as its original is not sent again: NULL stands for the columns of catalog 0. Bytes are compared,
  // as a collation of information_schema might take texts for equal that are not.
  return fmt::format(
      "SELECT catalog_index, table_schema, table_name, table_type, column_count, CASE WHEN catalog_index > 0 AND "
      "first_value(catalog_index) OVER w = 0 AND CAST(columns AS BINARY) = CAST(first_value(columns) OVER w AS BINARY) "
      "THEN NULL ELSE columns END AS columns FROM ({}) WINDOW w AS (PARTITION BY CAST(table_schema AS BINARY), "
      "CAST(table_name AS BINARY) ORDER BY catalog_index)",
      sql);
}

std::string unity_tables_statement(const Dialect& dialect, const std::vector<std::string>& catalogs) {
  std::string sql;
  for (std::size_t i = 0; i < catalogs.size(); ++i)
    sql += fmt::format(
        "{}SELECT {} AS catalog_index, t.table_schema, t.table_name, t.table_type FROM {}.information_schema.tables "
        "AS t WHERE t.table_schema <> 'information_schema'",
        i == 0 ? "" : " UNION ALL ", i, dialect.quote(catalogs[i]));
  return sql;
}

std::optional<Columns> ColumnsMemo::find(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? std::nullopt : std::optional(found->second);
}

void ColumnsMemo::keep(std::string_view text, const Columns& columns) {
  const std::lock_guard lock(mutex_);
  if (columns_ + columns.size() > kMostColumns) {
    by_text_.clear();
    columns_ = 0;
  }
  if (by_text_.emplace(text, columns).second) columns_ += columns.size();
}

Result<std::vector<CatalogContents>> read_unity_contents(const Dialect& dialect,
                                                         const std::vector<std::string>& catalogs, const Rows& rows,
                                                         ColumnsMemo& memo) {
  constexpr std::size_t kCells = 6;
  constexpr std::int64_t kMostColumns = 1'000'000;
  TablesOfCatalogs tables(catalogs);
  std::vector<std::pair<Table*, std::size_t>> like_the_first;  // as many columns, those of catalog 0's table
  TypeCache types(dialect);
  for (const std::vector<Json>& row : rows.rows) {
    Table* const found = tables.add(row, kCells);
    if (found == nullptr) return unexpected_contents();
    Table& table = *found;
    if (!row[4].is_number_integer()) return unexpected_contents();
    const auto count = row[4].get<std::int64_t>();
    if (count < 0 || count > kMostColumns) return unexpected_contents();
    if (row[5].is_null() && row[0] != 0) {
      like_the_first.emplace_back(&table, static_cast<std::size_t>(count));
      continue;
    }
    if (!row[5].is_string()) return unexpected_contents();
    const auto& written = row[5].get_ref<const std::string&>();
    std::optional<Columns> columns = memo.find(written);
    if (!columns) {
      columns = read_columns(written, static_cast<std::size_t>(count), types);
      if (!columns) return unexpected_contents();
      memo.keep(written, *columns);
    }
    // A text that was cut between two columns would be fewer columns, not an error.
    if (columns->size() != static_cast<std::size_t>(count)) return unexpected_contents();
    table.columns = *std::move(columns);
  }
  for (const auto& [table, count] : like_the_first) {
    const Table* const first = tables.find(0, table->name);
    if (first == nullptr || first->columns.size() != count) return unexpected_contents();
    table->columns = first->columns;
  }
  return tables.take(true);
}

Result<std::vector<CatalogContents>> read_unity_tables(const std::vector<std::string>& catalogs, const Rows& rows) {
  constexpr std::size_t kCells = 4;
  TablesOfCatalogs tables(catalogs);
  for (const std::vector<Json>& row : rows.rows)
    if (tables.add(row, kCells) == nullptr) return unexpected_contents();
  return tables.take(false);
}

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
    if (text(row[0]) == "view") {
      for (const std::string& name : mentioned_names(text(row[4]))) {
        const auto [first, last] = by_name.equal_range(name);
        for (auto named = first; named != last; ++named)
          all[named->second].views.push_back({text(row[1]) + "." + text(row[3]), text(row[4])});
      }
      continue;
    }
    const auto table = index.find({fold_name(text(row[1])), fold_name(text(row[2]))});
    // A CHECK stands among the table's properties, with its text.
    if (table == index.end() || text(row[4]) == "CHECK") continue;
    Key& key = keys[{table->second, text(row[3])}];
    key.table = table->second;
    key.kind = text(row[4]);
    if (row[5].is_string()) key.columns[row[6].is_number_integer() ? row[6].get<std::int64_t>() : 0] = text(row[5]);
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
