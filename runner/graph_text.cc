// The drawings of a graph: text, Mermaid, Graphviz. Names come from a file and are escaped for each.
#include <fmt/format.h>
#include <algorithm>

#include "runner/graph.h"
#include "runner/style.h"
#include "specs/counted.h"

namespace lockstep {

namespace {

// The level of a step: the longest way to it. Steps on a cycle (which validate refuses) count as level 0.
std::vector<std::size_t> levels_of(const Graph& graph) {
  std::vector<std::size_t> levels(graph.needs.size(), 0);
  for (std::size_t step : graph.order)
    for (std::size_t need : graph.needs[step]) levels[step] = std::max(levels[step], levels[need] + 1);
  return levels;
}

std::string needs_text(const Runbook& runbook, const StepSpec& step) {
  std::string text;
  for (const Need& need : step.needs)
    text += fmt::format("{}{}{}", text.empty() ? "needs " : ", ", escape_controls(runbook.steps[need.step].id),
                        need.implied ? " (by an expression)" : "");
  return text;
}

std::string marks_of(const StepSpec& step) {
  std::string marks;
  auto mark = [&marks](bool is_set, std::string_view word) {
    if (is_set) marks += fmt::format("{}{}", marks.empty() ? "[" : ", ", word);
  };
  mark(step.condition.has_value(), "if");
  mark(step.for_each.has_value() || step.for_each_list != nullptr, "for_each");
  mark(step.continue_on_error, "continue_on_error");
  return marks.empty() ? marks : marks + "]";
}

// Mermaid reads its labels as HTML with #-entities; a label in quotes may hold anything else.
std::string mermaid_label(std::string_view text) {
  std::string label;
  for (char c : text) {
    switch (c) {
      case '"':
        label += "#quot;";
        break;
      case '#':
        label += "#35;";
        break;
      case '&':
        label += "#amp;";
        break;
      case '<':
        label += "#lt;";
        break;
      case '>':
        label += "#gt;";
        break;
      case '`':
        label += "#96;";
        break;
      case '\\':
        label += "#92;";
        break;
      default:
        label += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return label;
}

std::string dot_label(std::string_view text) {
  std::string label;
  for (char c : text) {
    if (c == '"' || c == '\\') label += '\\';
    label += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return label;
}

}  // namespace

std::string graph_text(const Runbook& runbook, const Graph& graph) {
  const std::vector<std::size_t> levels = levels_of(graph);
  std::vector<std::vector<std::size_t>> rows;
  std::size_t id_width = 0;
  std::size_t uses_width = 0;
  for (std::size_t step = 0; step < runbook.steps.size(); ++step) {
    if (rows.size() <= levels[step]) rows.resize(levels[step] + 1);
    rows[levels[step]].push_back(step);
    id_width = std::max(id_width, display_width(escape_controls(runbook.steps[step].id)));
    uses_width = std::max(uses_width, display_width(escape_controls(runbook.steps[step].uses)));
  }
  std::string text = fmt::format("{}: {}, {}\n", escape_controls(runbook.name), counted(runbook.steps.size(), "step"),
                                 counted(rows.size(), "level"));
  for (std::size_t level = 0; level < rows.size(); ++level) {
    text += fmt::format("\nlevel {}\n", level + 1);
    for (std::size_t index : rows[level]) {
      const StepSpec& step = runbook.steps[index];
      std::string line =
          "  " + pad(escape_controls(step.id), id_width) + "  " + pad(escape_controls(step.uses), uses_width);
      for (const std::string& part : {needs_text(runbook, step), marks_of(step)})
        if (!part.empty()) line += "  " + part;
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
    }
  }
  return text;
}

std::string graph_mermaid(const Runbook& runbook, const Graph&) {
  std::string text = "flowchart TD\n";
  for (std::size_t step = 0; step < runbook.steps.size(); ++step)
    text += fmt::format("  s{}[\"{}<br/>{}\"]\n", step, mermaid_label(runbook.steps[step].id),
                        mermaid_label(runbook.steps[step].uses));
  for (std::size_t step = 0; step < runbook.steps.size(); ++step)
    for (const Need& need : runbook.steps[step].needs)
      text += fmt::format("  s{} {} s{}\n", need.step, need.implied ? "-.->" : "-->", step);
  return text;
}

std::string graph_dot(const Runbook& runbook, const Graph&) {
  std::string text = fmt::format("digraph \"{}\" {{\n  rankdir=TB;\n  node [shape=box];\n", dot_label(runbook.name));
  for (std::size_t step = 0; step < runbook.steps.size(); ++step)
    text += fmt::format("  s{} [label=\"{}\\n{}\"];\n", step, dot_label(runbook.steps[step].id),
                        dot_label(runbook.steps[step].uses));
  for (std::size_t step = 0; step < runbook.steps.size(); ++step)
    for (const Need& need : runbook.steps[step].needs)
      text += fmt::format("  s{} -> s{}{};\n", need.step, step, need.implied ? " [style=dashed]" : "");
  return text + "}\n";
}

}  // namespace lockstep
