#include "specs/schema.h"

#include <fmt/format.h>
#include <algorithm>

#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/options.h"
#include "specs/nearest.h"

namespace lockstep {

namespace po = boost::program_options;

int schema_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-step", po::value<std::string>()->default_value("editor"));
  options.add_options()("list", "list the step types and the other schemas");
  po::positional_options_description positionals;
  positionals.add("positional-step", 1);
  const CommandHelp help{
      "lockstep schema [STEP|NAME] [options]",
      "Prints the JSON Schema (draft-07) of runbooks for editors, of one step type's inputs and outputs, or of a\n"
      "machine-readable output. For completion put `# yaml-language-server: $schema=runbook.schema.json` on line 1.",
      "  lockstep schema > runbook.schema.json\n"
      "  lockstep schema schema-evolution/evolve-catalog\n"
      "  lockstep schema --list"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  std::vector<std::string> names{"editor"};
  for (const StepSchema& step : step_schemas()) {
    names.push_back(step.uses);
    if (parsed.values.count("list") != 0) fmt::print("{:<34}{}\n", step.uses, step.summary);
  }
  if (parsed.values.count("list") != 0)
    fmt::print("{:<34}{}\n", "editor",
               "Runbooks, with the inputs of every step type and room for ${{ }}: for editors.");
  for (const std::string& name : embedded_schema_names()) {
    if (name.starts_with("steps/")) continue;
    names.push_back(name);
    if (parsed.values.count("list") != 0)
      fmt::print("{:<34}{}\n", name, embedded_schema(name)->value("description", std::string()));
  }
  if (parsed.values.count("list") != 0) return 0;
  std::string wanted = parsed.values["positional-step"].as<std::string>();
  if (wanted == "editor") {
    fmt::print("{}\n", editor_schema().dump(2));
    return 0;
  }
  const StepSchema* step = step_schema(wanted);
  const Json* schema = step != nullptr ? step->root : embedded_schema(wanted);
  if (schema == nullptr) {
    // A step type without its folder is how people speak of it.
    const auto whole = std::find_if(names.begin(), names.end(),
                                    [&wanted](const std::string& name) { return name.ends_with("/" + wanted); });
    const std::string guess =
        whole == names.end() ? suggestion(wanted, names) : "; " + did_you_mean(std::vector<std::string>{*whole});
    return print_error(Error("schema-unknown"_code, fmt::format("no schema is called '{}'{}", wanted, guess),
                             "`lockstep schema --list` lists them"));
  }
  fmt::print("{}\n", schema->dump(2));
  return 0;
}

}  // namespace lockstep
