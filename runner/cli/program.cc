#include <fmt/format.h>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "runner/cli/command.h"
#include "runner/cli/options.h"
#include "runner/style.h"

namespace lockstep {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"run", "run a runbook", run_command},
      {"validate", "check a runbook without running anything", validate_command},
      {"graph", "draw the steps and what they need", graph_command},
      {"schema", "print the JSON Schema of runbooks or of a step", schema_command},
      {"init", "write a commented runbook that runs as it is", init_command},
      {"sign", "sign a manifest", sign_command},
      {"verify", "verify a signed envelope", verify_command},
      {"keygen", "make an ed25519 key pair", keygen_command},
      {"doctor", "check connections: sign-in, warehouse, clock, latency, grants", doctor_command},
      {"completion", "print a completion script for bash, zsh or fish", completion_command},
  };
  return all;
}

namespace {

bool looks_like_runbook(const std::string& argument) {
  const std::string extension = std::filesystem::path(argument).extension().string();
  return extension == ".yaml" || extension == ".yml";
}

std::string overview() {
  std::string text =
      "Lockstep keeps a lakehouse catalog and its clone in lockstep.\n\n"
      "usage: lockstep COMMAND [arguments]\n\ncommands:\n";
  for (const Command& command : commands()) text += fmt::format("  {:<12}{}\n", command.name, command.summary);
  text +=
      "\n`lockstep COMMAND --help` explains a command and shows examples.\n\n"
      "exit codes: 0 done, 1 a step failed, 3 invalid runbook or arguments, 70 internal error, 124 run timeout,\n"
      "            130 interrupted, 143 terminated\n";
  return text;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "help") return run_program({arguments[1], "--help"});
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    fmt::print(arguments.empty() ? stderr : stdout, "{}", overview());
    return arguments.empty() ? static_cast<int>(Exit::invalid) : 0;
  }
  if (arguments[0] == "--version") {
    fmt::print("lockstep {}\n", LOCKSTEP_VERSION);
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == arguments[0]) {
      try {
        return command.run({arguments.begin() + 1, arguments.end()});
      } catch (const std::exception& bug) {
        fmt::print(stderr,
                   "error: internal error in `lockstep {}`: {} [internal-error]\n"
                   "hint: this is a bug in Lockstep; please report it with the runbook that shows it\n",
                   command.name, bug.what());
        return static_cast<int>(Exit::internal);
      }
    }
    names.emplace_back(command.name);
  }
  if (looks_like_runbook(arguments[0])) {
    fmt::print(stderr,
               "error: a command should come before '{0}' [argument-invalid]\n"
               "hint: `lockstep run {0}` runs it; `lockstep validate {0}` only checks it\n",
               escape_controls(arguments[0]));
    return static_cast<int>(Exit::invalid);
  }
  names.insert(names.end(), {"--version", "--help"});
  std::string guess = suggestion(arguments[0], names);
  if (arguments[0] == "version" || arguments[0] == "-v" || arguments[0] == "-V")
    guess = suggestion("--version", {"--version"});
  fmt::print(stderr, "error: unknown command '{}'{} [argument-invalid]\nhint: `lockstep --help` lists the commands\n",
             escape_controls(arguments[0]), guess);
  return static_cast<int>(Exit::invalid);
}

}  // namespace lockstep
