#include "engines/evolution/features.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep {

std::optional<Error> FeatureGate::require(const TableName& table, const std::vector<TableFeature>& features,
                                          std::string_view purpose) {
  // An empty map of properties was not read, or is of a table that says nothing of itself: no Delta table does.
  const bool unread = !dependents_.properties_known && dependents_.properties.empty();
  for (const TableFeature feature : features) {
    if (dialect_.has_feature(dependents_, feature)) continue;
    const std::string_view name = table_feature_name(feature);
    if (enabled_.count(feature) == 0) {
      const std::string lack = unread ? fmt::format("whether \"{}\" has it could not be read", table.full())
                                      : fmt::format("\"{}\" does not have it", table.full());
      return Error("table-feature-missing"_code,
                   fmt::format("{}, which needs the table feature {}, and {}", purpose, name, lack),
                   fmt::format("write enable_features: [{}] to have it turned on, or run: {}; either way the table's "
                               "protocol is upgraded for good, and readers and writers that do not know the feature "
                               "are shut out",
                               name, dialect_.enable_feature(table, feature)));
    }
    const bool known =
        std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& one) { return one.feature == feature; });
    if (!known) wanted_.push_back({feature, std::string(purpose), unread});
  }
  return std::nullopt;
}

std::string upgrade_warning(const std::set<std::string>& features, std::string_view tables) {
  return fmt::format(
      "{} {} turned on for {}: their protocol is upgraded for good, and readers and writers that do not know it are "
      "shut out",
      fmt::join(features, " and "), features.size() == 1 ? "is" : "are", tables);
}

std::vector<FeatureGate::Wanted> FeatureGate::wanted() const {
  std::vector<Wanted> sorted = wanted_;
  std::sort(sorted.begin(), sorted.end(), [](const Wanted& a, const Wanted& b) { return a.feature < b.feature; });
  return sorted;
}

}  // namespace lockstep
