#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engines/warehouse/checkup.h"
#include "runner/cli/command.h"
#include "runner/cli/connection_plans.h"
#include "runner/cli/options.h"
#include "runner/cli/secrets_file.h"
#include "runner/cli/signals.h"
#include "runner/cli/terminal.h"
#include "runner/step_text.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

struct DoctorArguments {
  std::string connection;  // empty: all
  RunbookArguments runbook;
  std::string secrets_file;
  Milliseconds timeout{60'000};
  bool start = false;
  bool json = false;
};

bool looks_like_runbook(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml";
}

Result<DoctorArguments> doctor_arguments(const po::variables_map& values) {
  DoctorArguments arguments;
  if (values.count("positional-what") != 0)
    for (const std::string& what : values["positional-what"].as<std::vector<std::string>>()) {
      std::string& place = looks_like_runbook(what) ? arguments.runbook.path : arguments.connection;
      if (!place.empty())
        return Error("argument-invalid"_code, fmt::format("'{}' comes after '{}'", what, place),
                     "give one connection and one runbook at most");
      place = what;
    }
  if (values.count("param") != 0) arguments.runbook.params = values["param"].as<std::vector<std::string>>();
  if (values.count("params-file") != 0) arguments.runbook.params_file = values["params-file"].as<std::string>();
  if (values.count("secrets-file") != 0) arguments.secrets_file = values["secrets-file"].as<std::string>();
  Result<Milliseconds> timeout = parse_duration(values["timeout"].as<std::string>());
  if (!timeout) return std::move(timeout).error().with_context("in --timeout");
  arguments.timeout = *timeout;
  arguments.start = values.count("start") != 0;
  arguments.json = values.count("json") != 0;
  return arguments;
}

// Without a runbook there is still what the environment and ~/.databrickscfg say; a name is a profile then.
CheckupRequest from_environment(const std::string& profile) {
  CheckupRequest request;
  request.plan.name = profile.empty() ? "environment" : profile;
  request.plan.type = "databricks";
  request.plan.settings = {{"type", "databricks"}};
  if (!profile.empty()) request.plan.settings["profile"] = profile;
  std::error_code ignored;
  request.plan.directory = std::filesystem::current_path(ignored).string();
  return request;
}

Result<std::vector<CheckupRequest>> from_runbook(const DoctorArguments& arguments, const LoadedRunbook& loaded,
                                                 const RunSecrets& secrets) {
  Result<std::vector<ConnectionPlan>> plans = plan_connections(loaded, secrets, true);
  if (!plans) return std::move(plans).error();
  std::vector<CheckupRequest> requests;
  std::vector<std::string> names;
  for (ConnectionPlan& plan : *plans) {
    names.push_back(plan.name);
    if (!arguments.connection.empty() && plan.name != arguments.connection) continue;
    CheckupRequest request;
    for (std::size_t step = 0; step < loaded.accesses.size(); ++step)
      for (const CatalogAccess& access : loaded.accesses[step])
        if (access.connection == plan.name) {
          if (!access.catalog.empty()) (access.writes ? request.written : request.read).insert(access.catalog);
          bool& writes = request.uses[access.catalog][loaded.runbook->steps[step].uses];
          writes = writes || access.writes;
        }
    request.plan = std::move(plan);
    requests.push_back(std::move(request));
  }
  if (requests.empty() && !arguments.connection.empty())
    return Error("connection-unknown"_code,
                 fmt::format("{} has no connection \"{}\"{}", loaded.runbook->path, arguments.connection,
                             suggestion(arguments.connection, names)),
                 "name one of the runbook's `connections`");
  return requests;
}

// Prints one connection's checks as they come.
class Printout {
 public:
  Printout(bool json, const SecretSet& secrets)
      : json_(json), printer_{{use_colour(STDOUT_FILENO), unicode_locale()}, secrets} {}

  void begin(const CheckupRequest& request) {
    const ConnectionPlan& plan = request.plan;
    label_width_ = kLabelWidth;
    std::set<std::string> catalogs = request.read;
    catalogs.insert(request.written.begin(), request.written.end());
    if (plan.settings.contains("catalogs"))
      for (const auto& [name, settings] : plan.settings["catalogs"].items()) catalogs.insert(name);
    for (const std::string& catalog : catalogs)
      label_width_ = std::max(label_width_, display_width(printer_.safe("catalog " + catalog)));
    if (json_)
      connections_.push_back({{"name", plan.name}, {"type", plan.type}, {"checks", Json::array()}});
    else
      fmt::print("{}  {}\n", paint(printer_.style, Tone::bold, printer_.safe(plan.name)), printer_.safe(plan.type));
  }

