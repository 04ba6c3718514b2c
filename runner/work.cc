#include "runner/work.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <random>

#include "runner/gate.h"
#include "runner/retry.h"
#include "runner/step_scope.h"
#include "runner/style.h"
#include "runner/timeout_hint.h"
#include "specs/duration_text.h"
#include "specs/schema.h"

namespace lockstep {

namespace {

constexpr std::size_t kMaxFindings = 5;

// How one attempt ended. `broke`: an Error from resolving, looking or acting, as opposed to a result that is a failure.
struct Attempt {
  Outcome outcome;
  bool has_outcome = false;
  bool broke = false;
  std::optional<Error> error;
  std::vector<Action> actions;
  bool outputs_unknown = false;
  std::optional<std::size_t> waits_for;  // dry run
};

Attempt broken(Error error) {
  Attempt attempt;
  attempt.broke = true;
  attempt.error = std::move(error);
  return attempt;
}

std::string first_findings(const std::vector<std::string>& findings) {
  std::string text;
  for (std::size_t i = 0; i < findings.size() && i < kMaxFindings; ++i) text += (i == 0 ? "" : "; ") + findings[i];
  if (findings.size() > kMaxFindings) text += fmt::format("; and {} more", findings.size() - kMaxFindings);
  return text;
}

// valijson has the last word, our own walk the better ones.
std::vector<std::string> findings_of(const Json& value, const Json& schema, const Json& root) {
  if (schema_verdict(value, schema, root)) return {};
  std::vector<std::string> findings = schema_findings(value, schema, root);
  if (findings.empty()) findings.emplace_back("the schema refuses this value");
  return findings;
}

std::optional<Error> check_inputs(const StepSpec& spec, const Json& inputs) {
  const StepSchema* schema = step_schema(spec.uses);
  if (schema == nullptr) return std::nullopt;
  std::vector<std::string> findings = findings_of(inputs, *schema->with, *schema->root);
  if (findings.empty()) return std::nullopt;
  return Error(
      "inputs-invalid"_code,
      fmt::format("the inputs of {} are not what it takes: {}", spec.uses, first_findings(findings)),
      fmt::format("look at the values that the expressions under `with` gave; `lockstep schema {}` shows the fields",
                  spec.uses));
}

std::optional<Error> check_outputs(const StepSpec& spec, const Json& outputs) {
  const StepSchema* schema = step_schema(spec.uses);
  if (schema == nullptr) return std::nullopt;
  std::vector<std::string> findings = findings_of(outputs, *schema->outputs, *schema->root);
  if (findings.empty()) return std::nullopt;
  return Error("outputs-invalid"_code,
               fmt::format("{} did its work, but its outputs are not in their documented shape: {}", spec.uses,
                           first_findings(findings)),
               "this is a bug in lockstep: please report it with this message");
}

// What an engine says of something that an earlier step of this run may be about to create.
bool says_not_there(const Error& error) {
  constexpr std::array<std::string_view, 4> kCodes{"catalog-not-made-yet", "sql-unknown-name", "sql-not-bound",
                                                   "reconciliation-empty"};
  return error.code.ends_with("-not-found") || std::find(kCodes.begin(), kCodes.end(), error.code) != kCodes.end();
}

class Worker {
 public:
  Worker(const RunState& state, const Work& work, const WorkEvents& events)
      : state_(state), work_(work), events_(events), spec_(state.spec(work.step)), random_(std::random_device{}()) {}

  WorkResult run() {
    WorkResult result;
    for (int number = 1;; ++number) {
      result.attempts = number;
      Attempt attempt = attempt_safely(number, result);
      if (!attempt.error || number >= spec_.retry.max_attempts || attempt.waits_for || work_.call.stopped() ||
          work_.call.expired() || !worth_another_attempt(spec_.retry, *attempt.error, !attempt.broke) ||
          !wait_for_next(number + 1, *attempt.error)) {
        conclude(std::move(attempt), result);
        return result;
      }
    }
  }

