// What a run came to, as data: the source of every report format, the summary and the exit code.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/step.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

using WallTime = std::chrono::system_clock::time_point;

enum class StepStatus { pending, running, succeeded, failed, skipped, cancelled, unknown };
std::string_view to_string(StepStatus status);

struct ItemReport {  // one item of a for_each
  Json item;
  StepStatus status = StepStatus::pending;
  std::string reason;
  Json outputs;
  std::optional<Error> error;
  std::vector<Action> actions;
};

struct StepReport {
  std::string id;
  std::string name;
  std::string uses;
  std::string at;  // where the runbook defines it: "runbook.yaml:12"; empty: not known
  StepStatus status = StepStatus::pending;
  std::string reason;  // why skipped, cancelled or unknown
  Json outputs;        // null: none. A for_each step: the list of its items' outputs
  std::optional<Error> error;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::vector<Action> actions;  // what look() returned, and what became of each
  std::vector<std::string> warnings;
  std::string figure;
  int attempts = 0;
  std::vector<ItemReport> items;
  bool is_for_each = false;
  bool continue_on_error = false;
  std::string looked_before;  // dry run: a step before this one whose changes were still to be made; empty: none
};

struct RunReport {
  std::string run_id;
  std::string runbook;  // path as given
  std::string name;
  enum class Status { succeeded, failed, cancelled } status = Status::succeeded;
  bool dry_run = false;
  bool timed_out = false;  // the run's own --timeout passed
  WallTime started_at;
  WallTime finished_at;
  std::vector<StepReport> steps;  // in file order
};
std::string_view to_string(RunReport::Status status);

// RFC 3339, UTC, milliseconds: "2026-11-24T10:00:00.123Z".
std::string rfc3339(WallTime time);

// The parts of a report, not redacted: for sinks that redact on their own.
Json error_json(const Error& error);
Json action_json(const Action& action);
Json step_json(const StepReport& step);

// schemas/report.schema.json, version 1; every string redacted.
Json report_json(const RunReport& report, const SecretSet& secrets);

}  // namespace lockstep
