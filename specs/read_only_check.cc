// check_read_only of specs/runbook.h.
#include <fmt/format.h>

#include <algorithm>

#include "specs/json_member.h"
#include "specs/runbook.h"
#include "specs/runbook_shape.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

// The catalogs of a DuckDB connection; null: they are not told.
const Member* catalogs_of(const Runbook& runbook, const std::string& name) {
  const ConnectionSpec* connection = runbook.connection(name);
  if (connection == nullptr || connection->type != "duckdb" || connection->node->kind != Node::Kind::map)
    return nullptr;
  const Member* catalogs = connection->node->find("catalogs");
  return catalogs != nullptr && catalogs->value.kind == Node::Kind::map ? catalogs : nullptr;
}

const Member* read_only_mark(const Member& catalog) {
  const Member* mark = catalog.value.kind == Node::Kind::map ? catalog.value.find("read_only") : nullptr;
  return mark != nullptr && mark->value.kind == Node::Kind::boolean && mark->value.scalar == true ? mark : nullptr;
}

// `who` writes to the catalog `name`, as `place` says.
void check_catalog(const Member* catalogs, std::string_view name, std::string_view who, Span place,
                   Diagnostics& diagnostics) {
  if (catalogs == nullptr) return;
  for (const Member& catalog : catalogs->value.members) {
    const Member* mark = same_name(catalog.key, name) ? read_only_mark(catalog) : nullptr;
    if (mark == nullptr) continue;
    diagnostics
        .error("catalog-read-only"_code, place,
               fmt::format("{} writes to the catalog \"{}\", which is marked read_only", who, catalog.key),
               "remove read_only from the catalog, or write to another one")
        .related.push_back({mark->key_span, "marked here"});
  }
}

void check_statement_targets(const Runbook& runbook, const StepSpec& step, const Json& inputs,
                             Diagnostics& diagnostics) {
  const Member* statement = step.with->find("statement");
  const Json* text = find_member(inputs, "statement");
  const Member* catalogs = catalogs_of(runbook, step.connection);
  if (statement == nullptr || text == nullptr || !text->is_string() || catalogs == nullptr) return;
  // Before the words are read: there can be ten thousand steps, and few catalogs are marked.
  if (std::none_of(catalogs->value.members.begin(), catalogs->value.members.end(), read_only_mark)) return;
  const std::vector<StatementWord> words = statement_words(text->get_ref<const std::string&>());
  std::vector<std::string> targets = written_catalogs(words).value_or(std::vector<std::string>());
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end(), same_name), targets.end());
  for (const std::string& target : targets)
    check_catalog(catalogs, target, "the statement", statement->value.span, diagnostics);
}

}  // namespace

void check_read_only(const Runbook& runbook, const StepSpec& step, const Json& inputs,
                     const std::vector<CatalogAccess>& accesses, Diagnostics& diagnostics) {
  const StepShape* shape = step_shape(step.uses);
  if (shape == nullptr || step.with == nullptr || step.with->kind != Node::Kind::map) return;
  if (shape->runs_sql) return check_statement_targets(runbook, step, inputs, diagnostics);
  for (const CatalogField& field : shape->catalogs) {
    const Member* given = step.with->find(field.name);
    const std::string name = text_member(inputs, field.name);
    if (!field.writes || given == nullptr || name.empty()) continue;
    for (const CatalogAccess& access : accesses)
      if (access.writes && access.catalog == name)
        check_catalog(catalogs_of(runbook, access.connection), name, fmt::format("this {} step", step.uses),
                      given->value.span, diagnostics);
  }
}

}  // namespace lockstep
