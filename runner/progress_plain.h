// One line at the start and one at the end of each step, for logs and CI.
#pragma once

#include "runner/output.h"
#include "runner/reporter.h"
#include "runner/step_text.h"

namespace lockstep {

// Errors, their remedies and warnings stand indented under the step's last line. Ends with the summary.
class PlainProgress final : public Reporter {
 public:
  // `secrets` outlives it.
  PlainProgress(TextSink sink, Style style, const SecretSet& secrets);

  void run_started(const RunReport& report) override;
  void step_started(const StepReport& step) override;
  void step_progress(const StepReport& step, std::string_view what, double fraction) override;
  void step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) override;
  void step_finished(const StepReport& step) override;
  void run_finished(const RunReport& report) override;

 private:
  [[nodiscard]] std::string head(const StepReport& step, WallTime time) const;

  TextSink sink_;
  Printer printer_;
  std::size_t id_width_ = 0;
  bool dry_run_ = false;
  std::map<std::string, std::chrono::steady_clock::time_point> waited_;  // when a wait of the step was last told
};

}  // namespace lockstep
