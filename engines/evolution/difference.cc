#include "engines/evolution/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "engines/evolution/default_text.h"
#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

ChangedColumn compare(const Column& source, const Column& destination, bool renamed, const IgnoredAspects& ignored) {
  ChangedColumn changed{source, destination, renamed, false, false, false, {}};
  changed.type = merge_types(source.type, destination.type);
  // A generated column takes neither NOT NULL nor a DEFAULT; what is printed as its default is its expression.
  const bool generated = source.generated || destination.generated;
  changed.nullability = !ignored.nullability && !generated && source.nullable != destination.nullable;
  changed.comment = !ignored.comment && source.comment != destination.comment;
  changed.default_value = !ignored.default_value && !generated &&
                          !same_default(source.default_expression, destination.default_expression, source.type);
  return changed;
}

bool differs(const ChangedColumn& column) {
  return column.renamed || column.nullability || column.default_value || column.comment || !column.type.changes.empty();
}

// Column by column the same, down to the spelling: most tables of a clone, for which nothing need be looked up.
bool equal(const Column& a, const Column& b) {
  return a.name == b.name && a.type->fields.empty() && same_type(a.type, b.type) && a.nullable == b.nullable &&
         a.default_expression == b.default_expression && a.comment == b.comment && a.generated == b.generated;
}

}  // namespace

TableDifference difference(const Table& source, const Table& destination, const TableRenames& renames,
                           const IgnoredAspects& ignored) {
  TableDifference result;
  result.source = source.name;
  result.destination = destination.name;
  result.rename_conflicts = renames.conflicts;
  const bool alike = source.columns.shares_with(destination.columns) ||
                     std::equal(source.columns.begin(), source.columns.end(), destination.columns.begin(),
                                destination.columns.end(), equal);
  if (renames.renames.empty() && alike) return result;
  std::unordered_map<std::string, std::string> new_names;  // folded destination name -> source name
  for (const TableRenames::Rename& rename : renames.renames) new_names.emplace(fold_name(rename.from), rename.to);

  const ColumnIndex in_source(source.columns);
  std::unordered_map<std::string, int> taken;  // source columns that have a partner
  int last_position = 0;
  bool moved = false;
  for (const Column& column : destination.columns) {
    const auto rename = new_names.find(fold_name(column.name));
    const bool renamed = rename != new_names.end();
    const Column* partner = in_source.find(renamed ? rename->second : column.name);
    if (partner == nullptr) {
      result.removed.push_back(column);
      continue;
    }
    taken.emplace(fold_name(partner->name), 1);
    moved = moved || partner->position < last_position;
    last_position = partner->position;
    if (!renamed && partner->name != column.name)
      result.notes.push_back(fmt::format("column \"{}\" is written \"{}\" on the source", column.name, partner->name));
    if (partner->generated != column.generated)
      result.notes.push_back(fmt::format("column \"{}\" is generated on the {} only", column.name,
                                         partner->generated ? "source" : "destination"));
    ChangedColumn changed = compare(*partner, column, renamed, ignored);
    for (const std::string& note : changed.type.notes)
      result.notes.push_back(fmt::format("column \"{}\": {}", column.name, note));
    if (differs(changed)) result.changed.push_back(std::move(changed));
  }
  bool behind_destination_only = false;
  for (const Column& column : source.columns)
    if (taken.count(fold_name(column.name)) == 0) {
      behind_destination_only = behind_destination_only || column.position < last_position;
      Column wanted = column;
      wanted.nullable = wanted.nullable || ignored.nullability;
      if (ignored.comment) wanted.comment.clear();
      if (ignored.default_value) wanted.default_expression.reset();
      result.added.push_back(std::move(wanted));
    }
  if (moved || behind_destination_only)
    result.notes.emplace_back(moved ? "the columns are in another order on the source"
                                    : "new columns go to the end: on the source they stand further to the front");
  return result;
}

}  // namespace lockstep