 private:
  Attempt attempt_safely(int number, WorkResult& result) {
    JournalActionLog log(state_.journal, spec_.id, work_.item, number);
    Attempt attempt;
    try {
      attempt = this->attempt(number, log);
    } catch (const std::exception& exception) {
      attempt = broken(escaped(exception.what(), log));
    } catch (...) {
      attempt = broken(escaped("an exception of an unknown type", log));
    }
    result.durable = result.durable || log.changed();
    if (state_.report.dry_run)
      for (Action& action : attempt.actions) action.status = Action::Status::planned;
    else
      log.tell_status(attempt.actions);
    return attempt;
  }

  Error escaped(std::string_view what, const JournalActionLog& log) const {
    Error error("internal-error"_code, fmt::format("{} broke down: {}", spec_.uses, what),
                "this is a bug in lockstep: please report it with this message");
    if (log.has_open_change())
      error.context.emplace_back("an action that changes something was under way: whether it took effect is not known");
    return error;
  }

  Attempt attempt(int number, JournalActionLog& log) {
    if (work_.call.stopped() || work_.call.expired())
      return broken(Error("cancelled"_code, "interrupted before it began: nothing was changed"));
    StepScope scope(state_, work_.step, work_.item_value);
    ResolvedInputs inputs{Json::object(), {}};
    if (spec_.with != nullptr) {
      Result<ResolvedInputs> resolved = resolve_node(*spec_.with, scope.names());
      if (!resolved) {
        Attempt failed = broken(std::move(resolved).error());
        failed.waits_for = scope.waits_for();
        return failed;
      }
      inputs = *std::move(resolved);
    }
    if (std::optional<Error> error = check_inputs(spec_, inputs.json)) {
      Attempt failed = broken(*std::move(error));
      failed.waits_for = scope.waits_for();  // a preview's value may be of another kind than the real one (null)
      return failed;
    }
    const StepType* type = state_.inputs.find_type(spec_.uses);
    if (type == nullptr)
      return broken(Error("step-type-unavailable"_code,
                          fmt::format("\"{}\" is not available in this version", spec_.uses),
                          "use another step type, or a newer version of lockstep"));
    Result<std::unique_ptr<Step>> made = type->make(inputs.json);
    if (!made) return broken(std::move(made).error());
    Call call = work_.call;
    call.trace = std::make_shared<CallTrace>(trace(number, log));
    StepContext context{state_.inputs.warehouses,
                        type->needs_connection ? connection() : spec_.connection,
                        state_.inputs.runbook.directory,
                        {state_.report.run_id, spec_.id, number},
                        std::move(call),
                        log,
                        state_.inputs.secrets,
                        std::move(inputs.tainted),
                        events_.progress,
                        !state_.report.dry_run};
    return look_and_act(**made, context);
  }

  // `log` outlives the attempt's calls: a step's threads have ended when act() returns.
  CallTrace trace(int number, JournalActionLog& log) const {
    CallTrace trace{state_.report.run_id, spec_.id, number, nullptr, nullptr};
    trace.on_submitted = [&log](std::string_view connection, std::string_view statement_id, bool awaited) {
      return log.submitted(connection, statement_id, awaited);
    };
    if (events_.progress) trace.on_wait = [progress = events_.progress](std::string_view what) { progress(what, -1); };
    return trace;
  }

  [[nodiscard]] std::string connection() const {
    const std::vector<ConnectionSpec>& all = state_.inputs.runbook.connections;
    return spec_.connection.empty() && all.size() == 1 ? all.front().name : spec_.connection;
  }

  Attempt look_and_act(Step& step, const StepContext& context) const {
    Result<Look> look = step.look(context);
    if (!look) {
      Attempt failed = broken(std::move(look).error());
      if (state_.report.dry_run && says_not_there(*failed.error)) failed.waits_for = pending_need();
      return failed;
    }
    Attempt attempt;
    attempt.has_outcome = true;
    attempt.outputs_unknown = look->outputs_unknown;
    // All there is in a dry run, or nothing that could be done: see Step::look().
    if (state_.report.dry_run || (look->preview.failure && look->actions.empty())) {
      attempt.outcome = std::move(look->preview);
      if (state_.report.dry_run && attempt.outcome.failure && says_not_there(*attempt.outcome.failure)) {
        attempt.waits_for = pending_need();
        if (!attempt.waits_for) look->actions.clear();  // nothing will make what they need
      }
    } else if (work_.call.stopped() || work_.call.expired()) {
      attempt = broken(Error("cancelled"_code, "interrupted after looking, before acting: nothing was changed"));
    } else {
      Result<Outcome> outcome = step.act(context, *look);
      if (outcome) {
        attempt.outcome = *std::move(outcome);
        if (!attempt.outcome.failure) {
          attempt.error = check_outputs(spec_, attempt.outcome.outputs);
          attempt.broke = attempt.error.has_value();
        }
      } else {
        attempt = broken(std::move(outcome).error());
      }
    }
    attempt.actions = std::move(look->actions);
    if (!attempt.error) attempt.error = attempt.outcome.failure;
    return attempt;
  }

