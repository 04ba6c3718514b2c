// catalog_accesses and opened_connections of specs/runbook.h.
#include <algorithm>
#include <set>
#include <tuple>

#include "specs/json_member.h"
#include "specs/runbook.h"
#include "specs/runbook_shape.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

std::string step_connection(const Runbook& runbook, const StepSpec& step) {
  if (!step.connection.empty()) return step.connection;
  return runbook.connections.size() == 1 ? runbook.connections.front().name : std::string();
}

std::string connection_of(const CatalogField& field, const Json& inputs, const std::string& fallback) {
  // A connection that the step describes itself is nobody else's.
  if (const Json* workspace = field.connection_field == "target" ? find_member(inputs, "target_workspace") : nullptr;
      workspace != nullptr && !workspace->is_null())
    return "target_workspace of " + workspace->value("host", Json()).dump();
  const Json* name = field.connection_field.empty() ? nullptr : find_member(inputs, field.connection_field);
  if (name == nullptr) return fallback;
  return name->is_string() ? name->get<std::string>() : std::string();
}

// What is not known yet counts as a live run.
bool is_dry_run(const Json& properties, const Json& inputs) {
  const Json* rule = find_member(properties, "dry_run");
  if (rule == nullptr) return false;
  const Json* given = find_member(inputs, "dry_run");
  return given == nullptr ? rule->value("default", false) : *given == true;
}

// `known`: `with` is a mapping. Otherwise it is an expression, and every catalog that it may hold is some catalog.
std::vector<CatalogAccess> marked_accesses(const StepShape& shape, const Json& inputs, const std::string& connection,
                                           bool known) {
  std::vector<CatalogAccess> accesses;
  const bool dry_run = known && is_dry_run(shape.schema->with->at("properties"), inputs);
  for (const CatalogField& field : shape.catalogs) {
    const Json* catalog = find_member(inputs, field.name);
    if (catalog == nullptr && known) continue;
    accesses.push_back(CatalogAccess{connection_of(field, inputs, connection),
                                     catalog != nullptr && catalog->is_string() ? catalog->get<std::string>() : "",
                                     field.writes && !dry_run});
  }
  return accesses;
}

std::vector<CatalogAccess> statement_accesses(const Runbook& runbook, const Json& inputs,
                                              const std::string& connection) {
  const Json* statement = find_member(inputs, "statement");
  if (statement == nullptr || !statement->is_string()) return {CatalogAccess{connection, {}, true}};
  const ConnectionSpec* spec = runbook.connection(connection);
  const SqlFlavour flavour = spec != nullptr && spec->type == "databricks" ? SqlFlavour::spark : SqlFlavour::duckdb;
  const std::vector<StatementWord> words = statement_words(statement->get_ref<const std::string&>(), flavour);
  const bool writes = !only_reads(words);
  const std::optional<std::vector<std::string>> targets = writes ? written_names(words) : std::nullopt;
  std::vector<CatalogAccess> accesses;
  const Member* catalogs = spec == nullptr ? nullptr : spec->node->find("catalogs");
  const auto is_catalog = [&](const std::string& name) {
    return std::any_of(catalogs->value.members.begin(), catalogs->value.members.end(),
                       [&](const Member& catalog) { return same_name(catalog.key, name); });
  };
  // A target without a catalog is in the one that is current, which the text does not tell.
  const bool told = catalogs != nullptr && targets && std::all_of(targets->begin(), targets->end(), is_catalog);
  const auto written = [&](const std::string& catalog) {
    return writes && (!told || std::any_of(targets->begin(), targets->end(),
                                           [&](const std::string& name) { return same_name(name, catalog); }));
  };
  if (catalogs != nullptr)
    for (const Member& catalog : catalogs->value.members)
      if (mentions(words, catalog.key))
        accesses.push_back(CatalogAccess{connection, catalog.key, written(catalog.key)});
  if (accesses.empty() && writes) accesses.push_back(CatalogAccess{connection, {}, true});
  return accesses;
}

// One entry a catalog, sorted; writing wins.
std::vector<CatalogAccess> merged(std::vector<CatalogAccess> accesses) {
  const auto place = [](const CatalogAccess& access) { return std::tie(access.connection, access.catalog); };
  std::sort(accesses.begin(), accesses.end(), [&](const CatalogAccess& a, const CatalogAccess& b) {
    return place(a) != place(b) ? place(a) < place(b) : a.writes && !b.writes;
  });
  accesses.erase(std::unique(accesses.begin(), accesses.end(),
                             [&](const CatalogAccess& a, const CatalogAccess& b) { return place(a) == place(b); }),
                 accesses.end());
  return accesses;
}

}  // namespace

std::vector<CatalogAccess> catalog_accesses(const Runbook& runbook, const StepSpec& step, const Json& inputs) {
  const StepShape* shape = step_shape(step.uses);
  if (shape == nullptr) return {};
  const std::string connection = step_connection(runbook, step);
  if (shape->runs_sql) return merged(statement_accesses(runbook, inputs, connection));
  const bool known = step.with == nullptr || step.with->kind == Node::Kind::map;
  return merged(marked_accesses(*shape, inputs, connection, known));
}

std::vector<std::string> opened_connections(const Runbook& runbook, const StepSpec& step,
                                            const std::vector<CatalogAccess>& accesses) {
  std::set<std::string> names;
  for (const CatalogAccess& access : accesses) names.insert(access.connection);
  if (const StepShape* shape = step_shape(step.uses); shape != nullptr && shape->runs_sql)
    names.insert(step_connection(runbook, step));
  names.erase("");
  return {names.begin(), names.end()};
}

}  // namespace lockstep
