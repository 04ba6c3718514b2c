#include "specs/runbook_connections.h"
#include "specs/runbook_places.h"

namespace lockstep {

namespace {

// Evaluates a member of `with` as far as params tell; nothing when it needs more, or has errors of its own.
std::optional<std::string> known_text(const StepSpec& step, std::string_view field, const ParamValues& params) {
  const Member* member = step.with->find(field);
  if (member == nullptr || member->value.kind != Node::Kind::string) return std::nullopt;
  EvalScope scope;
  scope.param = [&params](std::string_view name) -> Result<Value> {
    const auto found = params.find(name);
    if (found == params.end()) return Error("param-unknown"_code, "there is no such param", "declare it under params:");
    return Value{found->second, false};
  };
  const Result<ResolvedInputs> resolved = resolve_node(member->value, scope);
  if (!resolved || !resolved->json.is_string()) return std::nullopt;
  return resolved->json.get<std::string>();
}

// Only params are read: default(env.X, ...) has another value at run time.
bool only_params(const Node& node) {
  Diagnostics ignored(nullptr);
  const std::optional<Template> parsed = parse_template(node, false, ignored);
  if (!parsed) return false;
  const References found = references_of(*parsed);
  return found.steps.empty() && found.secrets.empty() && found.env.empty() && !found.item && !found.run;
}

void check_field(const StepSpec& step, const CatalogField& field, const Connections& connections,
                 const ParamValues& params, Diagnostics& diagnostics) {
  const auto told_by_params = [&](const std::string& name) {
    const Member* member = name.empty() ? nullptr : step.with->find(name);
    return member != nullptr && holds_template(member->value) && member->value.kind == Node::Kind::string &&
           only_params(member->value);
  };
  std::string connection = connection_of(field, step);
  const bool connection_told = told_by_params(field.connection_field);
  if (connection_told) {
    const std::optional<std::string> name = known_text(step, field.connection_field, params);
    if (!name || !connections.known(*name, step.with->find(field.connection_field)->value.span, diagnostics)) return;
    connection = *name;
  }
  const ConnectionSpec* spec = connections.find(connection);
  if (spec == nullptr || !(connection_told || told_by_params(field.name))) return;
  const std::optional<std::string> catalog = known_text(step, field.name, params);
  if (catalog) connections.check_catalog(*spec, *catalog, step.with->find(field.name)->value.span, diagnostics);
}

}  // namespace

void check_catalogs(const Runbook& runbook, const ParamValues& params, Diagnostics& diagnostics) {
  const Connections connections(runbook.connections);
  for (const StepSpec& step : runbook.steps) {
    const StepShape* shape = step_shape(step.uses);
    if (shape == nullptr || step.with == nullptr) continue;
    const bool elsewhere = step.with->find("target_workspace") != nullptr;
    for (const CatalogField& field : shape->catalogs)
      if (!elsewhere || field.connection_field != "target") check_field(step, field, connections, params, diagnostics);
  }
}

}  // namespace lockstep
