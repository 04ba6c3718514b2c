// The statements of one table's alteration, collected in any order and put into a safe one. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engines/evolution/features.h"
#include "engines/warehouse/dialect.h"

namespace lockstep {

struct PlannedStatement {
  std::string sql;
  std::string why;  // one line
  int round = 0;    // statements of one round commit together; rounds run in order
};

// The order inside a transaction. Existing columns are tightened first and under their old names.
enum class Phase : std::size_t {
  feature,
  tighten,
  rename,
  relax,
  type,
  field,  // also the one statement that adds everything
  add_required,
  fill,
  require,
  add,
  fill_optional,
  default_value,
  comment,
  drop_field,
  drop,
  count
};

class StatementPlan {
 public:
  // Both must outlive the plan.
  StatementPlan(const Dialect& dialect, const TableName& table) : dialect_(dialect), table_(table) {}

  void say(Phase phase, std::string sql, std::string why);
  // An addition of its own, or a part of the one statement that adds everything (Capabilities::add_many_columns).
  void add(Phase phase, ColumnAddition addition, std::string why, const std::optional<std::string>& default_expression);
  [[nodiscard]] std::size_t size() const;

  // By phase, the features in front. Rounds: see Capabilities::not_null_from_statistics.
  [[nodiscard]] std::vector<PlannedStatement> assembled(const std::vector<FeatureGate::Wanted>& features) const;

 private:
  using Phases = std::array<std::vector<PlannedStatement>, static_cast<std::size_t>(Phase::count)>;

  const Dialect& dialect_;
  const TableName& table_;
  Phases phases_;
  std::vector<ColumnAddition> additions_;
};

}  // namespace lockstep
