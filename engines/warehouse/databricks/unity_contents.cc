#include "engines/warehouse/databricks/unity_contents.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <map>
#include <mutex>

#include "engines/parallel.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

bool is_view(const std::string& table_type) {
  return table_type.find("VIEW") != std::string::npos;  // VIEW, MATERIALIZED_VIEW, METRIC_VIEW
}

// 20,000 columns have few distinct types: each text is parsed once, and all threads share what became of it.
// Thread-safe.
class SharedTypes {
 public:
  explicit SharedTypes(const Dialect& dialect) : dialect_(dialect) {}
  SharedType parse(std::string_view type_text) {
    const std::lock_guard lock(mutex_);
    auto found = types_.find(type_text);
    if (found == types_.end()) found = types_.emplace(type_text, dialect_.parse_type(type_text)).first;
    return found->second;
  }

 private:
  const Dialect& dialect_;
  std::mutex mutex_;
  std::map<std::string, SharedType, std::less<>> types_;
};

// The types that a block of rows has met: it asks for each but once.
class TypeCache {
 public:
  explicit TypeCache(SharedTypes& all) : all_(all) {}
  const SharedType& parse(std::string_view type_text) {
    auto found = types_.find(type_text);
    if (found == types_.end()) found = types_.emplace(type_text, all_.parse(type_text)).first;
    return found->second;
  }

 private:
  SharedTypes& all_;
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

// What a row that begins with the catalog's number, schema, name and type of a table tells.
struct TableRow {
  std::size_t catalog = 0;
  Table table;
  bool like_the_first = false;  // its columns are those of its namesake in catalog 0
  std::size_t columns = 0;      // how many it has
};

// Nothing: the row has another shape.
std::optional<TableRow> read_table(const std::vector<Json>& row, std::size_t cells,
                                   const std::vector<std::string>& catalogs) {
  if (row.size() != cells || !row[0].is_number_integer() || row[0].get<std::int64_t>() < 0 ||
      row[0].get<std::size_t>() >= catalogs.size())
    return std::nullopt;
  TableRow read;
  read.catalog = row[0].get<std::size_t>();
  read.table.name = {catalogs[read.catalog], text_of(row[1]), text_of(row[2])};
  read.table.kind = is_view(text_of(row[3])) ? Table::Kind::view : Table::Kind::table;
  return read;
}

bool before(const TableName& a, const TableName& b) {
  const int schemas = a.schema.compare(b.schema);
  return schemas < 0 || (schemas == 0 && a.table < b.table);
}

bool in_order(const TableRow& a, const TableRow& b) {
  return a.catalog < b.catalog || (a.catalog == b.catalog && before(a.table.name, b.table.name));
}

// Sorted by catalog, schema and name. False: a table stands there twice.
bool sort_tables(std::vector<TableRow>& rows) {
  if (!std::is_sorted(rows.begin(), rows.end(), in_order)) std::sort(rows.begin(), rows.end(), in_order);
  return std::adjacent_find(rows.begin(), rows.end(),
                            [](const TableRow& a, const TableRow& b) { return !in_order(a, b); }) == rows.end();
}

// One entry a catalog, of sorted rows.
std::vector<CatalogContents> contents_of(const std::vector<std::string>& catalogs, std::vector<TableRow> rows,
                                         bool columns_known) {
  std::vector<CatalogContents> contents;
  contents.reserve(catalogs.size());
  for (const std::string& catalog : catalogs) contents.push_back({catalog, std::nullopt, {}, columns_known});
  for (TableRow& row : rows) contents[row.catalog].tables.push_back(std::move(row.table));
  return contents;
}

// Reads the rows of unity_contents_statement(), on several threads.
class ContentsReader {
 public:
  ContentsReader(const Dialect& dialect, const std::vector<std::string>& catalogs, const Rows& rows, ColumnsMemo& memo)
      : catalogs_(catalogs), rows_(rows), memo_(memo), types_(dialect), read_(rows.rows.size()) {}