  void check(const Check& check) {
    failed_ = failed_ || check.status == Check::Status::failed;
    if (json_) {
      connections_.back()["checks"].push_back({{"check", printer_.safe(check.name)},
                                               {"status", to_string(check.status)},
                                               {"found", printer_.safe(check.found)},
                                               {"remedy", printer_.safe(check.remedy)}});
      return;
    }
    const auto [tone, status] = look_of(check.status);
    fmt::print("  {} {}  {}\n", paint(printer_.style, tone, symbol_of(status, printer_.style)),
               pad(printer_.safe(check.name), label_width_), printer_.safe(check.found));
    if (!check.remedy.empty())
      fmt::print("    {}  {} {}\n", std::string(label_width_, ' '), paint(printer_.style, Tone::bold, "hint:"),
                 printer_.safe(check.remedy));
    std::fflush(stdout);
  }

  int end() {
    if (json_) fmt::print("{}\n", Json{{"version", 1}, {"connections", connections_}, {"ok", !failed_}}.dump(2));
    return failed_ ? static_cast<int>(Exit::failed) : 0;
  }

 private:
  static std::pair<Tone, StepStatus> look_of(Check::Status status) {
    switch (status) {
      case Check::Status::ok:
        return {Tone::good, StepStatus::succeeded};
      case Check::Status::warning:
        return {Tone::warn, StepStatus::unknown};
      case Check::Status::failed:
        return {Tone::bad, StepStatus::failed};
      case Check::Status::unknown:
        return {Tone::dim, StepStatus::unknown};
      case Check::Status::skipped:
        break;
    }
    return {Tone::dim, StepStatus::skipped};
  }

  static constexpr std::size_t kLabelWidth = 12;

  const bool json_;
  const Printer printer_;
  std::size_t label_width_ = kLabelWidth;
  Json connections_ = Json::array();
  bool failed_ = false;
};

int examine(const DoctorArguments& arguments) {
  SecretSet secrets;
  SecretValues secret_values;
  if (!arguments.secrets_file.empty()) {
    Result<SecretValues> read = read_secrets_file(arguments.secrets_file);
    if (!read) return print_error(read.error());
    secret_values = *std::move(read);
  }
  std::vector<CheckupRequest> requests;
  std::optional<LoadedRunbook> loaded;  // the requests' settings were taken out of it
  if (arguments.runbook.path.empty()) {
    requests.push_back(from_environment(arguments.connection));
  } else {
    Result<LoadedRunbook> read = load_runbook(arguments.runbook);
    if (!read) return print_error(read.error());
    loaded.emplace(*std::move(read));
    if (int exit = print_findings(loaded->diagnostics, "text", use_colour(STDERR_FILENO)); exit != 0) return exit;
    Result<std::vector<CheckupRequest>> found =
        from_runbook(arguments, *loaded, RunSecrets(*loaded->runbook, secret_values, secrets));
    if (!found) return print_error(found.error());
    requests = *std::move(found);
    if (requests.empty()) {
      fmt::print("{} defines no connections\n", loaded->runbook->path);
      return 0;
    }
  }
  SignalWatch signals;
  WorkspaceServices services;
  services.secrets = &secrets;
  services.user_agent = "lockstep/" LOCKSTEP_VERSION;
  services.retry.max_attempts_idempotent = 2;  // who asks for a checkup wants to hear of the first failure soon
  Printout printout(arguments.json, secrets);
  for (CheckupRequest& request : requests) {
    request.start = arguments.start;
    printout.begin(request);
    const Call call{signals.soft(), std::chrono::steady_clock::now() + arguments.timeout};
    check_connection(request, services, call, [&printout](const Check& check) { printout.check(check); });
    if (signals.signal() != 0) return 128 + signals.signal();
  }
  return printout.end();
}

}  // namespace

int doctor_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  auto add = options.add_options();
  add("positional-what", po::value<std::vector<std::string>>());
  add("param", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"), "set a param; may be repeated");
  add("params-file", po::value<std::string>()->value_name("FILE"), "params from a YAML or JSON mapping");
  add("secrets-file", po::value<std::string>()->value_name("FILE"),
      "NAME=VALUE lines or a YAML mapping for secrets.NAME; the environment is asked next");
  add("start", "send a statement also to a warehouse that is stopped, which starts it");
  add("timeout", po::value<std::string>()->default_value("60s")->value_name("T"), "for each connection");
  add("json", "print the checks as JSON");
  po::positional_options_description positionals;
  positionals.add("positional-what", 2);
  const CommandHelp help{
      "lockstep doctor [CONNECTION] [RUNBOOK] [options]",
      "Checks the connections of a runbook, or one of them: where each setting comes from, the server's certificate,\n"
      "sign-in, clock, latency, warehouse, a statement, the catalogs that the steps use and the grants that they "
      "need.\n"
      "Each failure says what to do; exit 1 when there is one.\n"
      "Without a RUNBOOK it checks what DATABRICKS_* and ~/.databrickscfg say; CONNECTION is a profile then.",
      "  lockstep doctor runbook.yaml\n"
      "  lockstep doctor dr runbook.yaml --start\n"
      "  DATABRICKS_HOST=https://adb-1.azuredatabricks.net lockstep doctor"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  Result<DoctorArguments> read = doctor_arguments(parsed.values);
  if (!read) return print_error(read.error());
  return examine(*read);
}

}  // namespace lockstep
