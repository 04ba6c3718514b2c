// One statement on a SQL warehouse, from its submit to the last row: the SQL Statement Execution API 2.0.
//
// A statement is submitted once. The submit is repeated only where nothing can have run (refused, 429, 503 with
// Retry-After); whatever else goes wrong with it is settled through the query history by the submit's own tags, or ends
// as "outcome-unknown".
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "engines/warehouse/in_flight.h"
#include "engines/warehouse/warehouse.h"
#include "engines/workspace/workspace.h"

namespace lockstep {

// Waits and limits, and the seams for tests.
struct StatementPace {
  std::function<SteadyTime()> now = &std::chrono::steady_clock::now;
  // Returns when the time is over, or when the call is stopped or its deadline passes. Null: really waits.
  std::function<void(std::chrono::milliseconds, const Call&)> wait;
  std::chrono::milliseconds first_poll{
      80};  // each wait is a quarter longer than the one before: at most 12.5 polls a second
  std::chrono::milliseconds longest_poll{4000};
  std::chrono::milliseconds quiet{500};                // PENDING for longer is shown
  std::chrono::milliseconds poll_patience{60'000};     // without any answer to a poll
  std::chrono::milliseconds cancel_grace{2000};        // for the cancel and the terminal state after it
  std::chrono::milliseconds history_patience{10'000};  // for a row to appear
};

// Thread-safe.
class StatementClient {
 public:
  // `connection`: its name, for the journal. `workspace` outlives the client.
  StatementClient(std::string connection, Workspace& workspace, StatementPace pace = {});

  // Errors, beside those of Workspace::send:
  //  "sql-failed", "sql-invalid", "sql-unknown-name": the server ran or refused it; its message, class and SQLSTATE.
  //  "statement-canceled": somebody else cancelled it.
  //  "result-gone": it ran, and its rows cannot be had any more. "result-incomplete": rows are missing.
  //  "outcome-unknown": it may have run, and nothing shows whether it did.
  //  "timeout", "cancelled": interrupted; the server was asked to cancel it, and what it answered is in the context.
  // `budget`: of the connection, in which the caller has a place; its chunks may take more of them. May be null.
  Result<Rows> run(const Statement& statement, const Call& call, InFlight* budget = nullptr);

 private:
  const std::string connection_;
  Workspace& workspace_;
  const StatementPace pace_;
};

}  // namespace lockstep
