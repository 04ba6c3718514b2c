#include "runner/progress_plain.h"

#include <fmt/format.h>

#include "runner/summary.h"
#include "specs/counted.h"
#include "specs/duration_text.h"

namespace lockstep {

namespace {

constexpr std::string_view kIndent = "          ";  // under the step's id
constexpr std::size_t kStatusWidth = 9;
constexpr std::chrono::seconds kBetweenWaits{15};

std::string clock_text(WallTime time) {
  return rfc3339(time).substr(11, 8);
}

}  // namespace

PlainProgress::PlainProgress(TextSink sink, Style style, const SecretSet& secrets)
    : sink_(std::move(sink)), printer_{style, secrets} {}

std::string PlainProgress::head(const StepReport& step, WallTime time) const {
  return fmt::format("{}  {}", paint(printer_.style, Tone::dim, clock_text(time)),
                     pad(printer_.safe(step.id), id_width_));
}

void PlainProgress::run_started(const RunReport& report) {
  id_width_ = widest_id(report);
  dry_run_ = report.dry_run;
  sink_(fmt::format("{}  {}: {}, run {}{}\n", paint(printer_.style, Tone::dim, clock_text(report.started_at)),
                    printer_.safe(report.name.empty() ? report.runbook : report.name),
                    counted(report.steps.size(), "step"), report.run_id,
                    report.dry_run ? ", dry run: nothing is changed" : ""));
}

void PlainProgress::step_started(const StepReport& step) {
  sink_(fmt::format("{}  {}  {}\n", head(step, step.started_at.value_or(WallTime())), pad("started", kStatusWidth),
                    printer_.safe(step.uses)));
}

// A log is read afterwards: what was under way in between is noise there, but for what a step waits for.
void PlainProgress::step_progress(const StepReport& step, std::string_view what, double fraction) {
  if (fraction >= 0) return;
  const auto now = std::chrono::steady_clock::now();
  const auto [last, fresh] = waited_.try_emplace(step.id, now);
  if (!fresh && now - last->second < kBetweenWaits) return;
  last->second = now;
  sink_(fmt::format("{}  {}  {}\n", head(step, std::chrono::system_clock::now()),
                    paint(printer_.style, Tone::warn, pad("waiting", kStatusWidth)), printer_.safe(what)));
}

void PlainProgress::step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) {
  sink_(fmt::format("{}  {}  again in {}, after: {} [{}]\n", head(step, std::chrono::system_clock::now()),
                    paint(printer_.style, Tone::warn, pad("retrying", kStatusWidth)), duration_text(wait),
                    printer_.safe(error.message), printer_.safe(error.code)));
}

void PlainProgress::step_finished(const StepReport& step) {
  std::string line = fmt::format("{}  {}", head(step, step.finished_at.value_or(WallTime())),
                                 printer_.status_word(step.status, kStatusWidth));
  if (step.started_at) line += fmt::format("  {}", duration_text(time_of(step)));
  if (const std::string outcome = printer_.outcome(step); !outcome.empty()) line += "  " + outcome;
  sink_(line + "\n" + printer_.details(step, kIndent, dry_run_));
}

void PlainProgress::run_finished(const RunReport& report) {
  sink_("\n" + summary_text(report, printer_.style, printer_.secrets));
}

}  // namespace lockstep
