#include "engines/evolution/statement_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engines/evolution/type_merge.h"

namespace lockstep {

void StatementPlan::say(Phase phase, std::string sql, std::string why) {
  phases_[static_cast<std::size_t>(phase)].push_back({std::move(sql), std::move(why), 0});
}

void StatementPlan::add(Phase phase, ColumnAddition addition, std::string why,
                        const std::optional<std::string>& default_expression) {
  if (dialect_.capabilities().add_many_columns)
    additions_.push_back(std::move(addition));
  else
    say(phase, dialect_.add_column(table_, addition.path, addition.type, default_expression), std::move(why));
}

std::size_t StatementPlan::size() const {
  std::size_t count = additions_.size();
  for (const auto& phase : phases_) count += phase.size();
  return count;
}

std::vector<PlannedStatement> StatementPlan::assembled(const std::vector<FeatureGate::Wanted>& features) const {
  Phases phases = phases_;
  const auto in = [&phases](Phase phase) -> std::vector<PlannedStatement>& {
    return phases[static_cast<std::size_t>(phase)];
  };
  for (const FeatureGate::Wanted& wanted : features)
    in(Phase::feature)
        .push_back({dialect_.enable_feature(table_, wanted.feature),
                    fmt::format("{}, which needs {} (an upgrade of the table's protocol that stays){}", wanted.purpose,
                                table_feature_name(wanted.feature),
                                wanted.unread ? "; whether it is on already could not be read" : ""),
                    0});
  if (!additions_.empty()) {
    std::string names;
    for (const ColumnAddition& addition : additions_)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", path_text(addition.path));
    in(Phase::field).push_back({dialect_.add_columns(table_, additions_), fmt::format("the source has {}", names), 0});
  }

  std::vector<PlannedStatement> statements;
  const std::size_t tightened = in(Phase::tighten).size();
  const bool one_a_round = dialect_.capabilities().not_null_from_statistics && tightened > 1;
  const int last_round = one_a_round ? static_cast<int>(tightened) - 1 : 0;
  for (auto& phase : phases)
    for (PlannedStatement& statement : phase) {
      statement.round = std::min(static_cast<int>(statements.size()), last_round);
      statements.push_back(std::move(statement));
    }
  return statements;
}

}  // namespace lockstep
