// From a difference to statements in a safe order, or to the reasons why the table must stay as it is.
// Pure: everything that has to be read from the catalog (dependents, NULLs, rows) comes in as facts. Thread-safe.
//
// All or nothing: with one refusal there is no statement. What DuckDB 1.5.5 and DuckLake do was found by running them:
//  - a file's table with an index, or one that a foreign key of another table points to, takes only ADD COLUMN (top
//  level),
//    SET/DROP DEFAULT and COMMENT; a column in a key, CHECK or generated column keeps its type and cannot be dropped;
//  - on a file SET NOT NULL fails behind an UPDATE of the same transaction, so it comes first and fills are type
//  changes;
//  - on a DuckLake see Capabilities::not_null_from_statistics. More than one tightened column needs more than one
//    transaction: those that only tighten are the first rounds, so that a refusal there leaves the table untouched.
//  - views bind late: they survive every change but the rename or the drop of something they name.
// On Delta every statement is a commit of its own. So features come first, what can fail on data next, additions are
// one statement, and drops are last; each statement may be sent again, save RENAME and ADD, which a new look leaves
// out.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engines/evolution/difference.h"
#include "engines/evolution/statement_plan.h"
#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

struct Refusal {
  std::string column;  // dotted for a nested field
  Error error;
};

struct AlterationPolicy {
  bool drop_removed = false;
  std::set<TableFeature> enable_features = {};  // what may be turned on where a change needs it
};

// What look() measured about the destination table.
struct TableFacts {
  bool has_rows = true;                             // when not measured, the careful answer
  std::map<std::string, std::int64_t> null_counts;  // by folded destination column
  std::int64_t rows = -1;                           // all of them; -1: not counted
};

// What must be measured before plan_alteration() can decide.
struct FactsNeeded {
  bool rows = false;
  std::vector<std::string> null_columns;  // destination columns whose NULLs count
  [[nodiscard]] bool any() const { return rows || !null_columns.empty(); }
};
FactsNeeded facts_needed(const TableDifference& difference);

struct Alteration {
  std::vector<PlannedStatement> statements;  // by round
  std::vector<Refusal> refusals;
  std::vector<std::string> added;  // columns, and nested fields as dotted paths
  std::vector<std::string> dropped;
  std::vector<std::string> altered;
  std::vector<std::string> skipped;  // on the destination only, kept since drop_removed is off
  std::vector<std::string> notes;
  std::vector<std::string> upgrades;  // table features that are turned on, for good
};

Alteration plan_alteration(const TableDifference& difference, const Dialect& dialect, const Dependents& dependents,
                           const TableFacts& facts, const AlterationPolicy& policy);

}  // namespace lockstep
