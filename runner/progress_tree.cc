#include "runner/progress_tree.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

#include "runner/summary.h"
#include "specs/counted.h"
#include "specs/duration_text.h"

namespace lockstep {

namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
// Terminals that know synchronised updates show a frame whole; others ignore the mode.
constexpr std::string_view kBeginFrame = "\x1b[?2026h";
constexpr std::string_view kEndFrame = "\x1b[?2026l";
constexpr std::string_view kClearRest = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";
constexpr std::size_t kBarWidth = 16;
constexpr std::string_view kDetailsIndent = "    ";

std::chrono::milliseconds since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

std::string bar(double fraction, const Style& style) {
  const double part = std::clamp(fraction, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(std::lround(part * static_cast<double>(kBarWidth)));
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) {
    if (style.unicode)
      text += i < full ? "━" : "─";
    else
      text += i < full ? "#" : ".";
  }
  return fmt::format("{} {:3.0f}%", text, std::floor(part * 100));
}

}  // namespace

TreeProgress::TreeProgress(TextSink sink, Style style, std::function<TerminalSize()> size, const SecretSet& secrets)
    : sink_(std::move(sink)), printer_{style, secrets}, size_(std::move(size)) {}

TreeProgress::~TreeProgress() {
  ticker_ = std::jthread();  // stops and joins
  std::lock_guard lock(mutex_);
  erase_and_show_cursor();
}

void TreeProgress::run_started(const RunReport& report) {
  std::lock_guard lock(mutex_);
  title_ = printer_.safe(report.name.empty() ? report.runbook : report.name) + (report.dry_run ? " (dry run)" : "");
  total_ = report.steps.size();
  dry_run_ = report.dry_run;
  id_width_ = widest_id(report);
  started_ = Clock::now();
  live_ = true;
  sink_(header(report.run_id) + '\n');
  sink_(kHideCursor);
  draw("");
  ticker_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock tick_lock(mutex_);
    while (!ticking_.wait_for(tick_lock, stop, kTick, [] { return false; }) && !stop.stop_requested()) {
      ++tick_;
      if (live_) draw("");
    }
  });
}

// Stays above everything. A long name is cut before the run's id is, by which journal and report are found again.
std::string TreeProgress::header(const std::string& run_id) const {
  constexpr std::size_t kShortestTitle = 10;
  const auto width = static_cast<std::size_t>(std::max(20, size_().columns) - 1);
  const std::string rest = fmt::format("  {}, run {}", counted(total_, "step"), run_id);
  const std::string title = fit(title_, std::max(kShortestTitle, width - std::min(width, rest.size())), printer_.style);
  return paint(printer_.style, Tone::bold, fit(title + rest, width, printer_.style));
}

void TreeProgress::step_started(const StepReport& step) {
  std::lock_guard lock(mutex_);
  running_[step.id] = Line{printer_.safe(step.id), printer_.safe(step.uses), -1, Clock::now()};
}

void TreeProgress::step_progress(const StepReport& step, std::string_view what, double fraction) {
  std::lock_guard lock(mutex_);
  if (auto line = running_.find(step.id); line != running_.end()) {
    line->second.what = printer_.safe(what);
    line->second.fraction = std::isfinite(fraction) ? fraction : -1;
  }
}

void TreeProgress::step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) {
  std::lock_guard lock(mutex_);
  if (auto line = running_.find(step.id); line != running_.end()) {
    line->second.what = fmt::format("again in {}, after: {}", duration_text(wait), printer_.safe(error.message));
    line->second.fraction = -1;
  }
}

void TreeProgress::step_finished(const StepReport& step) {
  std::lock_guard lock(mutex_);
  running_.erase(step.id);
  ++finished_;
  if (step.status == StepStatus::failed || step.status == StepStatus::unknown) ++failed_;
  const Style& style = printer_.style;
  std::string line =
      fmt::format("  {} {}  {}", paint(style, tone_of(step.status), symbol_of(step.status, style)),
                  pad(printer_.safe(step.id), id_width_), pad(step.started_at ? duration_text(time_of(step)) : "", 6));
  const std::string outcome = printer_.outcome(step);
  if (step.status != StepStatus::succeeded) line += fmt::format("  {}", printer_.status_word(step.status, 0));
  if (!outcome.empty()) line += "  " + outcome;
  draw(line + "\n" + printer_.details(step, kDetailsIndent, dry_run_));
}

