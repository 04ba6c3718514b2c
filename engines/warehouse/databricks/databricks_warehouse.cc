#include "engines/warehouse/databricks/databricks_warehouse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mutex>

#include "engines/parallel.h"
#include "engines/warehouse/databricks/metadata.h"
#include "specs/counted.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMetadataRows = 50'000'000;
// Above it a catalog is read as a whole: a statement of 2,000 names is 100 KB of SQL.
constexpr std::size_t kTablesNamed = 2'000;

bool interruption(const Error& error) {
  return error.code == "cancelled" || error.code == "timeout" || error.code == "authentication-refused";
}

}  // namespace

DatabricksWarehouse::DatabricksWarehouse(std::string name, std::unique_ptr<Workspace> workspace,
                                         std::size_t max_in_flight, StatementPace pace)
    : name_(std::move(name)),
      workspace_(std::move(workspace)),
      max_in_flight_(max_in_flight),
      statements_(name_, *workspace_, std::move(pace)),
      in_flight_(max_in_flight) {}

std::string DatabricksWarehouse::identity() const {
  return fmt::format("{} warehouse {}", workspace_->config().host, workspace_->config().warehouse_id);
}

Result<const Dialect*> DatabricksWarehouse::open(std::string_view /*catalog*/, const Call& /*call*/) {
  return static_cast<const Dialect*>(&dialect_);
}

Result<std::optional<std::string>> DatabricksWarehouse::version(std::string_view /*catalog*/, const Call& /*call*/) {
  return std::optional<std::string>();
}

Result<std::optional<std::string>> DatabricksWarehouse::table_version(const TableName& table, const Call& call) {
  Result<Rows> rows = ask(fmt::format("DESCRIBE HISTORY {} LIMIT 1", dialect_.qualified(table)), call);
  if (!rows) return std::move(rows).error().with_context(fmt::format("while reading the version of {}", table.full()));
  return read_table_version(*rows);
}

Result<Rows> DatabricksWarehouse::run(const Statement& statement, const Call& call) {
  Result<InFlight::Place> place = in_flight_.enter(call);
  if (!place) return std::move(place).error();
  sent_.fetch_add(1);
  return statements_.run(statement, call, &in_flight_);
}

Result<Rows> DatabricksWarehouse::ask(std::string sql, const Call& call) {
  Statement statement;
  statement.sql = std::move(sql);
  statement.is_query = true;
  statement.max_rows = kMetadataRows;
  return run(statement, call);
}

Result<bool> DatabricksWarehouse::would_change(const Statement& statement, const Call& /*call*/) {
  return !only_reads(statement_words(statement.sql, SqlFlavour::spark));
}

Result<std::vector<CatalogContents>> DatabricksWarehouse::describe(const std::vector<std::string>& catalogs,
                                                                   const Call& call) {
  if (catalogs.empty()) return std::vector<CatalogContents>();
  return read_contents(catalogs, {}, call);
}

Result<std::vector<CatalogContents>> DatabricksWarehouse::list_tables(const std::vector<std::string>& catalogs,
                                                                      const Call& call) {
  if (catalogs.empty()) return std::vector<CatalogContents>();
  Result<Rows> rows = ask_information_schema(catalogs, unity_tables_statement(dialect_, catalogs), call);
  if (!rows) return std::move(rows).error();
  return read_unity_tables(catalogs, *rows);
}

Result<CatalogContents> DatabricksWarehouse::describe_tables(const std::string& catalog,
                                                             const std::vector<TableName>& tables, const Call& call) {
  Result<std::vector<CatalogContents>> contents =
      read_contents({catalog}, tables.size() <= kTablesNamed ? tables : std::vector<TableName>(), call);
  if (!contents) return std::move(contents).error();
  return std::move(contents->front());
}

// One entry a catalog. Tables: those only, when there are any.
Result<std::vector<CatalogContents>> DatabricksWarehouse::read_contents(const std::vector<std::string>& catalogs,
                                                                        const std::vector<TableName>& tables,
                                                                        const Call& call) {
  Result<Rows> rows = ask_information_schema(catalogs, unity_contents_statement(dialect_, catalogs, tables), call);
  if (!rows) return std::move(rows).error();
  return read_unity_contents(dialect_, catalogs, *rows, columns_read_);
}

Result<Rows> DatabricksWarehouse::ask_information_schema(const std::vector<std::string>& catalogs, std::string sql,
                                                         const Call& call) {
  Result<Rows> rows = ask(std::move(sql), call);
  if (rows) return rows;
  return std::move(rows).error().with_context(
      fmt::format("while reading information_schema of {}", fmt::join(catalogs, " and ")));
}

Result<std::vector<Dependents>> DatabricksWarehouse::dependents(std::string_view catalog,
                                                                const std::vector<TableName>& tables,
                                                                const Call& call) {
  if (tables.empty()) return std::vector<Dependents>();
  // The catalog's statement is one among the tables' own: all are under way at once.
  std::vector<std::optional<Result<Rows>>> answers(tables.size() + 1);
  parallel_for(answers.size(), max_in_flight_, call, [&](std::size_t i) {
    answers[i] = i == 0 ? ask(unity_dependents_statement(dialect_, catalog), call)
                        : ask(fmt::format("DESCRIBE DETAIL {}", dialect_.qualified(tables[i - 1])), call);
  });
  const auto ended_early = [&call] {
    return call.stopped() ? Error("cancelled"_code, "stopped while reading what hangs on tables", "run again")
                          : Error("timeout"_code, "timeout while reading what hangs on tables",
                                  "give the step a longer `timeout`");
  };
  for (const std::optional<Result<Rows>>& answer : answers) {
    if (answer && !*answer && interruption(answer->error())) return answer->error();
    if (!answer) return ended_early();
  }
  if (!*answers.front()) return answers.front()->error();
  std::vector<Dependents> all = read_unity_dependents(tables, answers.front()->value());
  std::vector<std::size_t> generating;
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (*answers[i + 1] && read_table_detail(answers[i + 1]->value(), all[i])) generating.push_back(i);
  std::vector<std::optional<Error>> interrupted(generating.size());
  const std::size_t asked = parallel_for(generating.size(), max_in_flight_, call, [&](std::size_t k) {
    const std::size_t i = generating[k];
    const Result<Rows> definition = ask(fmt::format("SHOW CREATE TABLE {}", dialect_.qualified(tables[i])), call);
    if (definition)
      read_table_definition(*definition, all[i]);
    else if (interruption(definition.error()))
      interrupted[k] = definition.error();  // any other: the server still refuses what cannot be changed
  });
  for (std::optional<Error>& error : interrupted)
    if (error) return *std::move(error);
  if (asked < generating.size()) return ended_early();
  return all;
}

Result<void> DatabricksWarehouse::transact(std::string_view /*catalog*/, const std::vector<std::string>& statements,
                                           const CommitStamp& /*stamp*/, const Call& call) {
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Result<Rows> done = run({statements[i], {}}, call);
    if (done) continue;
    return std::move(done)
        .error()
        .with_context("in the statement " + statements[i])
        .with_context(fmt::format("{} of {} had been applied, each a commit of its own; {} not sent", i,
                                  counted(statements.size(), "statement"),
                                  counted(statements.size() - i - 1, "was", "were")));
  }
  return {};
}

}  // namespace lockstep
