#include "specs/runbook_connections.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "specs/nearest.h"
#include "specs/suggestion_budget.h"

namespace lockstep {

namespace {

// "one, two", or nothing when there are too many to read.
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kReadable = 12;
  return names.size() > kReadable ? std::string() : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Connections::Connections(const std::vector<ConnectionSpec>& connections) : connections_(connections) {
  for (const ConnectionSpec& spec : connections) {
    Entry entry;
    entry.spec = &spec;
    const Member* catalogs = spec.node->kind == Node::Kind::map ? spec.node->find("catalogs") : nullptr;
    if (catalogs != nullptr && catalogs->value.kind == Node::Kind::map) {
      entry.lists_catalogs = true;
      for (const Member& member : catalogs->value.members) entry.catalogs.insert(member.key);
    }
    index_.emplace(spec.name, std::move(entry));
  }
}

const ConnectionSpec* Connections::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : found->second.spec;
}

std::vector<std::string> Connections::names() const {
  std::vector<std::string> names;
  names.reserve(connections_.size());
  for (const ConnectionSpec& spec : connections_) names.push_back(spec.name);
  return names;
}

bool Connections::known(const std::string& name, Span span, Diagnostics& diagnostics) const {
  if (index_.contains(name)) return true;
  std::vector<std::string> defined;
  if (may_suggest(diagnostics, connections_.size())) defined = names();
  std::string hint = did_you_mean(name, defined);
  if (hint.empty() && connections_.empty())
    hint = fmt::format("define it: connections: {{ {}: {{ type: duckdb, catalogs: {{ NAME: FILE }} }} }}", name);
  if (hint.empty())
    hint = list_of(defined).empty() ? "name one of `connections:`" : fmt::format("defined are: {}", list_of(defined));
  diagnostics.error("connection-unknown"_code, span, fmt::format("there is no connection \"{}\"", name),
                    std::move(hint));
  return false;
}

void Connections::check_catalog(const ConnectionSpec& connection, const std::string& catalog, Span span,
                                Diagnostics& diagnostics) const {
  const auto found = index_.find(connection.name);
  if (found == index_.end() || !found->second.lists_catalogs || found->second.catalogs.contains(catalog)) return;
  const std::unordered_set<std::string>& catalogs = found->second.catalogs;
  std::vector<std::string> known;
  if (may_suggest(diagnostics, catalogs.size())) known.assign(catalogs.begin(), catalogs.end());
  std::sort(known.begin(), known.end());
  std::string hint = did_you_mean(catalog, known);
  if (hint.empty() && !list_of(known).empty()) hint = fmt::format("it has: {}", list_of(known));
  if (hint.empty()) hint = fmt::format("add it to the connection: catalogs: {{ {}: FILE }}", catalog);
  diagnostics.error("catalog-unknown"_code, span,
                    fmt::format("the connection \"{}\" has no catalog \"{}\"", connection.name, catalog),
                    std::move(hint));
}

const std::string* literal_input(const StepSpec& step, std::string_view field) {
  if (step.with == nullptr || step.with->kind != Node::Kind::map) return nullptr;
  const Member* member = step.with->find(field);
  if (member == nullptr || member->value.kind != Node::Kind::string) return nullptr;
  const auto& text = member->value.scalar.get_ref<const std::string&>();
  return looks_like_template(text) ? nullptr : &text;
}

std::string connection_of(const CatalogField& field, const StepSpec& step) {
  if (field.connection_field.empty() || step.with == nullptr || step.with->kind != Node::Kind::map ||
      step.with->find(field.connection_field) == nullptr)
    return step.connection;
  const std::string* name = literal_input(step, field.connection_field);
  return name == nullptr ? std::string() : *name;
}

}  // namespace lockstep
