// A step's `if`: what the schedule has to know of it beforehand, and its answer.
#pragma once

#include <vector>

#include "runner/run_state.h"
#include "runner/scheduler.h"
#include "runner/work.h"

namespace lockstep {

std::vector<StepRule> step_rules(const Runbook& runbook);

// Never throws. In a dry run, a condition over outputs that are not there yet is answered with "skip, but go on".
Gate evaluate_gate(RunState& state, std::size_t step, const StatusView& view);

// Makes `result` that of a step that cannot be looked at in a dry run before `earlier` has acted.
void mark_not_lookable(const RunState& state, std::size_t earlier, const Error& error, WorkResult& result);
std::string not_lookable_reason(const RunState& state, std::size_t earlier, const Error& error);

}  // namespace lockstep
