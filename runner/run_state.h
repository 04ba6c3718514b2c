// What one run knows, shared by the scheduler's thread and the workers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runner/journal.h"
#include "runner/report.h"
#include "runner/run.h"
#include "runner/run_secrets.h"

namespace lockstep {

// The scheduler's thread alone changes it. A worker reads what does not change during a run, and of the steps' reports
// only those of steps that its own step needs: they have ended, and the task queue's lock lies between.
struct RunState {
  const RunInputs& inputs;
  const RunOptions& options;
  RunSecrets secrets;
  RunReport report;
  Journal* journal = nullptr;  // null in a dry run
  std::unordered_map<std::string_view, std::size_t> step_by_id;
  // Dry run: step -> the step, itself or one that it needs, directly or not, whose changes are still to be made.
  std::vector<std::optional<std::size_t>> pending;
  // Dry run: step -> 1 when its outputs are known only in a real run. Bytes, as workers read one while another changes.
  std::vector<std::uint8_t> outputs_unknown;

  [[nodiscard]] const StepSpec& spec(std::size_t step) const { return inputs.runbook.steps[step]; }
  // Dry run: a step whose changes are still to be made before `step`.
  [[nodiscard]] std::optional<std::size_t> pending_before(std::size_t step) const {
    for (const std::size_t need : inputs.graph.needs[step])
      if (pending[need]) return pending[need];
    return std::nullopt;
  }
};

}  // namespace lockstep
