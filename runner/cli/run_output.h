// What `lockstep run` shows and writes: progress on stdout, report files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/report.h"
#include "runner/reporter.h"
#include "runner/run.h"

namespace lockstep {

struct ReportTarget {
  std::string json;  // path; empty: none
};

// "json=FILE", any number of times.
Result<ReportTarget> parse_report_target(const std::vector<std::string>& arguments);

// JSON lines, the live tree on a terminal, or plain lines elsewhere. `secrets` outlives the reporter.
std::unique_ptr<Reporter> make_reporter(bool json, const SecretSet& secrets);

// 0, or the exit code for a report that could not be written.
int write_reports(const RunReport& report, const ReportTarget& target, const SecretSet& secrets, bool quiet);

// Where params, env and secrets come from outside of a run. The arguments outlive the scope.
EvalScope static_scope(const ParamValues& params, const RunSecrets& secrets);

}  // namespace lockstep
