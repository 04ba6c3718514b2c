#include "runner/run.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <exception>
#include <random>
#include <unordered_map>

#include "engines/sha256.h"
#include "engines/worker_pool.h"
#include "runner/for_each.h"
#include "runner/gate.h"
#include "runner/journal.h"
#include "runner/run_events.h"
#include "runner/run_state.h"
#include "runner/scheduler.h"
#include "runner/style.h"
#include "runner/work.h"
#include "specs/counted.h"
#include "specs/duration_text.h"

namespace lockstep {

namespace {

// A whole run. All its functions run on the caller's thread; workers only execute do_work() and push events.
class Run {
 public:
  Run(const RunInputs& inputs, const RunOptions& options, Reporter& reporter)
      : reporter_(reporter),
        state_{inputs, options, RunSecrets(inputs.runbook, inputs.secret_values, inputs.secrets), {}, nullptr, {},
               {},     {}},
        max_parallel_(std::max<std::size_t>(1, options.max_parallel)),
        // A dry run changes nothing, so that a failure is no reason to keep other steps from being looked at.
        keep_going_(options.keep_going || options.dry_run),
        schedule_(inputs.graph, step_rules(inputs.runbook), keep_going_,
                  [this](std::size_t step, const StatusView& view) { return evaluate_gate(state_, step, view); }),
        pool_(max_parallel_) {
    begin_report();
  }

  Result<RunReport> run(const std::stop_token& stop, const std::stop_token& hard_stop) {
    if (Result<void> opened = open_journal(); !opened) return std::move(opened).error();
    reporter_.run_started(state_.report);
    // Called on the thread of whoever requests the stop, or here and now when it was requested before.
    std::stop_callback on_stop(stop, [this] { events_.push(StopRequested{false}); });
    std::stop_callback on_hard_stop(hard_stop, [this] { events_.push(StopRequested{true}); });
    const std::optional<SteadyTime> deadline =
        state_.options.timeout ? std::optional(std::chrono::steady_clock::now() + *state_.options.timeout)
                               : std::nullopt;
    take(events_.poll());  // a stop that came before the run
    dispatch();
    while (!schedule_.all_ended()) {
      const bool timed = deadline && !schedule_.interrupted();
      take(events_.wait(timed ? deadline : std::nullopt));
      if (timed && !schedule_.all_ended() && std::chrono::steady_clock::now() >= *deadline) time_out();
      dispatch();
    }
    conclude();
    return std::move(state_.report);
  }

 private:
  void begin_report() {
    const Runbook& runbook = state_.inputs.runbook;
    RunReport& report = state_.report;
    report.run_id = new_run_id();
    report.runbook = runbook.path;
    report.name = runbook.name;
    report.dry_run = state_.options.dry_run;
    report.started_at = std::chrono::system_clock::now();
    report.steps.reserve(runbook.steps.size());
    for (std::size_t step = 0; step < runbook.steps.size(); ++step) {
      const StepSpec& spec = runbook.steps[step];
      StepReport& entry = report.steps.emplace_back();
      entry.id = spec.id;
      entry.name = spec.name.empty() ? spec.id : spec.name;
      entry.uses = spec.uses;
      if (spec.id_span.start.line != 0) entry.at = fmt::format("{}:{}", runbook.path, spec.id_span.start.line);
      entry.is_for_each = spec.for_each.has_value() || spec.for_each_list != nullptr;
      entry.continue_on_error = spec.continue_on_error;
      state_.step_by_id.emplace(spec.id, step);
    }
    state_.pending.resize(runbook.steps.size());
    state_.outputs_unknown.resize(runbook.steps.size());
  }

