#include "engines/warehouse/duckdb/session.h"

#include <fmt/format.h>
#include <array>
#include <set>
#include <unordered_set>

#include "engines/warehouse/duckdb/cells.h"
#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kFixSql = "correct the statement; the engine's message above says where it stumbled";

// What only reads. Everything else may change something, as far as the statement's kind tells.
bool kind_reads(duckdb_statement_type type) {
  return type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_RELATION ||
         type == DUCKDB_STATEMENT_TYPE_LOGICAL_PLAN;
}

// Functions that change something although a SELECT may call them [DuckDB and DuckLake 1.5.5, duckdb_functions()].
bool calls_what_changes(std::string_view sql) {
  static constexpr std::array kChanging = {
      "nextval"sv,
      "checkpoint"sv,
      "force_checkpoint"sv,
      "set_commit_message"sv,
      "set_option"sv,
      "ducklake_set_commit_message"sv,
      "ducklake_set_option"sv,
      "ducklake_add_data_files"sv,
      "ducklake_cleanup_old_files"sv,
      "ducklake_delete_orphaned_files"sv,
      "ducklake_expire_snapshots"sv,
      "ducklake_flush_inlined_data"sv,
      "ducklake_merge_adjacent_files"sv,
      "ducklake_rewrite_data_files"sv,
  };
  const std::unordered_set<std::string> names = mentioned_names(sql);
  return std::any_of(kChanging.begin(), kChanging.end(),
                     [&names](std::string_view name) { return names.contains(std::string(name)); });
}

Error controls_transactions() {
  return {"sql-transaction"_code, "a transaction cannot be begun or ended by a statement of its own",
          "each statement is a transaction of its own; leave out BEGIN, COMMIT and ROLLBACK"};
}

// Without the semicolon that may end it; the line break ends a comment that would hide the parenthesis.
std::string as_subquery(std::string_view sql) {
  return "(" + std::string(sql.substr(0, statement_length(sql))) + "\n)";
}

struct ResultHolder {
  const DuckDbApi& api;
  duckdb_result result{};
  explicit ResultHolder(const DuckDbApi& given) : api(given) {}
  ~ResultHolder() { api.destroy_result(&result); }
  ResultHolder(const ResultHolder&) = delete;
  ResultHolder& operator=(const ResultHolder&) = delete;
};

struct PendingHolder {
  const DuckDbApi& api;
  duckdb_pending_result pending = nullptr;
  explicit PendingHolder(const DuckDbApi& given) : api(given) {}
  ~PendingHolder() { api.destroy_pending(&pending); }
  PendingHolder(const PendingHolder&) = delete;
  PendingHolder& operator=(const PendingHolder&) = delete;
};

// A table, schema, column or function that is not there: "Catalog Error: Table with name x does not exist!". An earlier
// step of the run may be about to make it.
Error refused(const char* text) {
  std::string message = engine_message(text);
  bool unknown_name = message.find("does not exist") != std::string::npos && message.find("Parser Error") != 0;
  if (unknown_name)
    return {"sql-unknown-name"_code, std::move(message), "correct the name, or make what it names in an earlier step"};
  // What the binder refuses depends on the tables as they are.
  if (message.starts_with("Binder Error"))
    return {"sql-not-bound"_code, std::move(message), "correct the statement, or change the tables in an earlier step"};
  return {"sql-invalid"_code, std::move(message), std::string(kFixSql)};
}

Error failure(const Call& call, const char* text) {
  if (call.stopped()) return {"cancelled"_code, "the statement was interrupted", "run again when you are ready"};
  if (call.expired())
    return {"timeout"_code, "the statement was interrupted: timeout",
            "give the step a longer `timeout`, or make it do less"};
  return {"sql-failed"_code, engine_message(text), std::string(kFixSql)};
}

}  // namespace

