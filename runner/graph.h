// The DAG of a runbook. Immutable and thread-safe once built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/runbook.h"

namespace lockstep {

// A step's hold on a resource (a catalog, or a whole connection) while it runs. As with database locks, a step that
// works on one catalog also marks its intent on the connection, so that a step of which nobody knows which catalogs
// it touches meets it there. 10,000 writers of one catalog are 10,000 claims, and not 50 million pairs.
struct Claim {
  enum class Mode : std::uint8_t { intent_read, intent_write, read, write };
  std::uint32_t resource = 0;  // index into Graph::resources
  Mode mode = Mode::read;
};

// Whether steps with these claims on one resource must not run at the same time. Symmetric.
constexpr bool excludes(Claim::Mode a, Claim::Mode b) {
  using enum Claim::Mode;
  if (a == write || b == write) return true;
  return (a == read && b == intent_write) || (a == intent_write && b == read);
}

struct Graph {
  std::vector<std::vector<std::size_t>> needs;       // step -> steps it needs (direct), ascending
  std::vector<std::vector<std::size_t>> dependents;  // step -> steps that need it, ascending
  std::vector<std::vector<Claim>> claims;            // step -> what it holds while it runs, one per resource
  std::vector<std::string> resources;                // for people: `catalog "staging" of connection "local"`
  std::vector<bool> serial_items;                    // for_each items of this step run one after the other: it writes
  std::vector<std::size_t> order;                    // topological, ties in file order; with cycles: theirs come last
};

// Reports cycles (each with its path and the line of every edge) and, as warnings, steps without an order between them
// that write, or write and read, one catalog: those run one after the other.
// `accesses[i]`: what step i touches (specs/runbook.h: catalog_accesses).
// Time: steps + edges, and 1/64 of steps x (steps + edges) where catalogs are shared; 10,000 steps stay below 100 ms.
Graph build_graph(const Runbook& runbook, const std::vector<std::vector<CatalogAccess>>& accesses,
                  Diagnostics& diagnostics);

// Level by level: a step stands on the first level on which all its needs are done.
std::string graph_text(const Runbook& runbook, const Graph& graph);
std::string graph_mermaid(const Runbook& runbook, const Graph& graph);
std::string graph_dot(const Runbook& runbook, const Graph& graph);

}  // namespace lockstep
