// Which steps must not run at the same time because of the catalogs they touch. Part of build_graph.
#pragma once

#include <vector>

#include "runner/graph.h"

namespace lockstep {

// Fills claims, resources and serial_items.
void add_claims(Graph& graph, const std::vector<std::vector<CatalogAccess>>& accesses);

// One warning for each step and catalog that has an unordered partner earlier in the file. Precondition: no cycles.
void warn_of_unordered_steps(const Runbook& runbook, const Graph& graph, Diagnostics& diagnostics);

}  // namespace lockstep
