#include "runner/scheduler.h"

#include <fmt/format.h>

namespace lockstep {

namespace {

constexpr std::size_t kMaxNeedsInReason = 3;

std::string_view how_it_ended(StepStatus status) {
  switch (status) {
    case StepStatus::failed:
      return "which failed";
    case StepStatus::skipped:
      return "which was skipped";
    case StepStatus::cancelled:
      return "which was cancelled";
    default:
      return "of which nobody knows whether it took effect";
  }
}

}  // namespace

Schedule::Schedule(const Graph& graph, std::vector<StepRule> rules, bool keep_going, GateFunction gate)
    : graph_(graph),
      rules_(std::move(rules)),
      keep_going_(keep_going),
      gate_(std::move(gate)),
      entries_(rules_.size()),
      holdings_(graph.resources.size()) {
  mark_final_steps();
  for (std::size_t step = 0; step < entries_.size(); ++step) {
    entries_[step].missing = graph_.needs[step].size();
    if (entries_[step].missing == 0 && !entries_[step].final_step) to_consider_.push_back(step);
  }
  if (missing_before_final_ == 0) to_consider_.insert(to_consider_.end(), final_steps_.begin(), final_steps_.end());
}

void Schedule::mark_final_steps() {
  for (std::size_t step : graph_.order) {
    Entry& entry = entries_[step];
    const StepRule& rule = rules_[step];
    entry.final_step = graph_.needs[step].empty() && (rule.runs_after_failure || rule.runs_after_cancel);
    entry.before_final = !entry.final_step;
    for (std::size_t need : graph_.needs[step]) entry.before_final = entry.before_final && entries_[need].before_final;
    missing_before_final_ += entry.before_final ? 1U : 0U;
  }
  for (std::size_t step = 0; step < entries_.size(); ++step)
    if (entries_[step].final_step) final_steps_.push_back(step);
}

std::vector<Decision> Schedule::next(std::size_t free_slots) {
  consider_all();
  while (free_slots > 0 && !ready_.empty()) {
    const std::size_t step = *ready_.begin();
    ready_.erase(ready_.begin());
    entries_[step].state = State::running;
    decided_.push_back({step, StepStatus::running, {}, {}});
    --free_slots;
  }
  return std::exchange(decided_, {});
}

void Schedule::finish(std::size_t step, StepStatus status, bool counts_as_success) {
  const bool forgiven = status == StepStatus::failed && rules_[step].continue_on_error;
  settle(step, status, status == StepStatus::succeeded || forgiven || counts_as_success);
  consider_all();
}

void Schedule::interrupt(const std::string& why) {
  if (interrupted_) return;
  interrupted_ = true;
  run_view_.cancelled = true;
  end_unstarted(why, StepStatus::cancelled, [](const StepRule& rule) { return rule.runs_after_cancel; });
  consider_all();
}

void Schedule::stop(const std::string& why) {
  interrupted_ = true;
  run_view_.cancelled = true;
  end_unstarted(why, StepStatus::cancelled, [](const StepRule&) { return false; });
}

// A step that never started.
void Schedule::end(std::size_t step, StepStatus status, std::string reason, std::optional<Error> error, bool good) {
  decided_.push_back({step, status, std::move(reason), std::move(error)});
  settle(step, status, good);
}

void Schedule::settle(std::size_t step, StepStatus status, bool good) {
  Entry& entry = entries_[step];
  const bool held_claims = entry.state == State::ready || entry.state == State::running;
  if (entry.state == State::blocked)
    for (const Claim& claim : graph_.claims[step]) holdings_[claim.resource].blocked.erase(step);
  ready_.erase(step);
  entry.state = State::ended;
  entry.status = status;
  entry.good = good;
  ++ended_;
  const bool bad_end = !good && (status == StepStatus::failed || status == StepStatus::unknown);
  if (bad_end) failed_ = true;
  if (entry.before_final) {
    run_view_.failure = run_view_.failure || bad_end;
    if (bad_end || status == StepStatus::cancelled) run_view_.success = false;
    if (--missing_before_final_ == 0) to_consider_.insert(to_consider_.end(), final_steps_.begin(), final_steps_.end());
  }
  for (std::size_t dependent : graph_.dependents[step])
    if (--entries_[dependent].missing == 0) to_consider_.push_back(dependent);
  if (held_claims) release(step);
  if (!bad_end || keep_going_ || halted_ || interrupted_) return;
  halted_ = true;
  end_unstarted(fmt::format("not started: step \"{}\" {}", rules_[step].id,
                            status == StepStatus::failed ? "failed" : "may or may not have taken effect"),
                StepStatus::skipped,
                // A cancelled() step waits on: the run may still be interrupted, otherwise its `if` will say no.
                [](const StepRule& rule) { return rule.runs_after_failure || rule.runs_after_cancel; });
}

// In topological order, so that a step whose need has just been ended names that need.
void Schedule::end_unstarted(const std::string& why, StepStatus status, bool (*spared)(const StepRule&)) {
  for (std::size_t step : graph_.order) {
    const State state = entries_[step].state;
    if (state == State::running || state == State::ended) continue;
    if (spared(rules_[step])) continue;
    const std::string needs = status == StepStatus::skipped ? bad_needs(step) : std::string();
    end(step, status, needs.empty() ? why : needs, {}, false);
  }
}

void Schedule::consider_all() {
  if (considering_) return;
  considering_ = true;
  // The list grows while it is walked: a skipped step brings its dependents.
  for (std::size_t i = 0; i < to_consider_.size(); ++i) {
    const std::size_t step = to_consider_[i];
    if (entries_[step].state == State::waiting) consider(step);
  }
  to_consider_.clear();
  considering_ = false;
}

void Schedule::consider(std::size_t step) {
  const StepRule& rule = rules_[step];
  if (!rule.uses_status) {
    std::string reason = bad_needs(step);
    if (!reason.empty()) {
      if (rule.has_condition) reason += "; its `if` has no status function such as always(), so it was not asked";
      return end(step, StepStatus::skipped, std::move(reason), {}, false);
    }
  }
  if (rule.has_condition) {
    Gate gate = gate_(step, view_of(step));
    if (gate.answer == Gate::Answer::skip)
      return end(step, StepStatus::skipped, std::move(gate.reason), {}, gate.counts_as_success);
    if (gate.answer == Gate::Answer::fail)
      return end(step, StepStatus::failed, {}, std::move(gate.error), rule.continue_on_error);
  }
  claim_or_block(step);
}

StatusView Schedule::view_of(std::size_t step) const {
  if (entries_[step].final_step) return run_view_;
  StatusView view;
  view.cancelled = interrupted_;
  for (std::size_t need : graph_.needs[step]) {
    view.success = view.success && entries_[need].good;
    view.failure = view.failure || (!entries_[need].good && (entries_[need].status == StepStatus::failed ||
                                                             entries_[need].status == StepStatus::unknown));
    if (!entries_[need].good && entries_[need].status == StepStatus::skipped) view.skipped = need;
  }
  return view;
}

// Empty when every need that has ended counts as succeeded.
std::string Schedule::bad_needs(std::size_t step) const {
  std::string reason;
  std::size_t count = 0;
  for (std::size_t need : graph_.needs[step]) {
    const Entry& entry = entries_[need];
    if (entry.state != State::ended || entry.good) continue;
    if (++count > kMaxNeedsInReason) continue;
    reason +=
        fmt::format("{}\"{}\", {}", count == 1 ? "needs " : ", and ", rules_[need].id, how_it_ended(entry.status));
  }
  if (count > kMaxNeedsInReason) reason += fmt::format(", and {} more", count - kMaxNeedsInReason);
  return reason;
}

std::optional<std::uint32_t> Schedule::blocking_resource(std::size_t step) const {
  for (const Claim& claim : graph_.claims[step])
    for (std::size_t mode = 0; mode < 4; ++mode)
      if (holdings_[claim.resource].holders[mode] > 0 && excludes(claim.mode, static_cast<Claim::Mode>(mode)))
        return claim.resource;
  return std::nullopt;
}

void Schedule::claim_or_block(std::size_t step) {
  if (std::optional<std::uint32_t> resource = blocking_resource(step)) {
    entries_[step].state = State::blocked;
    holdings_[*resource].blocked.insert(step);
    return;
  }
  for (const Claim& claim : graph_.claims[step])
    ++holdings_[claim.resource].holders[static_cast<std::size_t>(claim.mode)];
  entries_[step].state = State::ready;
  ready_.insert(step);
}

void Schedule::release(std::size_t step) {
  for (const Claim& claim : graph_.claims[step])
    --holdings_[claim.resource].holders[static_cast<std::size_t>(claim.mode)];
  for (const Claim& claim : graph_.claims[step]) {
    std::set<std::size_t>& blocked = holdings_[claim.resource].blocked;
    while (!blocked.empty()) {
      const std::size_t candidate = *blocked.begin();
      // Still blocked here: whoever holds the resource will come by this place when it ends.
      if (blocking_resource(candidate) == claim.resource) break;
      blocked.erase(blocked.begin());
      claim_or_block(candidate);
    }
  }
}

}  // namespace lockstep
