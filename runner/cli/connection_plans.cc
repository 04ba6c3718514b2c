#include "runner/cli/connection_plans.h"

#include <fmt/format.h>

#include "runner/cli/run_output.h"

namespace lockstep {

Result<std::vector<ConnectionPlan>> plan_connections(const LoadedRunbook& loaded, const RunSecrets& secrets,
                                                     bool dry_run) {
  const Runbook& runbook = *loaded.runbook;
  EvalScope scope = static_scope(loaded.params, secrets);
  std::vector<ConnectionPlan> plans;
  for (const ConnectionSpec& spec : runbook.connections) {
    Result<ResolvedInputs> settings = resolve_node(*spec.node, scope);
    if (!settings)
      return std::move(settings).error().with_context(
          fmt::format("in connection \"{}\", {}:{}", spec.name, runbook.path, spec.span.start.line));
    ConnectionPlan plan{spec.name, spec.type, std::move(settings->json), runbook.directory, {}, {}, {}};
    if (const Member* catalogs = spec.node->find("catalogs"))
      for (const Member& catalog : catalogs->value.members)
        plan.places[catalog.key] = fmt::format("{}:{}", runbook.path, catalog.key_span.start.line);
    // A dry run opens every catalog read-only: nothing can be changed, and no file comes into being.
    auto& changeable = dry_run ? plan.made_by_live_run : plan.writable;
    for (const std::vector<CatalogAccess>& accesses : loaded.accesses)
      for (const CatalogAccess& access : accesses) {
        if (!access.writes || access.connection != spec.name) continue;
        if (!access.catalog.empty())
          changeable.insert(access.catalog);
        else if (plan.settings.contains("catalogs"))
          for (const auto& [catalog, value] : plan.settings["catalogs"].items()) changeable.insert(catalog);
      }
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace lockstep
