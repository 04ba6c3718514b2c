// Who wants to know how a run goes: the live tree, plain lines, NDJSON events.
#pragma once

#include <string_view>

#include "runner/report.h"

namespace lockstep {

// Calls come from several threads but never at once (the scheduler serialises them), in an order that respects each
// step. References are valid during the call only.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void run_started(const RunReport& report) = 0;
  virtual void step_started(const StepReport& step) = 0;
  virtual void step_progress(const StepReport& step, std::string_view what, double fraction) = 0;
  virtual void step_retrying(const StepReport& step, const Error& error, std::chrono::milliseconds wait) = 0;
  virtual void step_finished(const StepReport& step) = 0;
  virtual void run_finished(const RunReport& report) = 0;
  // A line for the person at the terminal, from any thread at any time. True: it was shown.
  virtual bool notice(std::string_view /*line*/) { return false; }
};

}  // namespace lockstep
