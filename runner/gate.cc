#include "runner/gate.h"

#include <fmt/format.h>
#include <exception>

#include "runner/step_scope.h"

namespace lockstep {

namespace {

// The condition as it stands in the file.
std::string condition_text(const RunState& state, const StepSpec& spec) {
  if (state.inputs.runbook.document && spec.condition->pieces.size() == 1) {
    const std::string& text = state.inputs.runbook.document->source->text;
    const Span& span = spec.condition->pieces.front().span;
    if (span.start.offset < span.end.offset && span.end.offset <= text.size())
      return text.substr(span.start.offset, span.end.offset - span.start.offset);
  }
  return "its condition";
}

Gate failed(Error error, std::string circumstance) {
  Gate gate;
  gate.answer = Gate::Answer::fail;
  gate.error = std::move(error).with_context(std::move(circumstance));
  return gate;
}

Gate evaluate_condition(RunState& state, std::size_t step, const StatusView& view) {
  const StepSpec& spec = state.spec(step);
  StepScope scope(state, step, {}, view);
  Result<Value> value = evaluate(*spec.condition, scope.names());
  const std::string text = condition_text(state, spec);
  Gate gate;
  if (!value) {
    const std::optional<std::size_t> earlier = scope.waits_for();
    if (!earlier) return failed(std::move(value).error(), fmt::format("in `if: {}`", text));
    gate.answer = Gate::Answer::skip;
    gate.counts_as_success = true;
    gate.reason = not_lookable_reason(state, *earlier, value.error());
    state.pending[step] = earlier;
    return gate;
  }
  if (!value->json.is_boolean())
    return failed(
        Error("condition-invalid"_code, fmt::format("the `if` gave {} and not true or false", value->json.type_name()),
              "compare it with something: ==, !=, <, ..."),
        fmt::format("in `if: {}`", text));
  if (value->json.get<bool>()) return gate;
  gate.answer = Gate::Answer::skip;
  std::string asked = scope.asked();
  // failure() and success() go by the needs, and not by the steps behind them.
  if (spec.condition_uses_status && view.skipped)
    asked += fmt::format("; \"{}\" was skipped", state.spec(*view.skipped).id);
  gate.reason = fmt::format("if: {} is false{}", text, asked.empty() ? "" : fmt::format(" ({})", asked));
  return gate;
}

}  // namespace

std::vector<StepRule> step_rules(const Runbook& runbook) {
  std::vector<StepRule> rules;
  rules.reserve(runbook.steps.size());
  for (const StepSpec& spec : runbook.steps) {
    StepRule& rule = rules.emplace_back();
    rule.id = spec.id;
    rule.has_condition = spec.condition.has_value();
    rule.continue_on_error = spec.continue_on_error;
    if (!spec.condition) continue;
    const References references = references_of(*spec.condition);
    const auto uses = [&references](std::string_view name) { return references.status_functions.contains(name); };
    rule.uses_status = !references.status_functions.empty();
    rule.runs_after_failure = uses("always") || uses("failure");
    rule.runs_after_cancel = uses("always") || uses("cancelled");
  }
  return rules;
}

Gate evaluate_gate(RunState& state, std::size_t step, const StatusView& view) {
  try {
    return evaluate_condition(state, step, view);
  } catch (const std::exception& exception) {
    return failed(
        Error("internal-error"_code, fmt::format("the condition could not be evaluated: {}", exception.what()),
              "this is a bug in lockstep: please report it with this message"),
        "in `if`");
  }
}

std::string not_lookable_reason(const RunState& state, std::size_t earlier, const Error& error) {
  if (state.pending[earlier] != earlier && state.outputs_unknown[earlier] != 0)
    return fmt::format(
        "cannot be looked at: it depends on the outputs of step \"{}\", which are known only in a real run",
        state.spec(earlier).id);
  return fmt::format("cannot be looked at before step \"{}\" has acted ({})", state.spec(earlier).id, error.message);
}

void mark_not_lookable(const RunState& state, std::size_t earlier, const Error& error, WorkResult& result) {
  result.status = StepStatus::skipped;
  result.not_lookable = true;
  result.pending = earlier;
  result.outputs = Json();
  result.reason = not_lookable_reason(state, earlier, error);
}

}  // namespace lockstep
