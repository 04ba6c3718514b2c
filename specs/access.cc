// catalog_accesses of specs/runbook.h.
#include <algorithm>
#include <tuple>

#include "specs/runbook.h"
#include "specs/schema.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

constexpr std::string_view kCatalogMark = "x-lockstep-catalog";
constexpr std::string_view kConnectionMark = "x-lockstep-connection";

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string step_connection(const Runbook& runbook, const StepSpec& step) {
  if (!step.connection.empty()) return step.connection;
  return runbook.connections.size() == 1 ? runbook.connections.front().name : std::string();
}

// `source` is the connection of `source_catalog`, `target` that of `destination_catalog`, for the step types whose
// schema marks these as connections.
std::string connection_of(std::string_view catalog_key, const Json& properties, const Json& inputs,
                          const std::string& fallback) {
  const std::string_view key = catalog_key == "source_catalog" ? "source" : "target";
  const Json* rule = find(properties, key);
  if (rule == nullptr || !rule->contains(kConnectionMark)) return fallback;
  const Json* name = find(inputs, key);
  if (name == nullptr) return fallback;
  return name->is_string() ? name->get<std::string>() : std::string();
}

// What is not known yet counts as a live run.
bool is_dry_run(const Json& properties, const Json& inputs) {
  const Json* rule = find(properties, "dry_run");
  if (rule == nullptr) return false;
  const Json* given = find(inputs, "dry_run");
  return given == nullptr ? rule->value("default", false) : *given == true;
}

// `known`: `with` is a mapping. Otherwise it is an expression, and every catalog that it may hold is some catalog.
std::vector<CatalogAccess> marked_accesses(const Json& properties, const Json& inputs, const std::string& connection,
                                           bool known) {
  std::vector<CatalogAccess> accesses;
  const bool dry_run = known && is_dry_run(properties, inputs);
  for (const auto& [key, rule] : properties.items()) {
    const Json* mark = find(rule, kCatalogMark);
    const Json* catalog = find(inputs, key);
    if (mark == nullptr || (catalog == nullptr && known)) continue;
    accesses.push_back(CatalogAccess{connection_of(key, properties, inputs, connection),
                                     catalog != nullptr && catalog->is_string() ? catalog->get<std::string>() : "",
                                     *mark == "write" && !dry_run});
  }
  return accesses;
}

std::vector<CatalogAccess> statement_accesses(const Runbook& runbook, const Json& inputs,
                                              const std::string& connection) {
  const Json* statement = find(inputs, "statement");
  if (statement == nullptr || !statement->is_string()) return {CatalogAccess{connection, {}, true}};
  const std::vector<StatementWord> words = statement_words(statement->get_ref<const std::string&>());
  const bool writes = !only_reads(words);
  std::vector<CatalogAccess> accesses;
  const ConnectionSpec* spec = runbook.connection(connection);
  const Member* catalogs = spec == nullptr ? nullptr : spec->node->find("catalogs");
  if (catalogs != nullptr)
    for (const Member& catalog : catalogs->value.members)
      if (mentions(words, catalog.key)) accesses.push_back(CatalogAccess{connection, catalog.key, writes});
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
  const StepSchema* schema = step_schema(step.uses);
  if (schema == nullptr) return {};
  const std::string connection = step_connection(runbook, step);
  if (step.uses == "sql/query") return merged(statement_accesses(runbook, inputs, connection));
  const bool known = step.with == nullptr || step.with->kind == Node::Kind::map;
  return merged(marked_accesses(schema->with->at("properties"), inputs, connection, known));
}

}  // namespace lockstep
