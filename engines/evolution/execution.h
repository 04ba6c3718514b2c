// Turns plans into actions, executes them, and reads the tables back before anything is called applied.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/evolution/planner.h"
#include "engines/step.h"
#include "specs/result.h"

namespace lockstep {

// A plan and the table it leads to.
struct WantedTable {
  Table wanted;    // the source's description
  TablePlan plan;  // plan.alteration.statements is what will be executed
};

// One Action a statement, `changes` set, table by table.
std::vector<Action> actions_for(const std::vector<WantedTable>& tables, const std::string& connection);

struct TableOutcome {
  enum class State { not_planned, applied, failed, unknown };
  State state = State::not_planned;  // not_planned: the plan has no statements
  std::optional<Error> error;        // failed, unknown
  // A part of the plan has taken all the same: `taken` holds what of it was read back. Never so with transactions,
  // save those of several rounds.
  bool partly = false;
  Alteration taken;  // added, dropped, altered
};

struct Executed {
  std::vector<TableOutcome> tables;    // one a WantedTable, in order
  std::optional<std::string> version;  // the destination's, as read back
};

// Which tables are read back. Where the engine has transactions all are: a COMMIT that returned proves nothing.
enum class ReadBack {
  always,
  in_doubt,  // not those whose every statement the server has answered as succeeded, each a commit of its own
};

// `actions` are those of actions_for(), as they came back from look(): exactly these are executed. A table is `applied`
// when the description read after the COMMITs holds nothing more to do, or, in_doubt, at the server's word;
// "change-not-applied" names what did not take; "change-unconfirmed" says that the table could not be read back. Where
// the engine has no transactions, a table that failed midway says how far it came. "outcome-unknown" of a warehouse
// makes the table `unknown` unless it was read back as planned.
Result<Executed> execute(Warehouse& warehouse, const Dialect& dialect, const StepContext& context,
                         const std::vector<Action>& actions, const std::vector<WantedTable>& tables,
                         const AlterationPolicy& policy, const IgnoredAspects& ignored, std::size_t max_workers,
                         ReadBack read_back = ReadBack::always);

}  // namespace lockstep
