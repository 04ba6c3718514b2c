#include "runner/graph.h"

#include <fmt/format.h>
#include <unistd.h>

#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/runbook_options.h"
#include "runner/cli/terminal.h"

namespace lockstep {

namespace po = boost::program_options;

int graph_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  add_runbook_options(options);
  options.add_options()("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
                        "text, mermaid or dot");
  const CommandHelp help{
      "lockstep graph RUNBOOK [options]",
      "Draws the steps of a runbook and what each needs, references in expressions included. Params may\n"
      "lack their values.",
      "  lockstep graph runbook.yaml\n"
      "  lockstep graph runbook.yaml --format dot | dot -Tsvg > runbook.svg"};
  ParsedCommand parsed = parse_command(arguments, help, options, runbook_positional());
  if (parsed.exit) return *parsed.exit;
  std::string format = parsed.values["format"].as<std::string>();
  if (format != "text" && format != "mermaid" && format != "dot")
    return print_error(Error("argument-invalid"_code, fmt::format("unknown format '{}'", format),
                             "use --format text, mermaid or dot"));
  RunbookArguments given = runbook_arguments(parsed.values);
  given.params_may_lack = true;  // the steps and their needs are the same whatever the params are
  Result<LoadedRunbook> loaded = load_runbook(given);
  if (!loaded) return print_error(loaded.error());
  if (int exit = print_findings(loaded->diagnostics, "text", use_colour(STDERR_FILENO)); exit != 0) return exit;
  const Runbook& runbook = *loaded->runbook;
  fmt::print("{}", format == "dot"       ? graph_dot(runbook, loaded->graph)
                   : format == "mermaid" ? graph_mermaid(runbook, loaded->graph)
                                         : graph_text(runbook, loaded->graph));
  return 0;
}

}  // namespace lockstep
