#include "engines/evolution/obstacles.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

std::string_view words(ColumnOperation operation) {
  switch (operation) {
    case ColumnOperation::rename:
      return "be renamed";
    case ColumnOperation::change_type:
      return "change its type";
    case ColumnOperation::drop:
      return "be dropped";
    case ColumnOperation::tighten:
      return "become NOT NULL";
    case ColumnOperation::relax:
      return "lose NOT NULL";
    case ColumnOperation::set_default:
      return "get another default";
    case ColumnOperation::add_field:
      return "gain a field";
    case ColumnOperation::fill:
      return "be filled with its default";
  }
  return "be changed";
}

bool concerns(const Dependents::Constraint& constraint, std::string_view name) {
  const std::string folded = fold_name(name);
  return std::any_of(constraint.columns.begin(), constraint.columns.end(),
                     [&](const std::string& column) { return fold_name(column) == folded; }) ||
         (constraint.kind == "CHECK" && sql_mentions(constraint.text, name));
}

bool forbids(const std::string& kind, ColumnOperation operation) {
  if (kind == "NOT NULL") return false;
  switch (operation) {
    case ColumnOperation::change_type:
    case ColumnOperation::add_field:
    case ColumnOperation::drop:  // DuckDB drops a one-column CHECK along with its column; that would be a silent loss
      return true;
    case ColumnOperation::rename:
      return kind == "FOREIGN KEY";
    case ColumnOperation::relax:  // accepted, but a key stays NOT NULL
      return kind == "PRIMARY KEY";
    case ColumnOperation::tighten:
    case ColumnOperation::set_default:
    case ColumnOperation::fill:
      return false;
  }
  return false;
}

}  // namespace

Error column_blocked(std::string_view name, ColumnOperation operation, const std::string& because, std::string remedy) {
  return Error("column-has-dependents"_code,
               fmt::format("column \"{}\" cannot {}: {}", name, words(operation), because), std::move(remedy));
}

std::optional<Error> view_obstacle(const Dependents& dependents, std::string_view name, ColumnOperation operation,
                                   const ColumnPath& below) {
  if (operation != ColumnOperation::rename && operation != ColumnOperation::drop) return std::nullopt;
  for (const Dependents::View& view : dependents.views)
    if (sql_mentions(view.sql, below.empty() ? name : std::string_view(below.back())))
      return column_blocked(name, operation, fmt::format("view \"{}\" names it and would break", view.name),
                            fmt::format("change or drop the view \"{}\" first", view.name));
  return std::nullopt;
}

std::optional<Error> obstacle(const Dependents& dependents, std::string_view name, ColumnOperation operation,
                              const ColumnPath& below) {
  if (!dependents.indexes.empty()) {
    const Dependents::Index& index = dependents.indexes.front();
    return column_blocked(name, operation, fmt::format("index \"{}\" hangs on the table", index.name),
                          fmt::format("drop the index, run again, then create it anew: {}", index.sql));
  }
  if (!dependents.referenced_by.empty())
    return column_blocked(
        name, operation, fmt::format("a foreign key of \"{}\" points to the table", dependents.referenced_by.front()),
        "the engine alters no table that a foreign key points to: create the referencing table anew without "
        "the key, or leave the column as it is on both sides");
  for (const Dependents::Constraint& constraint : dependents.constraints)
    if (forbids(constraint.kind, operation) && concerns(constraint, name))
      return column_blocked(
          name, operation, fmt::format("it is part of {}", constraint.text.empty() ? constraint.kind : constraint.text),
          "the engine cannot drop a constraint: create the table anew without it, or leave the column as it "
          "is on both sides");
  const bool reads_type = operation == ColumnOperation::change_type || operation == ColumnOperation::add_field ||
                          operation == ColumnOperation::drop;
  if (reads_type)
    for (const Dependents::GeneratedColumn& generated : dependents.generated)
      if (fold_name(generated.name) != fold_name(name) && sql_mentions(generated.expression, name))
        return column_blocked(
            name, operation, fmt::format("generated column \"{}\" is computed from it", generated.name),
            fmt::format("drop the generated column \"{}\", run again, and create it anew", generated.name));
  return view_obstacle(dependents, name, operation, below);
}

}  // namespace lockstep
