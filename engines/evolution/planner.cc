#include "engines/evolution/planner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "engines/parallel.h"
#include "engines/warehouse/names.h"
#include "specs/counted.h"

namespace lockstep {
namespace {

constexpr std::size_t kTablesPerStatement = 100;

// Number of rows (0 or 1 when no column has to be counted: then one row is enough to know), then the NULLs of each
// column, as one text "rows,nulls,nulls": so that tables with different numbers of columns fit into one UNION ALL.
std::string facts_query(const Dialect& dialect, const TableName& table, const FactsNeeded& needed, std::size_t index) {
  const std::string from = dialect.from(table, std::nullopt);
  if (needed.null_columns.empty())
    return fmt::format("SELECT {} AS i, {} AS n FROM (SELECT 1 FROM {} LIMIT 1)", index, dialect.as_text("count(*)"),
                       from);
  std::string counts = dialect.as_text("count(*)");
  for (const std::string& column : needed.null_columns)
    counts += fmt::format(" || ',' || {}",
                          dialect.as_text(fmt::format("count(*) FILTER (WHERE {} IS NULL)", dialect.quote(column))));
  return fmt::format("SELECT {} AS i, {} AS n FROM {}", index, counts, from);
}

std::vector<std::int64_t> read_counts(const std::string& text) {
  std::vector<std::int64_t> counts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t count = 0;
    const auto [stop, error] = std::from_chars(at, end, count);
    if (error != std::errc()) break;
    counts.push_back(count);
    at = stop + 1;
  }
  return counts;
}

Result<std::vector<TableFacts>> measure(Warehouse& warehouse, const Dialect& dialect,
                                        const std::vector<TableDifference>& differences, const Call& call) {
  std::vector<TableFacts> facts(differences.size());
  std::vector<std::pair<std::size_t, FactsNeeded>> open;
  for (std::size_t i = 0; i < differences.size(); ++i)
    if (FactsNeeded needed = facts_needed(differences[i]); needed.any()) open.emplace_back(i, std::move(needed));
  for (std::size_t first = 0; first < open.size(); first += kTablesPerStatement) {
    const std::size_t last = std::min(first + kTablesPerStatement, open.size());
    std::vector<std::string> selects;
    selects.reserve(last - first);
    for (std::size_t k = first; k < last; ++k)
      selects.push_back(facts_query(dialect, differences[open[k].first].destination, open[k].second, k));
    const Result<Rows> rows = warehouse.run({fmt::format("{}", fmt::join(selects, " UNION ALL ")), {}}, call);
    if (!rows) return Error(rows.error()).with_context("while counting the NULLs of columns that become NOT NULL");
    std::size_t answered = 0;
    for (const std::vector<Json>& row : rows->rows) {
      if (row.size() != 2 || !row[0].is_number_integer() || !row[1].is_string()) continue;
      const auto k = row[0].get<std::size_t>();
      if (k < first || k >= last) continue;
      const FactsNeeded& needed = open[k].second;
      const std::vector<std::int64_t> counts = read_counts(row[1].get<std::string>());
      if (counts.size() != needed.null_columns.size() + 1) continue;
      TableFacts& table = facts[open[k].first];
      table.has_rows = counts[0] > 0;
      if (!needed.null_columns.empty()) table.rows = counts[0];
      for (std::size_t c = 0; c < needed.null_columns.size(); ++c)
        table.null_counts[fold_name(needed.null_columns[c])] = counts[c + 1];
      ++answered;
    }
    if (answered != last - first)
      return Error(
          "facts-unreadable"_code,
          fmt::format("{} of {} answered when their NULLs were counted", answered, counted(last - first, "table")),
          "run again; if it stays so, report it with the log of the run");
  }
  return facts;
}

// A Delta table takes a plain new column whatever hangs on it, and to ask what does costs a statement a table.
bool needs_dependents(const TableDifference& difference, const Dialect& dialect) {
  if (!dialect.capabilities().table_features || !difference.removed.empty() || !difference.changed.empty()) return true;
  return !std::all_of(difference.added.begin(), difference.added.end(), [&dialect](const Column& column) {
    return column.nullable && !column.default_expression && !column.generated &&
           dialect.features_for_addition({column.name}, column.type).empty();
  });
}

}  // namespace

Result<std::vector<TablePlan>> plan_tables(Warehouse& warehouse, const Dialect& dialect,
                                           std::vector<TableDifference> differences, const AlterationPolicy& policy,
                                           const Call& call) {
  std::vector<TablePlan> plans;
  if (differences.empty()) return plans;
  std::vector<TableName> tables;
  for (const TableDifference& difference : differences)
    if (needs_dependents(difference, dialect)) tables.push_back(difference.destination);
  const Result<std::vector<Dependents>> dependents =
      tables.empty() ? std::vector<Dependents>() : warehouse.dependents(tables.front().catalog, tables, call);
  if (!dependents) return Error(dependents.error()).with_context("while reading what hangs on the tables to change");
  std::map<std::string, const Dependents*> by_table;
  for (const Dependents& entry : *dependents) by_table.emplace(fold_name(entry.table.in_catalog()), &entry);
  const Result<std::vector<TableFacts>> facts = measure(warehouse, dialect, differences, call);
  if (!facts) return facts.error();

  const Dependents none;
  plans.resize(differences.size());
  parallel_for(plans.size(), processors(), {}, [&](std::size_t i) {
    const auto found = by_table.find(fold_name(differences[i].destination.in_catalog()));
    const Dependents& hanging = found == by_table.end() ? none : *found->second;
    plans[i].alteration = plan_alteration(differences[i], dialect, hanging, (*facts)[i], policy);
    plans[i].difference = std::move(differences[i]);
  });
  return plans;
}

}  // namespace lockstep
