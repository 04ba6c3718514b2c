// A connection of the runbook: runs one statement at a time per caller, and reads catalogs in bulk.
// Thread-safe: any number of threads may call; at most the connection's in-flight budget of statements run at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/call.h"
#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

struct Statement {
  std::string sql;                                       // exactly one statement
  std::vector<std::pair<std::string, Json>> parameters;  // named, without the sigil; scalars only
  std::uint64_t max_rows = 100'000;                      // rows returned at most; more set Rows::truncated
  // It may run for long (a person wrote it): a server is asked for its id at once rather than for its result soon, so
  // that it can be followed and cancelled from the first moment on.
  bool long_running = false;
  // Of our own making, only reads, and returns rows: so its words, which are many in a digest, need not be looked at.
  bool is_query = false;
};

struct ResultColumn {
  std::string name;
  std::string type;  // as the engine prints it
};

// Cells: integers up to 64 bits, booleans, null as JSON; floats as JSON numbers (NaN and infinities as strings);
// everything else (DECIMAL, HUGEINT, dates, times, nested) as the engine's text.
struct Rows {
  std::vector<ResultColumn> columns;
  std::vector<std::vector<Json>> rows;
  bool truncated = false;
  std::int64_t changed = -1;  // rows changed by DML; -1: not known or not DML
};

// Stamped on a commit where the engine can (Capabilities::commit_message).
struct CommitStamp {
  std::string author = "lockstep";
  std::string message;  // holds run id and step
  Json extra = Json::object();
};

class Warehouse {
 public:
  virtual ~Warehouse() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // the connection's name

  // Makes a catalog ready (attaches it) and returns its dialect. Errors: "catalog-unknown" (not in `catalogs:`),
  // "catalog-not-found" (the file is missing and this run may not create it), "catalog-locked" (another process).
  virtual Result<const Dialect*> open(std::string_view catalog, const Call& call) = 0;
  // The newest version now; absent when the engine has none.
  virtual Result<std::optional<std::string>> version(std::string_view catalog, const Call& call) = 0;
  // The newest version of one table, where versions are a table's own; the catalog's elsewhere.
  virtual Result<std::optional<std::string>> table_version(const TableName& table, const Call& call) {
    return version(table.catalog, call);
  }
  // What the connection leads to, so that two connections to one place can be told from two places. Without secrets.
  [[nodiscard]] virtual std::string identity() const { return name(); }

  virtual Result<Rows> run(const Statement& statement, const Call& call) = 0;
  // Whether running the statement would change anything (by preparing it, not by running it). Refuses what run() would
  // refuse before it runs: a parameter that is missing or not used, BEGIN and its like.
  virtual Result<bool> would_change(const Statement& statement, const Call& call) = 0;

  // All tables and views of the catalogs, in at most two statements for all of them together.
  // A pinned version reads the columns as of then.
  virtual Result<std::vector<CatalogContents>> describe(const std::vector<std::string>& catalogs, const Call& call) = 0;
  // The same without columns, where asking for them costs (CatalogContents::columns_known tells).
  virtual Result<std::vector<CatalogContents>> list_tables(const std::vector<std::string>& catalogs, const Call& call) {
    return describe(catalogs, call);
  }
  // Those of one catalog that hold the named tables (as describe() spelled them), and perhaps more.
  virtual Result<CatalogContents> describe_tables(const std::string& catalog, const std::vector<TableName>& /*tables*/,
                                                  const Call& call) {
    Result<std::vector<CatalogContents>> contents = describe({catalog}, call);
    if (!contents) return std::move(contents).error();
    if (contents->size() != 1)
      return Error("unexpected-result"_code, "the engine described another number of catalogs than it was asked for",
                   "report this as a defect, with the runbook");
    return std::move(contents->front());
  }
  // Constraints, indexes, generated columns and views of the named tables of one catalog, in a bounded number of
  // statements.
  virtual Result<std::vector<Dependents>> dependents(std::string_view catalog, const std::vector<TableName>& tables,
                                                     const Call& call) = 0;

  // All statements or none (where the engine has transactions): BEGIN, each, COMMIT; ROLLBACK after any error.
  // Success says only that COMMIT returned: the caller reads back before it says "applied".
  virtual Result<void> transact(std::string_view catalog, const std::vector<std::string>& statements,
                                const CommitStamp& stamp, const Call& call) = 0;

  // Statements sent so far, for tests and benchmarks.
  [[nodiscard]] virtual std::uint64_t statements_sent() const = 0;
};

// The connections of a run, opened on first use. Thread-safe.
class Warehouses {
 public:
  virtual ~Warehouses() = default;
  virtual Result<Warehouse*> get(std::string_view connection) = 0;
  // A connection that a step describes itself, in the form of its `target_workspace`; one and the same for equal
  // settings. Its name is the host's. Errors: those of get().
  virtual Result<Warehouse*> open_inline(const Json& /*settings*/, const std::string& /*directory*/) {
    return Error("connection-unknown"_code, "this run has no connections to a workspace", "name one with `target`");
  }
};

}  // namespace lockstep
