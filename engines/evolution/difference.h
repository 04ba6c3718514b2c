// What differs between a table and its clone, column by column. Pure: two descriptions in, one out; thread-safe.
// Position, and names that differ only in case, are notes: no engine can or need change them.
#pragma once

#include <string>
#include <vector>

#include "engines/evolution/rename.h"
#include "engines/evolution/type_merge.h"
#include "engines/warehouse/catalog.h"

namespace lockstep {

// Aspects that are left alone on request (the step's `ignore` list).
struct IgnoredAspects {
  bool comment = false;
  bool default_value = false;
  bool nullability = false;
};

struct ChangedColumn {
  Column source;
  Column destination;  // its name is the old one when renamed
  bool renamed = false;
  bool nullability = false;
  bool default_value = false;
  bool comment = false;
  TypeMerge type;  // type.changes empty: the types agree
};

struct TableDifference {
  TableName source;
  TableName destination;
  std::vector<Column> added;           // on the source only, in its order
  std::vector<Column> removed;         // on the destination only
  std::vector<ChangedColumn> changed;  // in the destination's order
  std::vector<TableRenames::Conflict> rename_conflicts;
  std::vector<std::string> notes;
  [[nodiscard]] bool empty() const {
    return added.empty() && removed.empty() && changed.empty() && rename_conflicts.empty();
  }
};

TableDifference difference(const Table& source, const Table& destination, const TableRenames& renames,
                           const IgnoredAspects& ignored);

}  // namespace lockstep
