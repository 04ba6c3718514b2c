#include "engines/query/sql_query.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/query/expectation.h"
#include "specs/counted.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kDefaultRows = 1000;
// What the schema allows; more rows than that are no result for a report but a table's content.
constexpr std::uint64_t kMostRows = 1'000'000;

struct QueryRequest {
  Statement statement;
  std::uint64_t max_rows = kDefaultRows;  // kept; statement.max_rows may be more, to decide an expectation
  std::optional<Expectation> expectation;
};

Error invalid(std::string what) {
  return Error("input-invalid"_code, std::move(what), "see `lockstep schema sql/query` for the fields");
}

Result<QueryRequest> read_query_request(const Json& inputs) {
  QueryRequest request;
  const auto statement = inputs.find("statement");
  if (statement == inputs.end() || !statement->is_string()) return invalid("`statement` must be a text");
  request.statement.sql = statement->get<std::string>();
  request.statement.long_running = true;
  if (const auto parameters = inputs.find("parameters"); parameters != inputs.end() && !parameters->is_null()) {
    if (!parameters->is_object()) return invalid("`parameters` must be a mapping of names to values");
    for (const auto& [name, value] : parameters->items()) {
      if (!value.is_primitive()) return invalid(fmt::format("the parameter \"{}\" must be a single value", name));
      request.statement.parameters.emplace_back(name, value);
    }
  }
  if (const auto rows = inputs.find("max_rows"); rows != inputs.end() && rows->is_number_integer())
    request.max_rows = static_cast<std::uint64_t>(std::clamp<std::int64_t>(rows->get<std::int64_t>(), 0, kMostRows));
  request.statement.max_rows = request.max_rows;
  if (const auto expect = inputs.find("expect"); expect != inputs.end() && !expect->is_null()) {
    Result<Expectation> expectation = Expectation::from_json(*expect);
    if (!expectation) return std::move(expectation).error();
    request.expectation = std::move(expectation).value();
    request.statement.max_rows = std::max(request.max_rows, request.expectation->rows_needed());
  }
  return request;
}

// Rows beyond max_rows were fetched only to decide the expectation.
Json outputs_of(const Rows& rows, std::uint64_t max_rows) {
  const std::size_t kept = static_cast<std::size_t>(std::min<std::uint64_t>(rows.rows.size(), max_rows));
  Json columns = Json::array();
  for (const ResultColumn& column : rows.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
  Json cells = Json::array();
  for (std::size_t i = 0; i < kept; ++i) cells.push_back(rows.rows[i]);
  Json outputs = {{"columns", std::move(columns)},
                  {"rows", std::move(cells)},
                  {"row_count", kept},
                  {"truncated", rows.truncated || kept < rows.rows.size()}};
  if (rows.changed >= 0) outputs["rows_changed"] = rows.changed;
  return outputs;
}

std::string figure_of(const Json& outputs) {
  if (outputs.contains("rows_changed")) return counted(outputs["rows_changed"].get<std::int64_t>(), "row") + " changed";
  const auto count = outputs["row_count"].get<std::size_t>();
  return (outputs["truncated"].get<bool>() ? "first " : "") + counted(count, "row");
}

bool depends_on_tables(const Error& error) {
  return error.code == "sql-unknown-name" || error.code == "sql-not-bound";
}

class SqlQuery : public Step {
 public:
  explicit SqlQuery(QueryRequest request) : request_(std::move(request)) {}

  Result<Look> look(const StepContext& context) override {
    Result<Warehouse*> warehouse = context.warehouses.get(context.connection);
    if (!warehouse) return std::move(warehouse).error();
    warehouse_ = *warehouse;
    Result<bool> changes = warehouse_->would_change(request_.statement, context.call);
    // A dry run, and the live run would make the catalog: the engine cannot check the statement, its words can.
    if (!changes && changes.error().code == "catalog-not-made-yet" &&
        !only_reads(statement_words(request_.statement.sql)))
      return unchecked(context, changes.error());
    // Likewise names and columns that an earlier step may be about to make: the runner knows whether one is.
    if (!changes && !context.acts && depends_on_tables(changes.error()) &&
        !only_reads(statement_words(request_.statement.sql))) {
      Look look = unchecked(context, changes.error());
      look.preview.failure = changes.error();
      return look;
    }
    if (!changes) return std::move(changes).error();
    Action action;
    action.connection = context.connection;
    action.target = context.connection;
    action.text = request_.statement.sql;
    action.why = request_.expectation ? "run the statement and hold its result against `expect`"
                 : *changes           ? "run the statement"
                                      : "read the statement's rows";
    action.changes = *changes;
    Look look;
    look.outputs_unknown = true;
    look.actions.push_back(std::move(action));
    look.preview.figure = *changes ? "1 statement that changes data" : "1 statement that reads";
    return look;
  }

  [[nodiscard]] Look unchecked(const StepContext& context, const Error& why) const {
    Action action;
    action.connection = context.connection;
    action.target = context.connection;
    action.text = request_.statement.sql;
    action.why = "run the statement; not checked: " + why.message;
    action.changes = true;
    Look look;
    look.outputs_unknown = true;
    look.actions.push_back(std::move(action));
    look.preview.figure = "1 statement that changes data, not checked";
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    const Action& action = look.actions.front();
    if (Result<void> started = context.log.started(action); !started) return started.error();
    Result<Rows> rows = warehouse_->run(request_.statement, context.call);
    const std::optional<Error> error = rows ? std::nullopt : std::optional<Error>(rows.error());
    if (Result<void> finished = context.log.finished(action, error); !finished && rows) return finished.error();
    if (!rows) return std::move(rows).error();

    Outcome outcome;
    outcome.outputs = outputs_of(*rows, request_.max_rows);
    outcome.figure = figure_of(outcome.outputs);
    if (request_.expectation) outcome.failure = request_.expectation->check(*rows);
    return outcome;
  }

 private:
  QueryRequest request_;
  Warehouse* warehouse_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Step>> make_sql_query(const Json& inputs) {
  Result<QueryRequest> request = read_query_request(inputs);
  if (!request) return std::move(request).error();
  return std::unique_ptr<Step>(std::make_unique<SqlQuery>(std::move(request).value()));
}

}  // namespace lockstep
