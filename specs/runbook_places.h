// Finds and checks the expressions in a part of a runbook, each against the schema of its place. Private to specs/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "specs/expression.h"

namespace lockstep {

// Whether a `${{` stands in any string below `node`.
bool holds_template(const Node& node);

class ExpressionPlaces {
 public:
  // A step that an expression reads, and where.
  struct StepReference {
    std::string id;
    Span span;
  };
  struct Checked {
    Template text;
    TypePtr type;
  };

  // Everything referred to outlives this object.
  ExpressionPlaces(const TypeScope& scope, Diagnostics& diagnostics) : scope_(scope), diagnostics_(diagnostics) {}

  // All expressions below `node`, which stands where a value of `schema` belongs (null: anything goes). `name` is what
  // messages call the place.
  void check(const Node& node, const Json* schema, const Json& root, std::string_view name);

  // One scalar. Nothing after a syntax error.
  std::optional<Checked> check_scalar(const Node& node, bool bare);

  // Reports every expression below `node`, where only literals are allowed.
  void refuse(const Node& node, std::string_view name);

  // What the checks since the last call read, in file order.
  std::vector<StepReference> take_references();

 private:
  void value(const Node& node, const Json* schema, const Json& root, std::string_view name);
  void scalar(const Node& node, const Json* schema, const Json& root, std::string_view name);
  void members(const Node& node, const Json* schema, const Json& root);
  [[nodiscard]] const TypePtr& type_of(const Json& schema, const Json& root);

  const TypeScope& scope_;
  Diagnostics& diagnostics_;
  std::vector<StepReference> references_;
  std::unordered_map<const Json*, TypePtr> types_;  // of schemas, which never move
};

// Reports `reason`, as misfit() gave it, for the place called `name`.
void report_misfit(std::string_view name, const std::string& reason, const ExprType& from, const ExprType& to,
                   Span span, Diagnostics& diagnostics);

}  // namespace lockstep
