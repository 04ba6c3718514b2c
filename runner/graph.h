// The DAG of a runbook. Immutable and thread-safe once built.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/runbook.h"

namespace lockstep {

struct Graph {
  std::vector<std::vector<std::size_t>> needs;       // step -> steps it needs (direct)
  std::vector<std::vector<std::size_t>> dependents;  // step -> steps that need it
  // Steps with no order between them that touch the same catalog, at least one writing: run one after the other.
  std::vector<std::vector<std::size_t>> conflicts;   // symmetric
  std::vector<std::size_t> order;                    // topological, ties in file order
};

// Reports cycles (each with its path and the line of every edge) and, as warnings, conflicts between unordered steps.
// `accesses[i]`: what step i touches (specs/runbook.h: catalog_accesses).
// Near-linear in steps + edges + pairs that conflict; 10,000 steps take well below 100 ms.
Graph build_graph(const Runbook& runbook, const std::vector<std::vector<CatalogAccess>>& accesses,
                  Diagnostics& diagnostics);

std::string graph_text(const Runbook& runbook, const Graph& graph);
std::string graph_mermaid(const Runbook& runbook, const Graph& graph);
std::string graph_dot(const Runbook& runbook, const Graph& graph);

}  // namespace lockstep
