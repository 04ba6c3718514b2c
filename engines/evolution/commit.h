// Executes planned alterations: one transaction a table where commits are cheap, many tables a transaction where they
// are dear, statement by statement where there are no transactions. After every COMMIT nothing is believed: the caller
// reads the tables back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/step.h"
#include "engines/warehouse/warehouse.h"
#include "specs/result.h"

namespace lockstep {

// One table's share of look()'s actions: actions[first, first + rounds.size()), and the round of each.
struct TableWork {
  std::string table;  // schema.table, for messages
  std::size_t first = 0;
  std::vector<int> rounds;
};

struct TableResult {
  std::optional<Error> error;  // absent: every COMMIT returned
  // Statements whose commit returned before the error. The one that failed is not among them, but may have run as well
  // when its answer was lost.
  std::size_t applied = 0;
};

struct CommitOptions {
  std::string catalog;
  bool together = false;        // many tables a transaction (Capabilities::cheap_commits is false)
  std::size_t max_workers = 4;  // tables at once, when not together
  bool transactions = true;     // false: every statement commits by itself; a table stops at its first error
};

// One result a table, in order. An Error is only for a log that cannot be written: then nothing further was started.
// Uses threads of its own, which have ended on return.
Result<std::vector<TableResult>> commit_tables(Warehouse& warehouse, const StepContext& context,
                                               const std::vector<Action>& actions, const std::vector<TableWork>& work,
                                               const CommitOptions& options);

}  // namespace lockstep