  Result<void> open_journal() {
    if (state_.options.dry_run || state_.options.state_dir.empty()) return {};
    const Runbook& runbook = state_.inputs.runbook;
    Json header{{"run_id", state_.report.run_id},
                {"runbook", runbook.path},
                {"runbook_sha256", runbook.document ? Json(sha256_hex(runbook.document->source->text)) : Json()},
                {"params", state_.inputs.params}};
    Result<std::unique_ptr<Journal>> journal =
        Journal::create(state_.options.state_dir, state_.report.run_id, header, state_.inputs.secrets);
    if (!journal) return std::move(journal).error();
    journal_ = *std::move(journal);
    state_.journal = journal_.get();
    return {};
  }

  // Starts whatever may start, until there is nothing more to do now.
  void dispatch() {
    for (;;) {
      start_items();
      std::vector<Decision> decisions = schedule_.next(max_parallel_ - running_);
      if (decisions.empty()) return;
      for (Decision& decision : decisions) {
        if (decision.status == StepStatus::running)
          start(decision.step);
        else
          end_unstarted(std::move(decision));
      }
    }
  }

  // Steps that have begun come before new ones.
  void start_items() {
    for (auto& [step, items] : items_)
      while (running_ < max_parallel_) {
        const std::optional<std::size_t> item = items.next();
        if (!item) break;
        submit(step, static_cast<std::int64_t>(*item), items.item(*item));
      }
  }

  void start(std::size_t step) {
    StepReport& report = state_.report.steps[step];
    report.status = StepStatus::running;
    report.started_at = std::chrono::system_clock::now();
    const std::optional<Milliseconds>& timeout = state_.spec(step).timeout;
    if (timeout) deadlines_.emplace(step, std::chrono::steady_clock::now() + *timeout);
    reporter_.step_started(report);
    WorkResult refused;
    if (state_.journal != nullptr)
      if (Result<void> written = state_.journal->append("step_started", {{"step", report.id}}); !written) {
        refused.status = StepStatus::failed;
        refused.error = std::move(written).error();
        return end(step, std::move(refused));
      }
    if (!report.is_for_each) return submit(step, -1, std::nullopt);
    start_for_each(step);
  }

  void start_for_each(std::size_t step) {
    ItemList list = items_of_safely(step);
    if (list.error) {
      WorkResult result;
      if (list.waits_for)
        mark_not_lookable(state_, *list.waits_for, *list.error, result);
      else
        result.status = StepStatus::failed, result.error = std::move(list.error);
      return end(step, std::move(result));
    }
    const bool serial = state_.inputs.graph.serial_items[step] && !state_.report.dry_run;
    auto [place, added] = items_.emplace(step, ItemRun(std::move(list.items), serial, keep_going_));
    if (place->second.all_ended()) return end_items(step);
    // The schedule has given this step one slot: its first item takes it, so that the step does not starve.
    const std::size_t first = *place->second.next();
    submit(step, static_cast<std::int64_t>(first), place->second.item(first));
  }

  ItemList items_of_safely(std::size_t step) const {
    try {
      return items_of(state_, step);
    } catch (const std::exception& exception) {
      ItemList list;
      list.error = Error("internal-error"_code, fmt::format("for_each could not be evaluated: {}", exception.what()),
                         "this is a bug in lockstep: please report it with this message");
      return list;
    }
  }

  void submit(std::size_t step, std::int64_t item, std::optional<Value> value) {
    ++running_;
    Work work{step, item, std::move(value), {}, {}, {}};
    if (auto items = items_.find(step); items != items_.end() && items->second.changes_pending()) work.pending = step;
    work.call.stop = schedule_rule(step).runs_after_cancel ? hard_.get_token() : soft_.get_token();
    if (auto deadline = deadlines_.find(step); deadline != deadlines_.end()) {
      work.call.deadline = deadline->second;
      work.timeout = *state_.spec(step).timeout;
    }
    pool_.submit([this, work = std::move(work)]() mutable {
      WorkEvents events;
      events.progress = [this, step = work.step](std::string_view what, double fraction) {
        events_.progress(step, std::string(what), fraction);
      };
      events.retrying = [this, step = work.step](const Error& error, std::chrono::milliseconds wait) {
        events_.push(WorkRetrying{step, error, wait});
      };
      WorkResult result = do_work(state_, work, events);
      record(work, result);
      events_.push(WorkEnded{work.step, work.item, std::move(result)});
    });
  }

