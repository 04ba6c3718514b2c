#include "runner/run.h"

#include <fmt/format.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>

#include "engines/file.h"
#include "runner/cli/command.h"
#include "runner/cli/connection_plans.h"
#include "runner/cli/load.h"
#include "runner/cli/run_output.h"
#include "runner/cli/runbook_options.h"
#include "runner/cli/secrets_file.h"
#include "runner/cli/signals.h"
#include "runner/cli/terminal.h"
#include "runner/environment_check.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

struct RunArguments {
  RunbookArguments runbook;
  RunOptions options;
  std::string secrets_file;
  ReportTarget report;
  bool json = false;
};

Result<RunArguments> read_arguments(const po::variables_map& values) {
  RunArguments arguments;
  arguments.runbook = runbook_arguments(values);
  const std::int64_t parallel = values["max-parallel"].as<std::int64_t>();
  if (parallel < 1 || parallel > 100'000)
    return Error("argument-invalid"_code, fmt::format("--max-parallel {} is no number of steps", parallel),
                 "give 1 or more; the default is 8");
  arguments.options.max_parallel = static_cast<std::size_t>(parallel);
  arguments.options.keep_going = values.count("keep-going") != 0;
  arguments.options.dry_run = values.count("dry-run") != 0;
  if (values.count("timeout") != 0) {
    Result<Milliseconds> timeout = parse_duration(values["timeout"].as<std::string>());
    if (!timeout) return std::move(timeout).error().with_context("in --timeout");
    arguments.options.timeout = *timeout;
  }
  if (values.count("state-dir") != 0)
    arguments.options.state_dir = std::filesystem::absolute(values["state-dir"].as<std::string>()).string();
  if (values.count("secrets-file") != 0) arguments.secrets_file = values["secrets-file"].as<std::string>();
  if (values.count("report") != 0) {
    Result<ReportTarget> target = parse_report_target(values["report"].as<std::vector<std::string>>());
    if (!target) return std::move(target).error();
    arguments.report = *std::move(target);
  }
  arguments.json = values.count("json") != 0;
  return arguments;
}

int exit_code(const RunReport& report, int signal) {
  if (report.timed_out) return static_cast<int>(Exit::timeout);
  if (report.status == RunReport::Status::cancelled)
    return signal == 0 ? static_cast<int>(Exit::interrupted) : 128 + signal;
  return report.status == RunReport::Status::succeeded ? 0 : static_cast<int>(Exit::failed);
}

int run_loaded(const RunArguments& arguments, const LoadedRunbook& loaded) {
  const Runbook& runbook = *loaded.runbook;
  SecretSet secrets;
  // The signing secret is read by the signing step itself; no output may show it either. One too short to be hidden is
  // too short to sign with, and nothing else prints it.
  if (const char* signing = std::getenv("CLONE_XS_SIGNING_SECRET"); signing != nullptr && *signing != '\0')
    (void)secrets.add("CLONE_XS_SIGNING_SECRET", signing);
  SecretValues secret_values;
  if (!arguments.secrets_file.empty()) {
    Result<SecretValues> read = read_secrets_file(arguments.secrets_file);
    if (!read) return print_error(read.error());
    secret_values = *std::move(read);
  }
  RunOptions options = arguments.options;
  if (options.state_dir.empty()) options.state_dir = runbook.directory + "/.lockstep";
  if (!options.timeout) options.timeout = runbook.timeout;
  const RunSecrets found(runbook, secret_values, secrets);
  Diagnostics missing(runbook.document->source);
  check_environment(runbook, loaded.graph, static_scope(loaded.params, found), options.dry_run, missing);
  if (int exit = print_findings(missing, "text", use_colour(STDERR_FILENO)); exit != 0) return exit;
  Result<std::vector<ConnectionPlan>> plans = plan_connections(loaded, found, options.dry_run);
  if (!plans) return print_error(plans.error());
  check_connections(runbook, loaded.graph, loaded.accesses, static_scope(loaded.params, found), options.dry_run, *plans,
                    secrets, missing);
  if (int exit = print_findings(missing, "text", use_colour(STDERR_FILENO)); exit != 0) return exit;

  SignalWatch signals;
  WorkspaceServices services;
  services.secrets = &secrets;
  services.user_agent = "lockstep/" LOCKSTEP_VERSION;
  std::unique_ptr<Warehouses> warehouses = plan_warehouses(*std::move(plans), std::move(services));
  std::unique_ptr<Reporter> reporter = make_reporter(arguments.json, secrets);
  RunInputs inputs{runbook, loaded.graph, loaded.params, secret_values, secrets, *warehouses, find_step_type};
  signals.tell([&reporter](std::string_view line) { return reporter->notice(line); });
  Result<RunReport> report = run_runbook(inputs, options, *reporter, signals.soft(), signals.hard());
  signals.tell(nullptr);
  if (!report) return print_error(report.error());  // before the first step, so no step failed
  reporter.reset();
  if (int failed = write_reports(*report, arguments.report, secrets, arguments.json); failed != 0) return failed;
  return exit_code(*report, signals.signal());
}

}  // namespace

int run_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  add_runbook_options(options);
  auto add = options.add_options();
  add("secrets-file", po::value<std::string>()->value_name("FILE"),
      "NAME=VALUE lines or a YAML mapping for secrets.NAME; the environment is asked next");
  add("max-parallel", po::value<std::int64_t>()->default_value(8)->value_name("N"), "steps that run at once");
  add("keep-going", "after a failure, still run every step whose needs succeeded");
  add("dry-run", "look at every step and act on none");
  add("timeout", po::value<std::string>()->value_name("T"), "end the whole run after T (30s, 5m, 1h30m); exit 124");
  add("state-dir", po::value<std::string>()->value_name("DIR"),
      "where the journal of the run is kept (default: .lockstep beside the runbook)");
  add("report", po::value<std::vector<std::string>>()->value_name("json=FILE"),
      "write the report, also when the run fails");
  add("json", "print events as JSON lines on stdout instead of progress");
  const CommandHelp help{
      "lockstep run RUNBOOK [options]",
      "Validates a runbook, then runs its steps: those that are ready at once, up to --max-parallel. Each step first\n"
      "looks (reads only), then acts. Ctrl-C interrupts what runs, runs always() steps, writes the report, exits 130.",
      "  lockstep run runbook.yaml\n"
      "  lockstep run runbook.yaml --dry-run\n"
      "  lockstep run runbook.yaml --param source=prod --report json=report.json"};
  ParsedCommand parsed = parse_command(arguments, help, options, runbook_positional());
  if (parsed.exit) return *parsed.exit;
  Result<RunArguments> read = read_arguments(parsed.values);
  if (!read) return print_error(read.error());
  Result<LoadedRunbook> loaded = load_runbook(read->runbook);
  if (!loaded) return print_error(loaded.error());
  if (int exit = print_findings(loaded->diagnostics, "text", use_colour(STDERR_FILENO)); exit != 0) return exit;
  return run_loaded(*read, *loaded);
}

}  // namespace lockstep
