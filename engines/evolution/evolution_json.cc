#include "engines/evolution/evolution_json.h"

#include <algorithm>

namespace lockstep {
namespace {

// As its engine printed it; a type that was put together here is printed by the destination's dialect.
std::string type_text(const DataType& type, const Dialect& dialect) {
  return type.text.empty() ? dialect.print_type(type) : type.text;
}

Json optional_text(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json(nullptr);
}

Json nested_json(const FieldChange& change, const Dialect& dialect) {
  Json entry = {{"path", path_text(change.path)}};
  if (change.kind != FieldChange::Kind::removed) entry["source_type"] = type_text(change.source, dialect);
  if (change.kind != FieldChange::Kind::added) entry["dest_type"] = type_text(change.destination, dialect);
  entry["change"] = change.kind == FieldChange::Kind::added     ? "added"
                    : change.kind == FieldChange::Kind::removed ? "removed"
                                                                : "type";
  return entry;
}

void append_changes(const ChangedColumn& column, const Dialect& dialect, Json& list) {
  const std::string& name = column.renamed ? column.source.name : column.destination.name;
  if (!column.type.changes.empty()) {
    Json entry = {{"column", name},
                  {"source_type", type_text(column.source.type, dialect)},
                  {"dest_type", type_text(column.destination.type, dialect)}};
    for (const FieldChange& change : column.type.changes)
      if (!change.path.empty()) entry["nested"].push_back(nested_json(change, dialect));
    list.push_back(std::move(entry));
  }
  const auto add = [&](const char* what, Json source, Json destination) {
    list.push_back(
        {{"column", name}, {"change", what}, {"source", std::move(source)}, {"dest", std::move(destination)}});
  };
  if (column.nullability) add("nullability", yes_no(column.source.nullable), yes_no(column.destination.nullable));
  if (column.default_value)
    add("default", optional_text(column.source.default_expression),
        optional_text(column.destination.default_expression));
  if (column.comment) add("comment", column.source.comment, column.destination.comment);
}

}  // namespace

std::string yes_no(bool nullable) {
  return nullable ? "YES" : "NO";
}

Json changes_json(const TableDifference& difference, const Dialect& destination) {
  Json added = Json::array();
  for (const Column& column : difference.added) {
    Json entry = {{"column", column.name},
                  {"data_type", type_text(column.type, destination)},
                  {"nullable", yes_no(column.nullable)}};
    if (column.default_expression && !column.generated) entry["default"] = *column.default_expression;
    if (!column.comment.empty()) entry["comment"] = column.comment;
    if (column.generated) entry["generated"] = true;
    added.push_back(std::move(entry));
  }
  Json removed = Json::array();
  for (const Column& column : difference.removed)
    removed.push_back({{"column", column.name}, {"data_type", type_text(column.type, destination)}});
  Json renamed = Json::array();
  Json changed = Json::array();
  for (const ChangedColumn& column : difference.changed) {
    if (column.renamed) renamed.push_back({{"column", column.source.name}, {"from", column.destination.name}});
    append_changes(column, destination, changed);
  }
  return {{"added_columns", std::move(added)},
          {"removed_columns", std::move(removed)},
          {"renamed_columns", std::move(renamed)},
          {"changed_columns", std::move(changed)}};
}

bool is_compatible(const TableDifference& difference, const Dialect& destination) {
  if (!difference.removed.empty() || !difference.rename_conflicts.empty()) return false;
  const bool additions = std::all_of(difference.added.begin(), difference.added.end(), [&](const Column& column) {
    return !column.generated && (column.nullable || column.default_expression) &&
           destination.unsupported_type(column.type).empty();
  });
  return additions &&
         std::all_of(difference.changed.begin(), difference.changed.end(), [&](const ChangedColumn& column) {
           if (column.nullability && !column.source.nullable) return false;
           const bool loses = std::any_of(column.type.changes.begin(), column.type.changes.end(),
                                          [](const FieldChange& c) { return c.kind == FieldChange::Kind::removed; });
           return column.type.changes.empty() ||
                  (!loses && destination.unsupported_type(column.type.with_removed).empty() &&
                   destination.type_change(column.destination.type, column.type.with_removed).verdict !=
                       TypeChange::Verdict::refused);
         });
}

Json statements_json(const std::vector<PlannedStatement>& statements) {
  Json list = Json::array();
  for (const PlannedStatement& statement : statements) list.push_back({{"sql", statement.sql}, {"why", statement.why}});
  return list;
}

Json refusal_json(const std::string& column, const Error& error) {
  return {{"column", column}, {"code", error.code}, {"error", error.message}, {"remedy", error.remedy}};
}

Json refusals_json(const std::vector<Refusal>& refusals) {
  Json list = Json::array();
  for (const Refusal& refusal : refusals) list.push_back(refusal_json(refusal.column, refusal.error));
  return list;
}

Json applied_json(const Alteration& alteration) {
  return {{"added", alteration.added},
          {"dropped", alteration.dropped},
          {"altered", alteration.altered},
          {"skipped", alteration.skipped}};
}

}  // namespace lockstep
