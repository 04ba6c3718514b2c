// What names mean in the expressions of one step while it runs.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runner/run_state.h"
#include "runner/scheduler.h"
#include "specs/expression.h"

namespace lockstep {

// Serves one evaluation after the other, on one thread. The run's state outlives it.
class StepScope {
 public:
  // `view`: what the status functions answer; only an `if` has them.
  StepScope(const RunState& state, std::size_t step, std::optional<Value> item = {},
            std::optional<StatusView> view = {});
  StepScope(const StepScope&) = delete;
  StepScope& operator=(const StepScope&) = delete;

  [[nodiscard]] const EvalScope& names() const { return names_; }

  // What was asked for and how it was answered, for reasons: "params.deploy = false, failure() = false".
  // Secrets and long values are left out.
  [[nodiscard]] std::string asked() const;

  // Dry run: the outputs that were asked for last are those of a step that has not made its changes yet, so that an
  // error in the evaluation says nothing. Returns the step whose changes are missing.
  [[nodiscard]] std::optional<std::size_t> waits_for() const;

 private:
  Result<Value> step_outputs(std::string_view id);
  Result<Value> step_status(std::string_view id);
  Result<Value> run_value(std::string_view name) const;
  Result<std::size_t> needed_step(std::string_view id) const;
  void note(const std::string& name, const Json& value);

  const RunState& state_;
  const std::size_t step_;
  const std::optional<StatusView> view_;
  EvalScope names_;
  std::vector<std::string> asked_;
  std::optional<std::size_t> last_outputs_;
};

}  // namespace lockstep
