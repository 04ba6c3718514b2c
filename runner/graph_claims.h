// Which steps must not run at the same time because of the catalogs they touch. Part of build_graph.
#pragma once

#include <vector>

#include "runner/graph.h"

namespace lockstep {

// Fills claims, resources and serial_items.
void add_claims(Graph& graph, const std::vector<std::vector<CatalogAccess>>& accesses);

// Two steps without an order between them that exclude one another.
struct UnorderedPair {
  std::uint32_t resource = 0;
  std::size_t later = 0;  // in the file
  std::size_t first = 0;
  Claim::Mode mode = Claim::Mode::read;        // of the later one
  Claim::Mode first_mode = Claim::Mode::read;  // of the earlier one
};

// For each resource and step that has such a partner earlier in the file: one of them. Precondition: no cycles.
std::vector<UnorderedPair> unordered_pairs(const Graph& graph);

// One warning for each resource with such steps, at the first that has a partner. Precondition: no cycles.
void warn_of_unordered_steps(const Runbook& runbook, const Graph& graph, Diagnostics& diagnostics);

}  // namespace lockstep
