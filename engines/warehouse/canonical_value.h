// A nested value as an expression that JSON renders one-to-one: the walk through the type, which is the same on every
// engine (docs/digest.md, "Nested values"). The engine's SQL comes from its CanonicalSyntax. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/warehouse/type.h"

namespace lockstep {

class CanonicalSyntax {
 public:
  virtual ~CanonicalSyntax() = default;
  // A scalar in its common type, as JSON holds it exactly; `value` itself when nothing has to be done.
  [[nodiscard]] virtual std::string leaf(const std::string& value, const DataType& type,
                                         const DataType& common) const = 0;
  // Each element of a list, named `variable` in `body`.
  [[nodiscard]] virtual std::string transformed(const std::string& list, const std::string& variable,
                                                const std::string& body) const = 0;
  [[nodiscard]] virtual std::string field(const std::string& structure, const std::string& name) const = 0;
  // The struct of the fields {name, expression}.
  [[nodiscard]] virtual std::string structure(const std::vector<std::pair<std::string, std::string>>& fields) const = 0;
  // A map as a list of structs {key, value}, and a list sorted by its elements.
  [[nodiscard]] virtual std::string entries(const std::string& map) const = 0;
  [[nodiscard]] virtual std::string sorted(const std::string& list) const = 0;
};

// `type` is the column's own, `common` the type that it is compared in (every field of `type` is in it). Two values get
// the same JSON only if they are equal: maps as sets of entries, the rest as `leaf` says.
std::string canonical_value(const CanonicalSyntax& syntax, const std::string& value, const DataType& type,
                            const DataType& common, int depth = 0);

}  // namespace lockstep
