#include "runner/for_each.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "runner/step_scope.h"
#include "runner/style.h"
#include "specs/counted.h"
#include "specs/json_dump.h"

namespace lockstep {

namespace {

constexpr std::size_t kMaxItemWarnings = 50;
constexpr std::size_t kMaxItemText = 40;

std::string item_text(std::size_t index, const Json& item) {
  std::string text = dump_json(item);
  return fmt::format("item {} ({})", index + 1, fit(text, kMaxItemText, Style{}));
}

// Which of two statuses speaks for the whole step: what is not known first, then what failed, and so on.
int weight(StepStatus status) {
  switch (status) {
    case StepStatus::unknown:
      return 4;
    case StepStatus::failed:
      return 3;
    case StepStatus::cancelled:
      return 2;
    case StepStatus::skipped:
      return 1;
    default:
      return 0;
  }
}

// "2 of 3 items failed and 1 ended with an unknown outcome"
std::string how_many(std::size_t failed, std::size_t unknown, std::size_t items) {
  const std::string all = counted(items, "item");
  if (unknown == 0) return fmt::format("{} of {} failed", failed, all);
  if (failed == 0) return fmt::format("{} of {} ended with an unknown outcome", unknown, all);
  return fmt::format("{} of {} failed and {} ended with an unknown outcome", failed, all, unknown);
}

// The list's index that a JSON pointer of resolve_node begins with; npos: the list as a whole.
std::size_t first_index(const std::string& pointer) {
  if (pointer.size() < 2) return std::string::npos;
  std::size_t index = 0;
  for (std::size_t i = 1; i < pointer.size() && pointer[i] != '/'; ++i)
    index = index * 10 + static_cast<std::size_t>(pointer[i] - '0');
  return index;
}

}  // namespace

ItemList items_of(const RunState& state, std::size_t step) {
  const StepSpec& spec = state.spec(step);
  StepScope scope(state, step);
  ItemList list;
  Json values;
  std::set<std::size_t> tainted;
  bool all_tainted = false;
  auto fail = [&](Error error) {
    list.error = std::move(error).with_context("in for_each");
    list.waits_for = scope.waits_for();
    return list;
  };
  if (spec.for_each_list != nullptr) {
    Result<ResolvedInputs> resolved = resolve_node(*spec.for_each_list, scope.names());
    if (!resolved) return fail(std::move(resolved).error());
    values = std::move(resolved->json);
    for (const std::string& pointer : resolved->tainted) {
      const std::size_t index = first_index(pointer);
      all_tainted = all_tainted || index == std::string::npos;
      tainted.insert(index);
    }
  } else {
    Result<Value> value = evaluate(*spec.for_each, scope.names());
    if (!value) return fail(std::move(value).error());
    values = std::move(value->json);
    all_tainted = value->tainted;
  }
  if (!values.is_array())
    return fail(Error("for-each-invalid"_code, fmt::format("for_each is {} and no list", values.type_name()),
                      "give a list, or an expression that gives one; from_json() reads a list from a text"));
  for (std::size_t i = 0; i < values.size(); ++i)
    list.items.push_back({std::move(values[i]), all_tainted || tainted.contains(i)});
  return list;
}

ItemRun::ItemRun(std::vector<Value> items, bool serial, bool keep_going)
    : items_(std::move(items)), serial_(serial), keep_going_(keep_going), results_(items_.size()) {}

std::optional<std::size_t> ItemRun::next() {
  if (closed_ || next_ == items_.size() || (serial_ && running_ > 0)) return std::nullopt;
  ++running_;
  return next_++;
}

void ItemRun::ended(std::size_t index, WorkResult result) {
  --running_;
  ++ended_;
  const bool bad = result.status == StepStatus::failed || result.status == StepStatus::unknown;
  if (bad && !keep_going_)
    close(StepStatus::skipped, fmt::format("not started: item {} {}", index + 1, to_string(result.status)));
  changes_pending_ = changes_pending_ || result.pending.has_value();
  results_[index] = std::move(result);
}

void ItemRun::close(StepStatus status, const std::string& reason) {
  if (closed_) return;
  closed_ = true;
  unstarted_status_ = status;
  unstarted_reason_ = reason;
}

bool ItemRun::all_ended() const {
  return running_ == 0 && (closed_ || next_ == items_.size());
}

WorkResult ItemRun::conclude(std::vector<ItemReport>& reports) {
  WorkResult whole;
  whole.outputs = Json::array();
  std::size_t failed = 0;
  std::size_t unknown = 0;
  std::size_t unstarted = 0;
  std::size_t warnings = 0;
  std::optional<std::size_t> first_failed;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    WorkResult result;
    if (results_[i]) {
      result = *std::move(results_[i]);
      results_[i].reset();
    } else {
      ++unstarted;
      result.status = unstarted_status_;
      result.reason = unstarted_reason_;
    }
    if (weight(result.status) > weight(whole.status)) {
      whole.status = result.status;
      whole.reason =
          result.status == StepStatus::failed ? "" : fmt::format("{}: {}", item_text(i, items_[i].json), result.reason);
    }
    if (result.status == StepStatus::failed || result.status == StepStatus::unknown) {
      ++(result.status == StepStatus::failed ? failed : unknown);
      if (!first_failed) first_failed = i;
    }
    for (const std::string& warning : result.warnings)
      if (++warnings <= kMaxItemWarnings)
        whole.warnings.push_back(fmt::format("{}: {}", item_text(i, items_[i].json), warning));
    whole.attempts = std::max(whole.attempts, result.attempts);
    whole.not_lookable = whole.not_lookable || result.not_lookable;
    if (!whole.pending) whole.pending = result.pending;
    whole.outputs_unknown = whole.outputs_unknown || result.outputs_unknown;
    whole.outputs.push_back(result.outputs);
    ItemReport& report = reports.emplace_back();
    report.item = std::move(items_[i].json);
    report.status = result.status;
    report.reason = std::move(result.reason);
    report.outputs = std::move(result.outputs);
    report.error = std::move(result.error);
    report.actions = std::move(result.actions);
  }
  if (warnings > kMaxItemWarnings)
    whole.warnings.push_back(fmt::format("and {} of its items", counted(warnings - kMaxItemWarnings, "more warning")));
  whole.figure = counted(items_.size(), "item");
  if (failed > 0) whole.figure += fmt::format(", {} failed", failed);
  if (unknown > 0) whole.figure += fmt::format(", {} unknown", unknown);
  if (unstarted > 0) whole.figure += fmt::format(", {} not started", unstarted);
  if (first_failed) {
    const ItemReport& report = reports[*first_failed];
    const Error cause = report.error.value_or(Error());
    Error error("items-failed"_code,
                fmt::format("{}; the first is {} [{}]: {}", how_many(failed, unknown, items_.size()),
                            item_text(*first_failed, report.item), cause.code, cause.message),
                cause.remedy);
    // A timeout is the step's own, and is named so.
    if (cause.code == "timeout" || cause.code == "outcome-unknown") error.code = cause.code;
    error.context = cause.context;
    whole.error = std::move(error);
  }
  return whole;
}

}  // namespace lockstep
