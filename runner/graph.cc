#include "runner/graph.h"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <queue>

#include "runner/graph_claims.h"

namespace lockstep {

namespace {

constexpr std::size_t kMaxCycles = 20;        // a file with more is not understood better by reading them all
constexpr std::size_t kMaxNamesInCycle = 12;  // in the message; `related` holds the rest
constexpr std::size_t kMaxRelated = 100;

const Need& need_between(const StepSpec& step, std::size_t needed) {
  return *std::find_if(step.needs.begin(), step.needs.end(),
                       [needed](const Need& need) { return need.step == needed; });
}

// `path`: each step needs the next one, the last one needs the first.
void report_cycle(const Runbook& runbook, const std::vector<std::size_t>& path, Diagnostics& diagnostics) {
  const StepSpec& first = runbook.steps[path.front()];
  std::string names;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i == kMaxNamesInCycle && path.size() > kMaxNamesInCycle + 1) {
      names += fmt::format(" needs ... ({} more)", path.size() - i);
      break;
    }
    names += fmt::format("{}\"{}\"", i == 0 ? "" : " needs ", runbook.steps[path[i]].id);
  }
  names += fmt::format(" needs \"{}\"", first.id);
  const std::size_t second = path.size() > 1 ? path[1] : path[0];
  Diagnostic& finding =
      diagnostics.error("dependency-cycle"_code, need_between(first, second).span, fmt::format("cycle: {}", names),
                        path.size() == 1 ? "a step cannot wait for itself: remove this need"
                                         : "remove one of these needs, or split a step");
  for (std::size_t i = 0; i < path.size() && i < kMaxRelated; ++i) {
    const StepSpec& from = runbook.steps[path[i]];
    const std::size_t to = path[(i + 1) % path.size()];
    const Need& need = need_between(from, to);
    finding.related.push_back({need.span, fmt::format("\"{}\" needs \"{}\"{}", from.id, runbook.steps[to].id,
                                                      need.implied ? ", because an expression reads it" : "")});
  }
}

// Depth first along `needs`, with a stack of our own: a chain of 10,000 steps must not exhaust the thread's.
// Every edge back into the path that is being walked closes one cycle.
void report_cycles(const Runbook& runbook, const Graph& graph, Diagnostics& diagnostics) {
  enum class Mark : std::uint8_t { fresh, on_path, done };
  struct Frame {
    std::size_t step;
    std::size_t next_need = 0;
  };
  std::vector<Mark> marks(graph.needs.size(), Mark::fresh);
  std::vector<Frame> path;
  std::size_t cycles = 0;
  for (std::size_t root = 0; root < marks.size(); ++root) {
    if (marks[root] != Mark::fresh) continue;
    marks[root] = Mark::on_path;
    path.push_back({root});
    while (!path.empty()) {
      Frame& top = path.back();
      if (top.next_need == graph.needs[top.step].size()) {
        marks[top.step] = Mark::done;
        path.pop_back();
        continue;
      }
      const std::size_t need = graph.needs[top.step][top.next_need++];
      if (marks[need] == Mark::fresh) {
        marks[need] = Mark::on_path;
        path.push_back({need});
      } else if (marks[need] == Mark::on_path && cycles < kMaxCycles) {
        ++cycles;
        auto start = std::find_if(path.begin(), path.end(), [need](const Frame& frame) { return frame.step == need; });
        std::vector<std::size_t> steps;
        for (auto frame = start; frame != path.end(); ++frame) steps.push_back(frame->step);
        report_cycle(runbook, steps, diagnostics);
      }
    }
  }
}

// Kahn's algorithm with the smallest index first.
std::vector<std::size_t> topological_order(const Graph& graph) {
  const std::size_t count = graph.needs.size();
  std::vector<std::size_t> missing(count);
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t step = 0; step < count; ++step) {
    missing[step] = graph.needs[step].size();
    if (missing[step] == 0) ready.push(step);
  }
  std::vector<std::size_t> order;
  order.reserve(count);
  while (!ready.empty()) {
    const std::size_t step = ready.top();
    ready.pop();
    order.push_back(step);
    for (std::size_t dependent : graph.dependents[step])
      if (--missing[dependent] == 0) ready.push(dependent);
  }
  return order;
}

}  // namespace

Graph build_graph(const Runbook& runbook, const std::vector<std::vector<CatalogAccess>>& accesses,
                  Diagnostics& diagnostics) {
  const std::size_t count = runbook.steps.size();
  Graph graph;
  graph.needs.resize(count);
  graph.dependents.resize(count);
  for (std::size_t step = 0; step < count; ++step) {
    for (const Need& need : runbook.steps[step].needs) graph.needs[step].push_back(need.step);
    std::sort(graph.needs[step].begin(), graph.needs[step].end());
    for (std::size_t need : graph.needs[step]) graph.dependents[need].push_back(step);
  }
  graph.order = topological_order(graph);
  add_claims(graph, accesses);
  if (graph.order.size() == count) {
    warn_of_unordered_steps(runbook, graph, diagnostics);
    return graph;
  }
  report_cycles(runbook, graph, diagnostics);
  std::vector<bool> ordered(count, false);
  for (std::size_t step : graph.order) ordered[step] = true;
  for (std::size_t step = 0; step < count; ++step)
    if (!ordered[step]) graph.order.push_back(step);
  return graph;
}

}  // namespace lockstep
