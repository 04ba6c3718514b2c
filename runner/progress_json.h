// Events as JSON lines, for programs: schemas/event.schema.json.
#pragma once

#include <string>

#include "runner/output.h"
#include "runner/reporter.h"
#include "specs/secrets.h"

namespace lockstep {

constexpr int kEventVersion = 1;

// Every event has type, time (RFC 3339, milliseconds) and run_id. Types, in order: version, run_started, then for each
// step step_started, step_progress, step_retrying, step_finished, and run_finished last. A step that never started has
// step_finished only. Fields are only ever added within a version. Every string is redacted.
class JsonProgress final : public Reporter {
 public:
  // `program`: the version of lockstep. `secrets` outlives it.
  JsonProgress(TextSink sink, std::string program, const SecretSet& secrets);

  void run_started(const RunReport& report) override;
  void step_started(const StepReport& step) override;
  void step_progress(const StepReport& step, std::string_view what, double fraction) override;
  void step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) override;
  void step_finished(const StepReport& step) override;
  void run_finished(const RunReport& report) override;

 private:
  void send(std::string_view type, WallTime time, Json event);

  TextSink sink_;
  std::string program_;
  const SecretSet& secrets_;
  std::string run_id_;
};

}  // namespace lockstep