  // On the worker's thread: the scheduler's must not wait for the disk.
  void record(const Work& work, WorkResult& result) const {
    if (state_.journal == nullptr) return;
    Json body{{"step", state_.spec(work.step).id},
              {"status", to_string(result.status)},
              {"error", result.error ? error_json(*result.error) : Json()}};
    Json& outputs = body["outputs"] = std::move(result.outputs);  // lent, not copied
    if (work.item >= 0) body["item"] = work.item;
    const std::string_view type = work.item >= 0 ? "item_finished" : "step_finished";
    Result<void> written =
        result.durable ? state_.journal->append_durably(type, body) : state_.journal->append(type, body);
    result.outputs = std::move(outputs);
    if (!written)
      result.warnings.push_back(
          fmt::format("the journal does not hold the end of this step: {}", written.error().message));
  }

  void take(RunEvents::Batch batch) {
    for (const auto& [step, progress] : batch.progress)
      if (state_.report.steps[step].status == StepStatus::running)
        reporter_.step_progress(state_.report.steps[step], progress.what, progress.fraction);
    for (RunEvent& event : batch.events) {
      if (auto* ended = std::get_if<WorkEnded>(&event))
        work_ended(*ended);
      else if (auto* retrying = std::get_if<WorkRetrying>(&event))
        reporter_.step_retrying(state_.report.steps[retrying->step], retrying->error, retrying->wait);
      else if (std::get<StopRequested>(event).hard)
        stop_everything();
      else
        interrupt("the run was interrupted");
    }
  }

  void work_ended(WorkEnded& ended) {
    --running_;
    if (ended.item < 0) return end(ended.step, std::move(ended.result));
    ItemRun& items = items_.at(ended.step);
    items.ended(static_cast<std::size_t>(ended.item), std::move(ended.result));
    if (items.all_ended()) return end_items(ended.step);
    reporter_.step_progress(state_.report.steps[ended.step],
                            fmt::format("{} of {}", items.ended_count(), counted(items.size(), "item")),
                            static_cast<double>(items.ended_count()) / static_cast<double>(items.size()));
  }

  void end_items(std::size_t step) {
    WorkResult whole = items_.at(step).conclude(state_.report.steps[step].items);
    items_.erase(step);
    const StepReport& report = state_.report.steps[step];
    if (state_.journal != nullptr) {
      // The items' own records are as durable as they have to be; this one only closes the step.
      Result<void> written = state_.journal->append(
          "step_finished", {{"step", report.id}, {"status", to_string(whole.status)}, {"items", report.items.size()}});
      if (!written)
        whole.warnings.push_back(
            fmt::format("the journal does not hold the end of this step: {}", written.error().message));
    }
    end(step, std::move(whole));
  }

  // A step that had started.
  void end(std::size_t step, WorkResult result) {
    StepReport& report = state_.report.steps[step];
    report.status = result.status;
    report.reason = std::move(result.reason);
    report.outputs = std::move(result.outputs);
    report.error = std::move(result.error);
    report.actions = std::move(result.actions);
    report.warnings = std::move(result.warnings);
    report.figure = std::move(result.figure);
    report.attempts = result.attempts;
    report.finished_at = std::chrono::system_clock::now();
    if (const std::optional<std::size_t> earlier = state_.pending_before(step);
        earlier && result.status == StepStatus::succeeded)
      report.looked_before = state_.spec(*earlier).id;
    state_.pending[step] = result.pending;
    state_.outputs_unknown[step] = result.outputs_unknown ? 1 : 0;
    deadlines_.erase(step);
    reporter_.step_finished(report);
    schedule_.finish(step, result.status, result.not_lookable);
  }

