#include "runner/progress_json.h"

#include "specs/json_dump.h"

namespace lockstep {

JsonProgress::JsonProgress(TextSink sink, std::string program, const SecretSet& secrets)
    : sink_(std::move(sink)), program_(std::move(program)), secrets_(secrets) {}

void JsonProgress::send(std::string_view type, WallTime time, Json event) {
  event["type"] = type;
  event["time"] = rfc3339(time);
  event["run_id"] = run_id_;
  if (secrets_.would_redact(event)) event = secrets_.redact(event);
  sink_(dump_json(event) + "\n");
}

void JsonProgress::run_started(const RunReport& report) {
  run_id_ = report.run_id;
  send("version", report.started_at, {{"version", kEventVersion}, {"lockstep", program_}});
  Json steps = Json::array();
  for (const StepReport& step : report.steps)
    steps.push_back({{"id", step.id}, {"name", step.name}, {"uses", step.uses}});
  send("run_started", report.started_at,
       {{"runbook", report.runbook}, {"name", report.name}, {"dry_run", report.dry_run}, {"steps", std::move(steps)}});
}

void JsonProgress::step_started(const StepReport& step) {
  send("step_started", step.started_at.value_or(WallTime()), {{"step", step.id}, {"uses", step.uses}});
}

void JsonProgress::step_progress(const StepReport& step, std::string_view what, double fraction) {
  send("step_progress", std::chrono::system_clock::now(),
       {{"step", step.id}, {"what", what}, {"fraction", fraction < 0 ? Json() : Json(fraction)}});
}

void JsonProgress::step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) {
  send("step_retrying", std::chrono::system_clock::now(),
       {{"step", step.id}, {"error", error_json(error)}, {"wait_ms", wait.count()}});
}

void JsonProgress::step_finished(const StepReport& step) {
  send("step_finished", step.finished_at.value_or(WallTime()), {{"step", step.id}, {"report", step_json(step)}});
}

void JsonProgress::run_finished(const RunReport& report) {
  send("run_finished", report.finished_at,
       {{"status", to_string(report.status)}, {"timed_out", report.timed_out}, {"dry_run", report.dry_run}});
}

}  // namespace lockstep
