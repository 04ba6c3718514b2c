// The gate in front of changes that need a feature of the table's format (engines/warehouse/table_features.h). A
// feature is turned on only where the runbook says so: it cannot be turned off again. Pure; one gate a table; not
// thread-safe.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

// What a reviewer must see before, and an operator after: "turns on typeWidening for ..., which cannot be undone".
std::string upgrade_warning(const std::set<std::string>& features, std::string_view tables);

class FeatureGate {
 public:
  // `enabled`: what the runbook allows to turn on. All three must outlive the gate.
  FeatureGate(const Dialect& dialect, const Dependents& dependents, const std::set<TableFeature>& enabled)
      : dialect_(dialect), dependents_(dependents), enabled_(enabled) {}

  // Nothing when the table has all of them or may get them; else "table-feature-missing". `purpose` is a clause for
  // both messages: "column \"id\" changes its type".
  std::optional<Error> require(const TableName& table, const std::vector<TableFeature>& features,
                               std::string_view purpose);

  struct Wanted {
    TableFeature feature;
    std::string purpose;  // of the first change that asked for it
    bool unread = false;  // the table's properties are not known: it may have the feature already
  };
  // What has to be turned on for the changes that were asked about, in the order of TableFeature.
  [[nodiscard]] std::vector<Wanted> wanted() const;

 private:
  const Dialect& dialect_;
  const Dependents& dependents_;
  const std::set<TableFeature>& enabled_;
  std::vector<Wanted> wanted_;
};

}  // namespace lockstep