void TreeProgress::run_finished(const RunReport& report) {
  ticker_ = std::jthread();
  std::lock_guard lock(mutex_);
  erase_and_show_cursor();
  sink_("\n" + summary_text(report, printer_.style, printer_.secrets));
}

bool TreeProgress::notice(std::string_view line) {
  std::lock_guard lock(mutex_);
  draw(std::string(line) + "\n");
  return true;
}

void TreeProgress::erase_and_show_cursor() {
  if (!live_) return;
  live_ = false;
  std::string text;
  if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A\r", drawn_lines_);
  drawn_lines_ = 0;
  text += kClearBelow;
  text += kShowCursor;
  sink_(text);
}

void TreeProgress::draw(std::string_view above) {
  if (!live_) return sink_(above);
  std::string text(kBeginFrame);
  if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A\r", drawn_lines_);
  for (std::size_t begin = 0; begin < above.size();) {
    const std::size_t end = above.find('\n', begin);
    text += above.substr(begin, end - begin);
    text += kClearRest;
    text += '\n';
    begin = end == std::string_view::npos ? above.size() : end + 1;
  }
  text += frame(size_());
  text += kClearBelow;
  text += kEndFrame;
  sink_(text);
}

// Each line is cut to the terminal's width: one that wrapped would spoil the count of lines to go up.
std::string TreeProgress::frame(const TerminalSize& size) {
  const auto width = static_cast<std::size_t>(std::max(20, size.columns) - 1);
  const auto rows = static_cast<std::size_t>(std::max(4, size.rows) - 2);
  std::vector<const Line*> lines;
  lines.reserve(running_.size());
  for (const auto& [id, line] : running_) lines.push_back(&line);
  std::sort(lines.begin(), lines.end(), [](const Line* a, const Line* b) { return a->since < b->since; });
  const bool crowded = lines.size() > rows;
  const std::size_t shown = crowded ? rows - 1 : lines.size();
  const bool unicode = printer_.style.unicode;
  std::string text = head_line(width);
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == lines.size();
    text += running_line(*lines[i], unicode ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- "), width);
  }
  if (crowded)
    text += fmt::format(
        "{}{}\n",
        fit(fmt::format("{}{} more running", unicode ? "└─ " : "`- ", lines.size() - shown), width, printer_.style),
        kClearRest);
  drawn_lines_ = 1 + shown + (crowded ? 1 : 0);
  return text;
}

std::string TreeProgress::head_line(std::size_t width) {
  constexpr std::array<std::string_view, 10> kSpin{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<std::string_view, 4> kAsciiSpin{"|", "/", "-", "\\"};
  const std::string_view spin =
      printer_.style.unicode ? kSpin[tick_ % kSpin.size()] : kAsciiSpin[tick_ % kAsciiSpin.size()];
  const double done = total_ == 0 ? 1 : static_cast<double>(finished_) / static_cast<double>(total_);
  std::string text = fmt::format("{} {}  {}/{}  {}  {}", spin, title_, finished_, total_, bar(done, printer_.style),
                                 duration_text(since(started_)));
  if (failed_ > 0) text += fmt::format("  {} failed", failed_);
  return fmt::format("{}{}\n", paint(printer_.style, Tone::bold, fit(text, width, printer_.style)), kClearRest);
}

std::string TreeProgress::running_line(const Line& line, std::string_view branch, std::size_t width) const {
  std::string text = fmt::format("{}{}  {}", branch, pad(line.id, id_width_), pad(duration_text(since(line.since)), 6));
  if (line.fraction >= 0) text += "  " + bar(line.fraction, printer_.style);
  if (!line.what.empty()) text += "  " + line.what;
  return fmt::format("{}{}\n", fit(text, width, printer_.style), kClearRest);
}

}  // namespace lockstep
