#include <fmt/format.h>
#include <unistd.h>

#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/runbook_options.h"
#include "runner/cli/terminal.h"

namespace lockstep {

namespace po = boost::program_options;

int validate_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  add_runbook_options(options);
  options.add_options()("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
                        "text, json, sarif or github");
  options.add_options()("json", "short for --format json");
  const CommandHelp help{
      "lockstep validate RUNBOOK [options]",
      "Checks a runbook without running anything and without opening a connection: YAML, schemas, names,\n"
      "expressions and their types, params, cycles. Prints every finding in one pass; exit 3 when there is an error.",
      "  lockstep validate runbook.yaml\n"
      "  lockstep validate runbook.yaml --param source=prod --format github"};
  ParsedCommand parsed = parse_command(arguments, help, options, runbook_positional());
  if (parsed.exit) return *parsed.exit;
  std::string format = parsed.values.count("json") != 0 ? "json" : parsed.values["format"].as<std::string>();
  if (format != "text" && format != "json" && format != "sarif" && format != "github")
    return print_error(Error("argument-invalid"_code, fmt::format("unknown format '{}'", format),
                             "use --format text, json, sarif or github"));
  Result<LoadedRunbook> loaded = load_runbook(runbook_arguments(parsed.values));
  if (!loaded) return print_error(loaded.error());
  int exit = print_findings(loaded->diagnostics, format, use_colour(STDERR_FILENO));
  if (exit == 0 && format == "text")
    fmt::print("{}: valid, {} step{}\n", loaded->runbook->path, loaded->runbook->steps.size(),
               loaded->runbook->steps.size() == 1 ? "" : "s");
  return exit;
}

}  // namespace lockstep
