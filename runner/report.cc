#include "runner/report.h"

#include <fmt/format.h>
#include <ctime>

namespace lockstep {

namespace {

std::string_view to_string(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::sql:
      return "sql";
    case Action::Kind::rest:
      return "rest";
    case Action::Kind::file:
      return "file";
    case Action::Kind::compute:
      return "compute";
  }
  return "compute";
}

std::string_view status_name(Action::Status status) {
  switch (status) {
    case Action::Status::planned:
      return "planned";
    case Action::Status::done:
      return "done";
    case Action::Status::failed:
      return "failed";
    case Action::Status::unknown:
      return "unknown";
    case Action::Status::not_run:
      break;
  }
  return "not_run";
}

Json actions_json(const std::vector<Action>& actions) {
  Json list = Json::array();
  for (const Action& action : actions) {
    Json& json = list.emplace_back(action_json(action));
    if (action.status) json["status"] = status_name(*action.status);
  }
  return list;
}

Json time_json(const std::optional<WallTime>& time) {
  return time ? Json(rfc3339(*time)) : Json();
}

Json located(const std::optional<Error>& error, const std::string& at) {
  if (!error) return {};
  Json json = error_json(*error);
  if (!at.empty()) json["at"] = at;
  return json;
}

Json item_json(const ItemReport& item, const std::string& at) {
  Json json{{"item", item.item},
            {"status", to_string(item.status)},
            {"outputs", item.outputs},
            {"error", located(item.error, at)}};
  if (!item.reason.empty()) json["reason"] = item.reason;
  if (!item.actions.empty()) json["actions"] = actions_json(item.actions);
  return json;
}

}  // namespace

std::string_view to_string(StepStatus status) {
  switch (status) {
    case StepStatus::pending:
      return "pending";
    case StepStatus::running:
      return "running";
    case StepStatus::succeeded:
      return "succeeded";
    case StepStatus::failed:
      return "failed";
    case StepStatus::skipped:
      return "skipped";
    case StepStatus::cancelled:
      return "cancelled";
    case StepStatus::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(RunReport::Status status) {
  switch (status) {
    case RunReport::Status::succeeded:
      return "succeeded";
    case RunReport::Status::failed:
      return "failed";
    case RunReport::Status::cancelled:
      return "cancelled";
  }
  return "failed";
}

std::string rfc3339(WallTime time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t since_epoch = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  gmtime_r(&since_epoch, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, (milliseconds - seconds).count());
}

Json error_json(const Error& error) {
  Json json{{"code", error.code}, {"message", error.message}, {"remedy", error.remedy}};
  if (!error.context.empty()) json["context"] = error.context;
  return json;
}

Json action_json(const Action& action) {
  return {{"kind", to_string(action.kind)},
          {"connection", action.connection},
          {"target", action.target},
          {"text", action.text},
          {"why", action.why},
          {"changes", action.changes}};
}

Json step_json(const StepReport& step) {
  Json json{{"id", step.id},
            {"name", step.name},
            {"uses", step.uses},
            {"status", to_string(step.status)},
            {"reason", step.reason.empty() ? Json() : Json(step.reason)},
            {"outputs", step.outputs},
            {"error", located(step.error, step.at)},
            {"started_at", time_json(step.started_at)},
            {"finished_at", time_json(step.finished_at)},
            {"actions", actions_json(step.actions)},
            {"warnings", step.warnings},
            {"figure", step.figure},
            {"attempts", step.attempts},
            {"continue_on_error", step.continue_on_error}};
  if (!step.looked_before.empty()) json["looked_before"] = step.looked_before;
  if (!step.is_for_each) return json;
  Json items = Json::array();
  for (const ItemReport& item : step.items) items.push_back(item_json(item, step.at));
  json["items"] = std::move(items);
  return json;
}

Json report_json(const RunReport& report, const SecretSet& secrets) {
  Json steps = Json::array();
  for (const StepReport& step : report.steps) steps.push_back(step_json(step));
  Json json{{"version", 1},
            {"run_id", report.run_id},
            {"runbook", report.runbook},
            {"name", report.name},
            {"status", to_string(report.status)},
            {"dry_run", report.dry_run},
            {"timed_out", report.timed_out},
            {"started_at", rfc3339(report.started_at)},
            {"finished_at", rfc3339(report.finished_at)},
            {"steps", std::move(steps)}};
  if (secrets.would_redact(json)) json = secrets.redact(json);
  return json;
}

}  // namespace lockstep
