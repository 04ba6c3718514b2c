#include "runner/graph_claims.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <tuple>

namespace lockstep {

namespace {

using Mode = Claim::Mode;

constexpr std::size_t kMaxClaimWarnings = 20;  // catalogs
constexpr std::size_t kMaxNamedSteps = 12;     // of one catalog
constexpr std::size_t kBatch = 64;             // sources whose reach is computed in one pass: one bit each

// The mode that excludes whatever a or b excludes.
Mode stronger(Mode a, Mode b) {
  if (a == b || b == Mode::intent_read) return a;
  if (a == Mode::intent_read) return b;
  return Mode::write;  // read with intent_write, or anything with write
}

void add_claim(std::vector<Claim>& claims, std::uint32_t resource, Mode mode) {
  for (Claim& claim : claims)
    if (claim.resource == resource) {
      claim.mode = stronger(claim.mode, mode);
      return;
    }
  claims.push_back({resource, mode});
}

class Resources {
 public:
  explicit Resources(std::vector<std::string>& names) : names_(names) {}

  std::uint32_t catalog(const CatalogAccess& access) {
    return number({access.connection, access.catalog},
                  fmt::format("catalog \"{}\" of connection \"{}\"", access.catalog, access.connection));
  }
  std::uint32_t connection(const CatalogAccess& access) {
    return number({access.connection, ""}, fmt::format("connection \"{}\"", access.connection));
  }

 private:
  std::uint32_t number(std::pair<std::string, std::string> key, std::string name) {
    auto [place, added] = numbers_.emplace(std::move(key), static_cast<std::uint32_t>(names_.size()));
    if (added) names_.push_back(std::move(name));
    return place->second;
  }

  std::vector<std::string>& names_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> numbers_;
};

// One step's claim on a shared resource, in topological order within the resource.
struct Holder {
  std::size_t step;
  std::size_t position;  // in Graph::order
  Mode mode;
  bool noted = false;  // has a partner earlier in the file
};

class UnorderedSteps {
 public:
  explicit UnorderedSteps(const Graph& graph) : graph_(graph) {
    std::vector<std::size_t> position(graph.order.size());
    for (std::size_t i = 0; i < graph.order.size(); ++i) position[graph.order[i]] = i;
    holders_.resize(graph.resources.size());
    for (std::size_t step : graph.order)
      for (const Claim& claim : graph.claims[step])
        holders_[claim.resource].push_back({step, position[step], claim.mode});
    for (std::uint32_t resource = 0; resource < holders_.size(); ++resource)
      if (can_clash(holders_[resource]))
        for (std::size_t i = 0; i + 1 < holders_[resource].size(); ++i) sources_.push_back({resource, i});
  }

  std::vector<UnorderedPair> find() {
    std::vector<std::uint64_t> reached(graph_.order.size());
    for (std::size_t begin = 0; begin < sources_.size(); begin += kBatch)
      search(begin, std::min(begin + kBatch, sources_.size()), reached);
    return std::move(pairs_);
  }

 private:
  struct Source {
    std::uint32_t resource;
    std::size_t index;  // into holders_[resource]
  };

  static bool can_clash(const std::vector<Holder>& holders) {
    if (holders.size() < 2) return false;
    bool writes = false;
    bool reads = false;
    for (const Holder& holder : holders) {
      if (holder.mode == Mode::write) return true;
      writes = writes || holder.mode == Mode::intent_write;
      reads = reads || holder.mode == Mode::read;
    }
    return writes && reads;
  }

  // reached[step] bit b: source begin+b comes before the step by needs.
  void search(std::size_t begin, std::size_t end, std::vector<std::uint64_t>& reached) {
    std::fill(reached.begin(), reached.end(), 0);
    for (std::size_t source = begin; source < end; ++source)
      reached[holder_of(sources_[source]).step] |= std::uint64_t{1} << (source - begin);
    for (std::size_t step : graph_.order)
      for (std::size_t need : graph_.needs[step]) reached[step] |= reached[need];
    for (std::size_t group = begin; group < end;) {  // the sources of one resource lie side by side
      std::size_t next = group;
      while (next < end && sources_[next].resource == sources_[group].resource) ++next;
      compare_group(begin, group, next, reached);
      group = next;
    }
  }

