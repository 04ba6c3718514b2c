// One DuckDB connection: runs one statement at a time. One thread uses it at a time.
#pragma once

#include <memory>
#include <string>

#include "engines/call.h"
#include "engines/warehouse/duckdb/api.h"
#include "engines/warehouse/duckdb/watchdog.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

class DuckDbSession {
 public:
  static Result<std::unique_ptr<DuckDbSession>> connect(const DuckDbApi& api, Watchdog& watchdog,
                                                        duckdb_database database);
  ~DuckDbSession();
  DuckDbSession(const DuckDbSession&) = delete;
  DuckDbSession& operator=(const DuckDbSession&) = delete;

  // Errors: "sql-invalid" (does not parse or bind), "sql-not-one-statement", "sql-parameter-missing",
  // "sql-parameter-unknown", "sql-parameter-invalid", "sql-transaction" (BEGIN and its like: a transaction must not
  // outlive the statement), "sql-failed", "timeout", "cancelled". The engine's words are the message.
  Result<Rows> run(const Statement& statement, const Call& call);
  Result<bool> would_change(const Statement& statement, const Call& call);

  // "BEGIN", "COMMIT", "ROLLBACK".
  Result<void> control(const char* transaction_sql, const Call& call);

  // A SET or USE changed it for all later statements: it must not serve another caller.
  [[nodiscard]] bool altered() const { return altered_; }

 private:
  DuckDbSession(const DuckDbApi& api, Watchdog& watchdog, duckdb_connection connection)
      : api_(api), watchdog_(watchdog), connection_(connection) {}

  struct Prepared;
  Result<std::unique_ptr<Prepared>> prepare(const std::string& sql);
  Result<Rows> execute(Prepared& prepared, const Statement& statement, std::vector<ResultColumn> columns,
                       const Call& call);
  Result<void> bind(Prepared& prepared, const Statement& statement);
  Result<void> bind_one(duckdb_prepared_statement prepared, idx_t index, const std::string& name, const Json& value);

  const DuckDbApi& api_;
  Watchdog& watchdog_;
  duckdb_connection connection_;
  bool altered_ = false;
};

// The engine's message without its "Parser Error: " and such kept: they tell the kind; trailing white space removed.
std::string engine_message(const char* text);

}  // namespace lockstep