  [[nodiscard]] std::optional<std::size_t> pending_need() const {
    return work_.pending ? work_.pending : state_.pending_before(work_.step);
  }

  // False: there is no point in another attempt.
  bool wait_for_next(int number, const Error& error) {
    const Milliseconds wait = wait_before(spec_.retry, number, random_);
    if (work_.call.deadline && std::chrono::steady_clock::now() + wait >= *work_.call.deadline) return false;
    if (events_.retrying) events_.retrying(error, wait);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, work_.call.stop, wait, [] { return false; });
    return !work_.call.stopped();
  }

  void conclude(Attempt attempt, WorkResult& result) const {
    result.actions = std::move(attempt.actions);
    if (attempt.has_outcome) {
      result.outputs = std::move(attempt.outcome.outputs);
      result.warnings = std::move(attempt.outcome.warnings);
      result.figure = std::move(attempt.outcome.figure);
    }
    const bool changes =
        std::any_of(result.actions.begin(), result.actions.end(), [](const Action& a) { return a.changes; });
    if (state_.report.dry_run) {
      result.pending = changes ? std::optional(work_.step) : pending_need();
      result.outputs_unknown = attempt.outputs_unknown;
    }
    if (attempt.waits_for) return mark_not_lookable(state_, *attempt.waits_for, *attempt.error, result);
    const bool expired = work_.call.expired();
    if (!attempt.error) {
      if (expired) {
        result.status = StepStatus::failed;
        result.error = timeout_error(changes);
        result.error->context.emplace_back("it came to an end all the same, too late; its outputs are kept");
      }
      return;
    }
    if (attempt.error->code == "outcome-unknown") {
      result.status = StepStatus::unknown;
      result.reason = attempt.error->message;
      result.error = std::move(attempt.error);
    } else if (work_.call.stopped()) {
      result.status = StepStatus::cancelled;
      result.reason = "interrupted while it ran";
      result.error = std::move(attempt.error);
    } else if (expired) {
      result.status = StepStatus::failed;
      result.error = timeout_error(changes);
      const std::vector<std::string>& circumstances = attempt.error->context;
      if (std::find(circumstances.begin(), circumstances.end(), kNotSent) != circumstances.end())
        result.error->remedy = attempt.error->remedy;
      if (attempt.error->code != "timeout" && attempt.error->code != "cancelled")
        result.error->context.push_back(fmt::format("the step itself said: {}", attempt.error->message));
      result.error->context.insert(result.error->context.end(), attempt.error->context.begin(),
                                   attempt.error->context.end());
    } else {
      result.status = StepStatus::failed;
      result.error = std::move(attempt.error);
    }
  }

  [[nodiscard]] Error timeout_error(bool changes) const {
    const std::string limit =
        work_.timeout.count() % 1000 == 0 ? duration_text(work_.timeout) : fmt::format("{} ms", work_.timeout.count());
    return {"timeout"_code, fmt::format("step \"{}\" ran into its timeout of {}", spec_.id, limit),
            timeout_hint(spec_.uses, changes, work_.item >= 0)};
  }

  const RunState& state_;
  const Work& work_;
  const WorkEvents& events_;
  const StepSpec& spec_;
  std::minstd_rand random_;
};

}  // namespace

WorkResult do_work(const RunState& state, const Work& work, const WorkEvents& events) {
  return Worker(state, work, events).run();
}

}  // namespace lockstep
