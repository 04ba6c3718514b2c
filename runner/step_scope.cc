#include "runner/step_scope.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstdlib>

#include "specs/json_dump.h"

namespace lockstep {

namespace {

constexpr std::size_t kMaxShownValue = 60;

Result<Value> environment_value(std::string_view name) {
  if (const char* value = std::getenv(std::string(name).c_str())) return Value{value, false};
  return Error("env-missing"_code, fmt::format("the environment variable \"{}\" is not set", name),
               fmt::format("export {}=..., or give a fallback: default(env.{}, '...')", name, name));
}

}  // namespace

StepScope::StepScope(const RunState& state, std::size_t step, std::optional<Value> item, std::optional<StatusView> view)
    : state_(state), step_(step), view_(view) {
  names_.param = [this](std::string_view name) -> Result<Value> {
    auto found = state_.inputs.params.find(name);
    if (found == state_.inputs.params.end())
      return Error("param-missing"_code, fmt::format("the param \"{}\" has no value", name),
                   fmt::format("give one with --param {}=VALUE, or a default in the runbook", name));
    note(fmt::format("params.{}", name), found->second);
    return Value{found->second, false};
  };
  names_.env = [this](std::string_view name) {
    Result<Value> value = environment_value(name);
    if (value) note(fmt::format("env.{}", name), value->json);
    return value;
  };
  names_.secret = [this](std::string_view name) { return state_.secrets.get(name); };
  names_.step_outputs = [this](std::string_view id) { return step_outputs(id); };
  names_.step_status = [this](std::string_view id) { return step_status(id); };
  names_.run = [this](std::string_view name) { return run_value(name); };
  names_.item = std::move(item);
  if (view_)
    names_.status = [this](std::string_view name) {
      const bool answer = name == "success"     ? view_->success
                          : name == "failure"   ? view_->failure
                          : name == "cancelled" ? view_->cancelled
                                                : true;
      note(fmt::format("{}()", name), answer);
      return answer;
    };
}

void StepScope::note(const std::string& name, const Json& value) {
  const std::string text = dump_json(value);
  std::string line = fmt::format("{} = {}", name, text);
  if (text.size() <= kMaxShownValue && std::find(asked_.begin(), asked_.end(), line) == asked_.end())
    asked_.push_back(std::move(line));
}

std::string StepScope::asked() const {
  return fmt::format("{}", fmt::join(asked_, ", "));
}

std::optional<std::size_t> StepScope::waits_for() const {
  if (!state_.report.dry_run || !last_outputs_) return std::nullopt;
  if (state_.pending[*last_outputs_]) return state_.pending[*last_outputs_];
  return state_.outputs_unknown[*last_outputs_] != 0 ? last_outputs_ : std::nullopt;
}

Result<std::size_t> StepScope::needed_step(std::string_view id) const {
  auto found = state_.step_by_id.find(id);
  const std::vector<std::size_t>& needs = state_.inputs.graph.needs[step_];
  if (found == state_.step_by_id.end() || !std::binary_search(needs.begin(), needs.end(), found->second))
    return Error("step-not-needed"_code, fmt::format("the step \"{}\" is not among the needs of this step", id),
                 fmt::format("add `needs: [{}]`", id));
  return found->second;
}

Result<Value> StepScope::step_outputs(std::string_view id) {
  Result<std::size_t> step = needed_step(id);
  if (!step) return std::move(step).error();
  last_outputs_ = *step;
  const StepReport& report = state_.report.steps[*step];
  if (report.outputs.is_null())
    return Error("outputs-missing"_code,
                 fmt::format("the step \"{}\" {} and has no outputs", id, to_string(report.status)),
                 fmt::format("give a fallback: default(steps.{}.outputs.NAME, ...)", id));
  return Value{report.outputs, false};
}

Result<Value> StepScope::step_status(std::string_view id) {
  Result<std::size_t> step = needed_step(id);
  if (!step) return std::move(step).error();
  const Json status(to_string(state_.report.steps[*step].status));
  note(fmt::format("steps.{}.status", id), status);
  return Value{status, false};
}

Result<Value> StepScope::run_value(std::string_view name) const {
  if (name == "id") return Value{state_.report.run_id, false};
  if (name == "name") return Value{state_.report.name, false};
  if (name == "started_at") return Value{rfc3339(state_.report.started_at), false};
  if (name == "runbook") return Value{state_.report.runbook, false};
  if (name == "dry_run") return Value{state_.report.dry_run, false};
  return Error("expression-unknown-name"_code, fmt::format("\"run.{}\" does not exist", name),
               "write run.id, run.name, run.started_at, run.runbook or run.dry_run");
}

}  // namespace lockstep
