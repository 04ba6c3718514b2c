// Which connection a step works on, and whether the catalogs it names are there. Private to specs/.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "specs/runbook.h"
#include "specs/runbook_shape.h"

namespace lockstep {

// An index over a runbook's connections. Everything referred to outlives this object.
class Connections {
 public:
  explicit Connections(const std::vector<ConnectionSpec>& connections);

  [[nodiscard]] const ConnectionSpec* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::vector<ConnectionSpec>& all() const { return connections_; }

  // Reports a name that does not exist; false then.
  bool known(const std::string& name, Span span, Diagnostics& diagnostics) const;
  // Reports a catalog that the connection does not have. Connections whose catalogs are not listed have any.
  void check_catalog(const ConnectionSpec& connection, const std::string& catalog, Span span,
                     Diagnostics& diagnostics) const;

 private:
  struct Entry {
    const ConnectionSpec* spec = nullptr;
    bool lists_catalogs = false;
    std::unordered_set<std::string> catalogs;
  };
  const std::vector<ConnectionSpec>& connections_;
  std::unordered_map<std::string, Entry> index_;
};

// The connection of one catalog field: what its own connection field says, or the step's. Empty: not told, or told by
// an expression. `inputs` is the step's `with`.
std::string connection_of(const CatalogField& field, const StepSpec& step);

// A member of `with` that is a literal string; null otherwise.
const std::string* literal_input(const StepSpec& step, std::string_view field);

}  // namespace lockstep
