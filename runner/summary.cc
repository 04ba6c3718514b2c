#include "runner/summary.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "runner/step_text.h"
#include "specs/counted.h"
#include "specs/duration_text.h"

namespace lockstep {

namespace {

constexpr std::size_t kStatusColumn = 9;  // "succeeded", "cancelled"
constexpr std::size_t kTimeColumn = 7;

std::string counts_text(const RunReport& report) {
  constexpr std::array kOrder{StepStatus::succeeded, StepStatus::failed, StepStatus::skipped, StepStatus::cancelled,
                              StepStatus::unknown};
  std::string text;
  for (StepStatus status : kOrder) {
    const auto count = std::count_if(report.steps.begin(), report.steps.end(),
                                     [status](const StepReport& step) { return step.status == status; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(status));
  }
  return text.empty() ? "no steps" : text;
}

Tone tone_of(RunReport::Status status) {
  return status == RunReport::Status::succeeded ? Tone::good
         : status == RunReport::Status::failed  ? Tone::bad
                                                : Tone::warn;
}

}  // namespace

std::string summary_text(const RunReport& report, const Style& style, const SecretSet& secrets) {
  const Printer printer{style, secrets};
  const std::size_t id_width = widest_id(report);
  std::string text;
  for (const StepReport& step : report.steps) {
    const std::string time = step.started_at ? duration_text(time_of(step)) : (style.unicode ? "–" : "-");
    std::string outcome = printer.outcome(step);
    if (step.error) outcome += fmt::format("{}{}", outcome.empty() ? "" : "; ", printer.headline(*step.error));
    if (!step.warnings.empty())
      outcome += fmt::format("{}{}", outcome.empty() ? "" : "; ", counted(step.warnings.size(), "warning"));
    std::string line =
        fmt::format("  {} {}  {}  {}{}  {}", paint(style, tone_of(step.status), symbol_of(step.status, style)),
                    pad(printer.safe(step.id), id_width), printer.status_word(step.status, kStatusColumn),
                    std::string(kTimeColumn - std::min(kTimeColumn, display_width(time)), ' '), time, outcome);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(report.finished_at - report.started_at);
  const std::string name = report.name.empty() ? report.runbook : report.name;
  text += fmt::format("{} {}{} in {}: {}\n", printer.safe(name), report.dry_run ? "(dry run) " : "",
                      paint(style, tone_of(report.status), report.timed_out ? "timed out" : to_string(report.status)),
                      duration_text(took), counts_text(report));
  return text;
}

}  // namespace lockstep
