// Renames are told, never inferred: the `rename` map of a step, and the guess that refuses a drop.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// What the map says about one table.
struct TableRenames {
  struct Rename {
    std::string from;  // the destination column, as written there
    std::string to;    // the source column, as written there
  };
  struct Conflict {
    std::string from;
    std::string to;
    std::string reason;
  };
  std::vector<Rename> renames;
  std::vector<Conflict> conflicts;  // told, but impossible
};

// The `rename` map: {old: new}, {"schema.table.old": new} or {"schema.table": {old: new}}. A key without schema and
// table is about every table that has such a column and whose source has the new name instead. Names match without
// case. Not thread-safe: it remembers which entries were of use.
class Renames {
 public:
  // Null means none. Errors: "rename-invalid".
  static Result<Renames> from_json(const Json& map);

  TableRenames for_table(const Table& source, const Table& destination);
  // Entries that fitted no table so far and are not done yet anywhere, as "old: new": most likely misspelt.
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  struct Entry {
    std::string key;
    std::string to;
    bool used = false;
  };
  Result<void> add(const std::string& key, const Json& value);

  std::map<std::string, Entry, std::less<>> entries_;  // by folded key
};

// The added column that a removed one may have become, when there is one: a near name, or the same type. Empty: none.
std::string likely_new_name(const Column& removed, const std::vector<Column>& added);

}  // namespace lockstep