  // Sources [group, next) of one resource with all later holders of it. Source s is bit s - begin.
  void compare_group(std::size_t begin, std::size_t group, std::size_t next,
                     const std::vector<std::uint64_t>& reached) {
    const std::uint32_t resource = sources_[group].resource;
    std::vector<Holder>& holders = holders_[resource];
    std::array<std::uint64_t, 4> by_mode{};
    std::uint64_t not_noted = 0;
    for (std::size_t source = group; source < next; ++source) {
      const Holder& holder = holders[sources_[source].index];
      by_mode[static_cast<std::size_t>(holder.mode)] |= std::uint64_t{1} << (source - begin);
      if (!holder.noted) not_noted |= std::uint64_t{1} << (source - begin);
    }
    for (std::size_t i = sources_[group].index + 1; i < holders.size(); ++i) {
      std::uint64_t clashing = 0;
      for (std::size_t mode = 0; mode < by_mode.size(); ++mode)
        if (excludes(static_cast<Mode>(mode), holders[i].mode)) clashing |= by_mode[mode];
      clashing &= ~reached[holders[i].step];
      while (clashing != 0) {
        // Once the holder has its partner, only sources that have none are of interest.
        if (holders[i].noted && (clashing &= not_noted) == 0) break;
        const auto bit = static_cast<std::size_t>(std::countr_zero(clashing));
        clashing &= clashing - 1;
        Holder& source = holders[sources_[begin + bit].index];
        // Sources behind i in topological order look at i from their own side.
        if (source.position >= holders[i].position) break;
        Holder& later = source.step < holders[i].step ? holders[i] : source;
        if (later.noted) continue;
        later.noted = true;
        const Holder& first = source.step < holders[i].step ? source : holders[i];
        pairs_.push_back({resource, later.step, first.step, later.mode, first.mode});
        if (&later == &source) not_noted &= ~(std::uint64_t{1} << bit);
      }
      // A holder that is a source of this group as well needs no further partner either.
      const std::size_t as_source = group + (i - sources_[group].index);
      if (as_source < next && holders[i].noted) not_noted &= ~(std::uint64_t{1} << (as_source - begin));
    }
  }

  [[nodiscard]] const Holder& holder_of(const Source& source) const { return holders_[source.resource][source.index]; }

  const Graph& graph_;
  std::vector<std::vector<Holder>> holders_;  // by resource
  std::vector<Source> sources_;               // by resource, then in topological order
  std::vector<UnorderedPair> pairs_;
};

std::string_view verb(Mode mode) {
  return mode == Mode::write || mode == Mode::intent_write ? "writes" : "reads";
}

}  // namespace

void add_claims(Graph& graph, const std::vector<std::vector<CatalogAccess>>& accesses) {
  const std::size_t count = graph.needs.size();
  graph.claims.resize(count);
  graph.serial_items.assign(count, false);
  Resources resources(graph.resources);
  for (std::size_t step = 0; step < count && step < accesses.size(); ++step)
    for (const CatalogAccess& access : accesses[step]) {
      if (access.writes) graph.serial_items[step] = true;
      const std::uint32_t connection = resources.connection(access);
      if (access.catalog.empty()) {
        add_claim(graph.claims[step], connection, access.writes ? Mode::write : Mode::read);
        continue;
      }
      add_claim(graph.claims[step], connection, access.writes ? Mode::intent_write : Mode::intent_read);
      add_claim(graph.claims[step], resources.catalog(access), access.writes ? Mode::write : Mode::read);
    }
}

std::vector<UnorderedPair> unordered_pairs(const Graph& graph) {
  return UnorderedSteps(graph).find();
}

void warn_of_unordered_steps(const Runbook& runbook, const Graph& graph, Diagnostics& diagnostics) {
  // One warning a resource: a pair more of the same steps tells a person nothing new.
  std::map<std::uint32_t, std::map<std::size_t, Mode>> by_resource;
  std::map<std::uint32_t, std::size_t> first_later;
  for (const UnorderedPair& pair : unordered_pairs(graph)) {
    by_resource[pair.resource].insert({{pair.later, pair.mode}, {pair.first, pair.first_mode}});
    const auto [place, added] = first_later.emplace(pair.resource, pair.later);
    place->second = std::min(place->second, pair.later);
  }
  std::size_t warnings = 0;
  for (const auto& [resource, steps] : by_resource) {
    const StepSpec& later = runbook.steps[first_later[resource]];
    if (++warnings > kMaxClaimWarnings) {
      diagnostics.warning("unordered-steps"_code, later.id_span,
                          fmt::format("steps share {} more catalogs without an order between them",
                                      by_resource.size() - kMaxClaimWarnings),
                          "add `needs` where the order matters");
      return;
    }
    if (steps.size() == 2) {
      const StepSpec& first = runbook.steps[steps.begin()->first];
      Diagnostic& finding = diagnostics.warning(
          "unordered-steps"_code, later.id_span,
          fmt::format(
              "nothing says which of \"{}\" ({} it) and \"{}\" ({} it) comes first on {}: they run one after the "
              "other",
              first.id, verb(steps.begin()->second), later.id, verb(steps.rbegin()->second), graph.resources[resource]),
          fmt::format("add `needs: [{}]` to \"{}\", or the other way round", first.id, later.id));
      finding.related.push_back({first.id_span, fmt::format("\"{}\" is here", first.id)});
      continue;
    }
    std::string names;
    std::size_t named = 0;
    for (const auto& [step, mode] : steps) {
      if (++named > kMaxNamedSteps) break;
      names += fmt::format("{}\"{}\" ({} it, line {})", named == 1 ? "" : ", ", runbook.steps[step].id, verb(mode),
                           runbook.steps[step].id_span.start.line);
    }
    if (steps.size() > kMaxNamedSteps) names += fmt::format(" and {} more", steps.size() - kMaxNamedSteps);
    diagnostics.warning("unordered-steps"_code, later.id_span,
                        fmt::format("nothing says in which order {} steps come on {}; those without one run one after "
                                    "the other: {}",
                                    steps.size(), graph.resources[resource], names),
                        "add `needs` where the order matters");
  }
}

}  // namespace lockstep
