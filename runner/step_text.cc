#include "runner/step_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

namespace lockstep {

namespace {

constexpr std::size_t kWidestId = 40;                // a longer one pushes its own line only
constexpr std::size_t kMaxPlanned = 30;              // statements shown in a dry run
constexpr std::string_view kUnderError = "       ";  // as wide as "error: "

// An engine points at the place with a caret below the line, so its lines stay lines.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.find_first_not_of(" \r\t") != std::string::npos) lines.push_back(std::move(line));
    begin = end + 1;
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

}  // namespace

std::string Printer::redacted(std::string_view text) const {
  return secrets.empty() ? std::string(text) : secrets.redact(text);
}

std::string Printer::safe(std::string_view text) const {
  return escape_controls(redacted(text));
}

std::string Printer::status_word(StepStatus status, std::size_t width) const {
  return paint(style, tone_of(status), pad(to_string(status), width));
}

std::string Printer::outcome(const StepReport& step) const {
  std::string text = safe(step.figure);
  const auto add = [&text](const std::string& words) { text.append(text.empty() ? "" : "; ").append(words); };
  if (!step.reason.empty()) add(safe(step.reason));
  if (!step.looked_before.empty()) add(fmt::format("looked at before \"{}\" has run", safe(step.looked_before)));
  if (step.attempts > 1) add(fmt::format("{} attempts", step.attempts));
  if (step.status == StepStatus::failed && step.continue_on_error) add("continue_on_error");
  return text;
}

std::string Printer::headline(const Error& error) const {
  return escape_controls(lines_of(redacted(error.message)).front());
}

std::string Printer::details(const StepReport& step, std::string_view indent, bool dry_run) const {
  std::string text;
  const auto line = [&](std::string_view head, Tone tone, const std::string& words) {
    text += fmt::format("{}{} {}\n", indent, paint(style, tone, head), words);
  };
  if (step.error) {
    const std::vector<std::string> lines = lines_of(redacted(step.error->message));
    line("error:", Tone::bad, fmt::format("{} [{}]", escape_controls(lines.front()), safe(step.error->code)));
    for (std::size_t i = 1; i < lines.size(); ++i)
      text += fmt::format("{}{}{}\n", indent, kUnderError, escape_controls(lines[i]));
    for (const std::string& circumstance : step.error->context)
      text += fmt::format("{}  {}\n", indent, safe(circumstance));
    if (!step.at.empty()) text += fmt::format("{}  step at {}\n", indent, safe(step.at));
    if (!step.error->remedy.empty()) line("hint:", Tone::bold, safe(step.error->remedy));
  }
  if (dry_run) text += planned(step, indent);
  for (const std::string& warning : step.warnings) line("warning:", Tone::warn, safe(warning));
  return text;
}

std::string Printer::planned(const StepReport& step, std::string_view indent) const {
  std::string text;
  std::size_t count = 0;
  const auto add = [&](const std::vector<Action>& actions) {
    for (const Action& action : actions)
      if (action.changes && ++count <= kMaxPlanned)
        text += fmt::format("{}{} {}\n", indent, paint(style, Tone::bold, "would run:"), safe(action.text));
  };
  add(step.actions);
  for (const ItemReport& item : step.items) add(item.actions);
  if (count > kMaxPlanned)
    text += fmt::format("{}... and {} more; --report json=FILE has them all\n", indent, count - kMaxPlanned);
  return text;
}

Tone tone_of(StepStatus status) {
  switch (status) {
    case StepStatus::succeeded:
      return Tone::good;
    case StepStatus::failed:
      return Tone::bad;
    case StepStatus::cancelled:
    case StepStatus::unknown:
      return Tone::warn;
    case StepStatus::skipped:
    case StepStatus::pending:
      return Tone::dim;
    case StepStatus::running:
      return Tone::plain;
  }
  return Tone::plain;
}

std::string_view symbol_of(StepStatus status, const Style& style) {
  switch (status) {
    case StepStatus::succeeded:
      return style.unicode ? "✓" : "+";
    case StepStatus::failed:
      return style.unicode ? "✗" : "x";
    case StepStatus::cancelled:
      return style.unicode ? "■" : "!";
    case StepStatus::unknown:
      return "?";
    default:
      return style.unicode ? "·" : "-";
  }
}

std::chrono::milliseconds time_of(const StepReport& step) {
  if (!step.started_at || !step.finished_at) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(*step.finished_at - *step.started_at);
}

std::size_t widest_id(const RunReport& report) {
  std::size_t width = 0;
  for (const StepReport& step : report.steps) width = std::max(width, display_width(escape_controls(step.id)));
  return std::min(width, kWidestId);
}

}  // namespace lockstep
