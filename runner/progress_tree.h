// The live view on a terminal: finished steps scroll away above, what runs is redrawn in place below them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "runner/output.h"
#include "runner/reporter.h"
#include "runner/step_text.h"

namespace lockstep {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

// Ends with the summary. A frame is one write, which overwrites the last frame line by line instead of clearing it, so
// that nothing flickers. The cursor is hidden while the view lives and shown again by run_finished() and the
// destructor. A thread of its own redraws the elapsed times; the sink is never called by two threads at once.
class TreeProgress final : public Reporter {
 public:
  // `size` is asked before every frame, so that a resized terminal is followed. `secrets` outlives it.
  TreeProgress(TextSink sink, Style style, std::function<TerminalSize()> size, const SecretSet& secrets);
  ~TreeProgress() override;
  TreeProgress(const TreeProgress&) = delete;
  TreeProgress& operator=(const TreeProgress&) = delete;

  void run_started(const RunReport& report) override;
  void step_started(const StepReport& step) override;
  void step_progress(const StepReport& step, std::string_view what, double fraction) override;
  void step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) override;
  void step_finished(const StepReport& step) override;
  void run_finished(const RunReport& report) override;
  bool notice(std::string_view line) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Line {
    std::string id;
    std::string what;
    double fraction = -1;
    Clock::time_point since;
  };

  // All with mutex_ held.
  void draw(std::string_view above);  // `above`: lines that stay
  void erase_and_show_cursor();
  [[nodiscard]] std::string frame(const TerminalSize& size);
  [[nodiscard]] std::string running_line(const Line& line, std::string_view branch, std::size_t width) const;
  [[nodiscard]] std::string header(const std::string& run_id) const;
  [[nodiscard]] std::string head_line(std::size_t width);

  TextSink sink_;
  Printer printer_;
  std::function<TerminalSize()> size_;
  std::mutex mutex_;
  std::string title_;
  bool dry_run_ = false;
  std::size_t total_ = 0;
  std::size_t finished_ = 0;
  std::size_t failed_ = 0;
  std::size_t id_width_ = 0;
  Clock::time_point started_;
  std::map<std::string, Line, std::less<>> running_;  // by step id
  std::size_t drawn_lines_ = 0;
  std::size_t tick_ = 0;
  bool live_ = false;
  std::condition_variable_any ticking_;
  std::jthread ticker_;  // last: it uses the rest
};

}  // namespace lockstep
