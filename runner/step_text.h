// How a step's end is put into words; shared by the plain lines, the tree and the summary.
// All texts come out redacted and with control characters escaped. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "runner/report.h"
#include "runner/style.h"
#include "specs/secrets.h"

namespace lockstep {

struct Printer {
  Style style;
  const SecretSet& secrets;  // outlives it

  // Safe for one line of a terminal or a log.
  [[nodiscard]] std::string safe(std::string_view text) const;
  [[nodiscard]] std::string status_word(StepStatus status, std::size_t width) const;
  // The key figure of a step that has one, else why it was skipped or cancelled.
  [[nodiscard]] std::string outcome(const StepReport& step) const;
  // An error's message, its first line when it has several.
  [[nodiscard]] std::string headline(const Error& error) const;
  // Error with cause, circumstances and remedy, then warnings: lines that begin with `indent`, each ending in '\n'.
  // In a dry run also what the step would do.
  [[nodiscard]] std::string details(const StepReport& step, std::string_view indent, bool dry_run = false) const;

 private:
  [[nodiscard]] std::string planned(const StepReport& step, std::string_view indent) const;
  [[nodiscard]] std::string redacted(std::string_view text) const;
};

Tone tone_of(StepStatus status);
std::string_view symbol_of(StepStatus status, const Style& style);
// From start to end; zero for a step that never started.
std::chrono::milliseconds time_of(const StepReport& step);
std::size_t widest_id(const RunReport& report);

}  // namespace lockstep