  void end_unstarted(Decision decision) {
    StepReport& report = state_.report.steps[decision.step];
    report.status = decision.status;
    report.reason = std::move(decision.reason);
    report.error = std::move(decision.error);
    report.finished_at = std::chrono::system_clock::now();
    if (report.status == StepStatus::failed) report.started_at = report.finished_at;  // its `if` was tried
    if (state_.journal != nullptr)
      // A lost record of a step that did nothing loses nothing.
      (void)state_.journal->append("step_finished", {{"step", report.id},
                                                     {"status", to_string(report.status)},
                                                     {"reason", report.reason},
                                                     {"error", report.error ? error_json(*report.error) : Json()}});
    reporter_.step_finished(report);
  }

  void interrupt(const std::string& why) {
    if (schedule_.interrupted()) return;
    schedule_.interrupt(fmt::format("not started: {}", why));
    soft_.request_stop();
    close_items(fmt::format("not started: {}", why), false);
  }

  void time_out() {
    state_.report.timed_out = true;
    interrupt(fmt::format("the run's timeout of {} passed", duration_text(*state_.options.timeout)));
  }

  void stop_everything() {
    constexpr std::string_view kWhy = "not started: the run was stopped at once";
    schedule_.stop(std::string(kWhy));
    soft_.request_stop();
    hard_.request_stop();
    close_items(std::string(kWhy), true);
  }

  void close_items(const std::string& why, bool cleanup_too) {
    std::vector<std::size_t> ended;
    for (auto& [step, items] : items_) {
      if (schedule_rule(step).runs_after_cancel && !cleanup_too) continue;
      items.close(StepStatus::cancelled, why);
      if (items.all_ended()) ended.push_back(step);
    }
    for (std::size_t step : ended) end_items(step);
  }

  void conclude() {
    RunReport& report = state_.report;
    report.finished_at = std::chrono::system_clock::now();
    report.status = schedule_.interrupted() ? RunReport::Status::cancelled
                    : schedule_.failed()    ? RunReport::Status::failed
                                            : RunReport::Status::succeeded;
    if (state_.journal != nullptr) {
      Result<void> written = state_.journal->append_durably("run_finished", {{"status", to_string(report.status)}});
      if (!written && !report.steps.empty())
        report.steps.back().warnings.push_back(
            fmt::format("the journal of this run is incomplete: {}", written.error().message));
    }
    reporter_.run_finished(report);
  }

  [[nodiscard]] const StepRule& schedule_rule(std::size_t step) const { return schedule_.rule(step); }

  Reporter& reporter_;
  RunState state_;
  const std::size_t max_parallel_;
  const bool keep_going_;
  Schedule schedule_;
  std::unique_ptr<Journal> journal_;
  std::stop_source soft_;                                  // interrupts ordinary steps
  std::stop_source hard_;                                  // interrupts those that run after a cancel, too
  std::map<std::size_t, ItemRun> items_;                   // of for_each steps that run, in file order
  std::unordered_map<std::size_t, SteadyTime> deadlines_;  // of steps that run
  std::size_t running_ = 0;                                // tasks in the pool
  RunEvents events_;
  WorkerPool pool_;  // last: its threads end before anything that they use
};

}  // namespace

Result<RunReport> run_runbook(const RunInputs& inputs, const RunOptions& options, Reporter& reporter,
                              const std::stop_token& stop, const std::stop_token& hard_stop) {
  Run run(inputs, options, reporter);
  return run.run(stop, hard_stop);
}

std::string new_run_id() {
  std::string id;
  for (char c : rfc3339(std::chrono::system_clock::now()).substr(0, 19))
    if (c != '-' && c != ':') id += c;
  std::random_device random;
  return fmt::format("{}Z-{:06x}", id, random() & 0xFFFFFFU);
}

}  // namespace lockstep