  // Nothing: the answer has another shape.
  std::optional<std::vector<CatalogContents>> read() {
    constexpr std::size_t kRowsAtOnce = 128;
    parallel_for((read_.size() + kRowsAtOnce - 1) / kRowsAtOnce, processors(), {}, [this](std::size_t block) {
      TypeCache types(types_);
      const std::size_t end = std::min((block + 1) * kRowsAtOnce, read_.size());
      for (std::size_t i = block * kRowsAtOnce; i < end && !unexpected_; ++i)
        if (!read_row(i, types)) unexpected_ = true;
    });
    if (unexpected_ || !sort_tables(read_) || !share_columns()) return std::nullopt;
    return contents_of(catalogs_, std::move(read_), true);
  }

 private:
  bool read_row(std::size_t index, TypeCache& types) {
    constexpr std::size_t kCells = 6;
    constexpr std::int64_t kMostColumns = 1'000'000;
    const std::vector<Json>& row = rows_.rows[index];
    std::optional<TableRow> read = read_table(row, kCells, catalogs_);
    if (!read || !row[4].is_number_integer()) return false;
    const auto count = row[4].get<std::int64_t>();
    if (count < 0 || count > kMostColumns) return false;
    read->columns = static_cast<std::size_t>(count);
    read->like_the_first = row[5].is_null() && read->catalog != 0;
    if (!read->like_the_first) {
      if (!row[5].is_string()) return false;
      const auto& written = row[5].get_ref<const std::string&>();
      std::optional<Columns> columns = memo_.find(written);
      if (!columns) {
        columns = read_columns(written, read->columns, types);
        if (!columns) return false;
        columns = memo_.keep(written, *columns);
      }
      // A text that was cut between two columns would be fewer columns, not an error.
      if (columns->size() != read->columns) return false;
      read->table.columns = *std::move(columns);
    }
    read_[index] = *std::move(read);
    return true;
  }

  // Gives those that are like the first its columns. False: there is no such table, or it has not as many.
  bool share_columns() {
    const auto first_end =
        std::find_if(read_.begin(), read_.end(), [](const TableRow& row) { return row.catalog != 0; });
    auto namesake = read_.begin();
    std::size_t catalog = 0;
    for (auto row = first_end; row != read_.end(); ++row) {
      if (row->catalog != catalog) namesake = read_.begin();  // both go through their names in the same order
      catalog = row->catalog;
      if (!row->like_the_first) continue;
      while (namesake != first_end && before(namesake->table.name, row->table.name)) ++namesake;
      if (namesake == first_end || before(row->table.name, namesake->table.name) || namesake->columns != row->columns)
        return false;
      row->table.columns = namesake->table.columns;
    }
    return true;
  }

  const std::vector<std::string>& catalogs_;
  const Rows& rows_;
  ColumnsMemo& memo_;
  SharedTypes types_;
  std::vector<TableRow> read_;  // by row; then sorted
  std::atomic<bool> unexpected_{false};
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
  const std::shared_lock lock(mutex_);
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? std::nullopt : std::optional(found->second);
}

Columns ColumnsMemo::keep(std::string_view text, const Columns& columns) {
  const std::lock_guard lock(mutex_);
  if (columns_ + columns.size() > kMostColumns) {
    by_text_.clear();
    columns_ = 0;
  }
  const auto [kept, added] = by_text_.emplace(text, columns);
  if (added) columns_ += columns.size();
  return kept->second;
}

Result<std::vector<CatalogContents>> read_unity_contents(const Dialect& dialect,
                                                         const std::vector<std::string>& catalogs, const Rows& rows,
                                                         ColumnsMemo& memo) {
  std::optional<std::vector<CatalogContents>> contents = ContentsReader(dialect, catalogs, rows, memo).read();
  if (!contents) return unexpected_contents();
  return *std::move(contents);
}

Result<std::vector<CatalogContents>> read_unity_tables(const std::vector<std::string>& catalogs, const Rows& rows) {
  constexpr std::size_t kCells = 4;
  std::vector<TableRow> read;
  read.reserve(rows.rows.size());
  for (const std::vector<Json>& row : rows.rows) {
    std::optional<TableRow> table = read_table(row, kCells, catalogs);
    if (!table) return unexpected_contents();
    read.push_back(*std::move(table));
  }
  if (!sort_tables(read)) return unexpected_contents();
  return contents_of(catalogs, std::move(read), false);
}

}  // namespace lockstep