std::string engine_message(const char* text) {
  std::string message = text == nullptr ? "the engine gave no reason" : text;
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

struct DuckDbSession::Prepared {
  const DuckDbApi& api;
  duckdb_extracted_statements extracted = nullptr;
  duckdb_prepared_statement statement = nullptr;
  explicit Prepared(const DuckDbApi& given) : api(given) {}
  ~Prepared() {
    if (statement != nullptr) api.destroy_prepare(&statement);
    if (extracted != nullptr) api.destroy_extracted(&extracted);
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  // The result's columns, and a statement that casts to VARCHAR those that could not be read otherwise (empty: none).
  struct Shape {
    std::vector<ResultColumn> columns;
    std::string readable_sql;
  };
  [[nodiscard]] Shape shape(const std::string& sql) const {
    Shape shape;
    std::string casts;
    std::string names;
    bool all_readable = true;
    idx_t count = api.prepared_statement_column_count(statement);
    for (idx_t i = 0; i < count; ++i) {
      const char* name = api.prepared_statement_column_name(statement, i);
      duckdb_logical_type type = api.prepared_statement_column_logical_type(statement, i);
      bool readable = type == nullptr || readable_type(api, type);
      shape.columns.push_back(
          {name == nullptr ? std::string() : name, type == nullptr ? std::string() : logical_type_text(api, type)});
      if (name != nullptr) api.free(const_cast<char*>(name));  // duckdb.h: "must be freed with `duckdb_free`"
      api.destroy_logical_type(&type);
      all_readable = all_readable && readable;
      names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
      casts += i == 0 ? "" : ", ";
      casts += readable ? fmt::format("c{}", i) : fmt::format("CAST(c{} AS VARCHAR)", i);
    }
    if (!all_readable && api.prepared_statement_type(statement) == DUCKDB_STATEMENT_TYPE_SELECT)
      shape.readable_sql = "SELECT " + casts + " FROM " + as_subquery(sql) + " AS q(" + names + ")";
    return shape;
  }
};

Result<std::unique_ptr<DuckDbSession>> DuckDbSession::connect(const DuckDbApi& api, Watchdog& watchdog,
                                                              duckdb_database database) {
  duckdb_connection connection = nullptr;
  if (api.connect(database, &connection) != DuckDBSuccess)
    return Error("engine-failed"_code, "DuckDB gave no connection", "report this with the runbook that shows it");
  return std::unique_ptr<DuckDbSession>(new DuckDbSession(api, watchdog, connection));
}

DuckDbSession::~DuckDbSession() {
  api_.disconnect(&connection_);
}

Result<std::unique_ptr<DuckDbSession::Prepared>> DuckDbSession::prepare(const std::string& sql) {
  if (sql.find('\0') != std::string::npos)
    return Error("sql-invalid"_code, "the statement holds a NUL character", std::string(kFixSql));
  auto prepared = std::make_unique<Prepared>(api_);
  idx_t count = api_.extract_statements(connection_, sql.c_str(), &prepared->extracted);
  if (count == 0) {
    const char* error = api_.extract_statements_error(prepared->extracted);
    if (error != nullptr && *error != '\0')
      return Error("sql-invalid"_code, engine_message(error), std::string(kFixSql));
    return Error("sql-not-one-statement"_code, "there is no statement in the text", "write one SQL statement");
  }
  if (count > 1)
    return Error("sql-not-one-statement"_code, fmt::format("the text holds {} statements; one is run at a time", count),
                 "make a step of each statement, or use for_each over a list of statements");
  if (api_.prepare_extracted_statement(connection_, prepared->extracted, 0, &prepared->statement) != DuckDBSuccess)
    return refused(api_.prepare_error(prepared->statement));
  return prepared;
}

Result<void> DuckDbSession::bind_one(duckdb_prepared_statement prepared, idx_t index, const std::string& name,
                                     const Json& value) {
  duckdb_state state = DuckDBError;
  if (value.is_null())
    state = api_.bind_null(prepared, index);
  else if (value.is_boolean())
    state = api_.bind_boolean(prepared, index, value.get<bool>());
  else if (value.is_number_unsigned())
    state = api_.bind_uint64(prepared, index, value.get<std::uint64_t>());
  else if (value.is_number_integer())
    state = api_.bind_int64(prepared, index, value.get<std::int64_t>());
  else if (value.is_number_float())
    state = api_.bind_double(prepared, index, value.get<double>());
  else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    state = api_.bind_varchar_length(prepared, index, text.data(), text.size());
  }
  if (state == DuckDBSuccess) return {};
  return Error("sql-parameter-invalid"_code, fmt::format("the parameter ${} cannot take this value", name),
               "parameters are strings, numbers, booleans or null");
}

Result<void> DuckDbSession::bind(Prepared& prepared, const Statement& statement) {
  idx_t count = api_.nparams(prepared.statement);
  std::set<std::string> used;
  for (idx_t index = 1; index <= count; ++index) {
    const char* name_text = api_.parameter_name(prepared.statement, index);
    std::string name = name_text == nullptr ? std::to_string(index) : name_text;
    if (name_text != nullptr) api_.free(const_cast<char*>(name_text));  // the header: "must be freed with duckdb_free"
    const Json* value = nullptr;
    for (const auto& [given, json] : statement.parameters)
      if (fold_name(given) == fold_name(name)) value = &json;
    if (value == nullptr)
      return Error("sql-parameter-missing"_code,
                   fmt::format("the statement uses ${}, and no parameter has this name", name),
                   fmt::format("add `{}: ...` to the step's `parameters`", name));
    used.insert(fold_name(name));
    // Small non-negative numbers must not become UBIGINT: `$n - 1` would then overflow.
    Json signed_value = value->is_number_unsigned() && value->get<std::uint64_t>() <= INT64_MAX
                            ? Json(static_cast<std::int64_t>(value->get<std::uint64_t>()))
                            : *value;
    if (Result<void> bound = bind_one(prepared.statement, index, name, signed_value); !bound) return bound;
  }
  for (const auto& [given, json] : statement.parameters)
    if (!used.contains(fold_name(given)))
      return Error("sql-parameter-unknown"_code, fmt::format("the statement does not use the parameter ${}", given),
                   "remove it from `parameters`, or write it into the statement");
  return {};
}

Result<Rows> DuckDbSession::run(const Statement& statement, const Call& call) {
  if (call.stopped() || call.expired()) return failure(call, nullptr);
  Watchdog::Guard guard(watchdog_, connection_, call);
  Result<std::unique_ptr<Prepared>> prepared = prepare(statement.sql);
  if (!prepared) return call.stopped() || call.expired() ? failure(call, nullptr) : std::move(prepared).error();
  duckdb_statement_type kind = api_.prepared_statement_type((*prepared)->statement);
  if (kind == DUCKDB_STATEMENT_TYPE_TRANSACTION) return controls_transactions();
  if (kind == DUCKDB_STATEMENT_TYPE_SET || kind == DUCKDB_STATEMENT_TYPE_VARIABLE_SET) altered_ = true;
  Prepared::Shape shape = (*prepared)->shape(statement.sql);
  // Casts hide the names and types that the statement has. Without casts the result itself knows them best: those of a
  // prepared statement are "unknown" where they depend on a parameter.
  std::vector<ResultColumn> hidden;
  if (!shape.readable_sql.empty())
    if (Result<std::unique_ptr<Prepared>> readable = prepare(shape.readable_sql); readable) {
      prepared = std::move(readable);
      hidden = std::move(shape.columns);
    }
  if (Result<void> bound = bind(**prepared, statement); !bound) return std::move(bound).error();
  return execute(**prepared, statement, std::move(hidden), call);
}

Result<void> DuckDbSession::control(const char* transaction_sql, const Call& call) {
  if (call.stopped() || call.expired()) return failure(call, nullptr);
  Watchdog::Guard guard(watchdog_, connection_, call);
  Statement statement{transaction_sql, {}, 1};
  Result<std::unique_ptr<Prepared>> prepared = prepare(statement.sql);
  if (!prepared) return std::move(prepared).error();
  if (Result<Rows> done = execute(**prepared, statement, {}, call); !done) return std::move(done).error();
  return {};
}

// `columns`: as known when the statement was prepared; the result's own where they were not known yet.
Result<Rows> DuckDbSession::execute(Prepared& prepared, const Statement& statement, std::vector<ResultColumn> columns,
                                    const Call& call) {
  PendingHolder pending(api_);
  if (api_.pending_prepared_streaming(prepared.statement, &pending.pending) != DuckDBSuccess)
    return failure(call, api_.pending_error(pending.pending));
  ResultHolder holder(api_);
  if (api_.execute_pending(pending.pending, &holder.result) != DuckDBSuccess)
    return failure(call, api_.result_error(&holder.result));

  Rows rows;
  bool returns_rows = api_.result_return_type(holder.result) == DUCKDB_RESULT_TYPE_QUERY_RESULT;
  if (api_.result_return_type(holder.result) == DUCKDB_RESULT_TYPE_CHANGED_ROWS)
    rows.changed = static_cast<std::int64_t>(api_.rows_changed(&holder.result));
  CellReader cells(api_, &holder.result);
  if (returns_rows) rows.columns = cells.columns();
  for (std::size_t i = 0; i < rows.columns.size() && i < columns.size(); ++i)
    if (!columns[i].type.empty()) rows.columns[i] = std::move(columns[i]);
  for (;;) {
    duckdb_data_chunk chunk = api_.fetch_chunk(holder.result);
    if (chunk == nullptr) break;
    if (returns_rows) rows.truncated = cells.append(chunk, statement.max_rows, rows.rows);
    if (rows.changed < 0 && !returns_rows && api_.data_chunk_get_size(chunk) == 1 &&
        api_.column_count(&holder.result) == 1 && api_.column_type(&holder.result, 0) == DUCKDB_TYPE_BIGINT)
      rows.changed = *static_cast<std::int64_t*>(api_.vector_get_data(api_.data_chunk_get_vector(chunk, 0)));
    api_.destroy_data_chunk(&chunk);
    if (rows.truncated) return rows;
  }
  const char* error = api_.result_error(&holder.result);
  if (error != nullptr && *error != '\0') return failure(call, error);
  return rows;
}

Result<bool> DuckDbSession::would_change(const Statement& statement, const Call& call) {
  if (call.stopped() || call.expired()) return failure(call, nullptr);
  Watchdog::Guard guard(watchdog_, connection_, call);
  Result<std::unique_ptr<Prepared>> prepared = prepare(statement.sql);
  if (!prepared) return call.stopped() || call.expired() ? failure(call, nullptr) : std::move(prepared).error();
  duckdb_statement_type type = api_.prepared_statement_type((*prepared)->statement);
  // What run() would refuse is refused here, so that a dry run shows it.
  if (type == DUCKDB_STATEMENT_TYPE_TRANSACTION) return controls_transactions();
  if (Result<void> bound = bind(**prepared, statement); !bound) return std::move(bound).error();
  if (type == DUCKDB_STATEMENT_TYPE_EXPLAIN) return sql_mentions(statement.sql, "analyze");  // EXPLAIN ANALYZE executes
  return !kind_reads(type) || calls_what_changes(statement.sql);
}

}  // namespace lockstep
