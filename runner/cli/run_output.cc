#include "runner/cli/run_output.h"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>

#include "engines/file.h"
#include "runner/cli/load.h"
#include "runner/cli/options.h"
#include "runner/cli/terminal.h"
#include "runner/progress_json.h"
#include "runner/progress_plain.h"
#include "runner/progress_tree.h"

namespace lockstep {

namespace {

// write(2): the reporters hand over whole lines, and stdio would only buffer them a second time.
void write_out(std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a closed pipe: the run goes on, its report and journal are still written
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Result<ReportTarget> parse_report_target(const std::vector<std::string>& arguments) {
  ReportTarget target;
  for (const std::string& argument : arguments) {
    std::size_t equals = argument.find('=');
    std::string format = argument.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == argument.size())
      return Error("argument-invalid"_code, fmt::format("'--report {}' is not FORMAT=FILE", argument),
                   "write --report json=FILE");
    if (format != "json")
      return Error("argument-invalid"_code,
                   fmt::format("there is no report format '{}'{}", format, suggestion(format, {"json"})),
                   "write --report json=FILE");
    target.json = argument.substr(equals + 1);
    // Found out before the run and not after an hour of it.
    if (Result<void> writable = check_writable(target.json); !writable) return std::move(writable).error();
  }
  return target;
}

std::unique_ptr<Reporter> make_reporter(bool json, const SecretSet& secrets) {
  if (json) return std::make_unique<JsonProgress>(write_out, LOCKSTEP_VERSION, secrets);
  Style style{use_colour(STDOUT_FILENO), unicode_locale()};
  if (!is_terminal(STDOUT_FILENO)) return std::make_unique<PlainProgress>(write_out, style, secrets);
  auto size = [] { return terminal_size(STDOUT_FILENO); };
  return std::make_unique<TreeProgress>(write_out, style, size, secrets);
}

int write_reports(const RunReport& report, const ReportTarget& target, const SecretSet& secrets, bool quiet) {
  if (target.json.empty()) return 0;
  Result<void> written = write_file_atomically(target.json, report_json(report, secrets).dump(2) + "\n");
  if (!written) {
    print_error(written.error());
    return 1;
  }
  if (!quiet) write_out(fmt::format("report: {}\n", target.json));
  return 0;
}

EvalScope static_scope(const ParamValues& params, const RunSecrets& secrets) {
  EvalScope scope = params_scope(params);
  scope.env = [](std::string_view name) -> Result<Value> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value != nullptr) return Value{value, false};
    return Error("env-missing"_code, fmt::format("the environment variable \"{}\" is not set", name),
                 fmt::format("export {}=..., or give a fallback: default(env.{}, '...')", name, name));
  };
  scope.secret = [&secrets](std::string_view name) { return secrets.get(name); };
  return scope;
}

}  // namespace lockstep
