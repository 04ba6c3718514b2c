// The `changes` of schema-evolution/apply: detect's outputs, possibly old, possibly written by hand. Nothing in them
// reaches a statement as text: names are quoted, types parsed and printed anew, defaults checked and put into
// parentheses. Pure; thread-safe.
#pragma once

#include <vector>

#include "engines/evolution/alteration.h"
#include "engines/evolution/rename.h"
#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// The destination table as it should become. Only what `changes` names differs from `destination`.
struct ChangedTable {
  Table wanted;
  TableRenames renames;
};

// "changes-invalid": `changes` is no output of detect (says where and what), or is about another table, or about a
// table that is missing. "changes-stale": the table is not any more what the changes were found on; every stale column
// is a refusal in `stale`, and then the answer has no meaning.
struct AppliedChanges {
  ChangedTable table;
  std::vector<Refusal> stale;
};
Result<AppliedChanges> apply_changes(const Json& changes, const Table& destination, const Dialect& dialect);

}  // namespace lockstep
