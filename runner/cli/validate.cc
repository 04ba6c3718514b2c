#include <fmt/format.h>
#include <unistd.h>
#include <set>
#include <tuple>

#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/runbook_options.h"
#include "runner/cli/terminal.h"
#include "specs/counted.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

struct Validated {
  Diagnostics findings{nullptr};  // of all files
  std::string valid;              // a line for each runbook without an error
  std::size_t invalid = 0;

  // `about`: the runbook that findings without a place are about; empty: no need to say. What is wrong with the
  // arguments or their file, and so with every runbook, is told once.
  void add(const Diagnostics& found, const std::string& about) {
    for (const Diagnostic& finding : found.items()) {
      const std::string message =
          finding.source == nullptr && !about.empty() ? fmt::format("{}: {}", about, finding.message) : finding.message;
      const std::string path = finding.source == nullptr ? "" : finding.source->path;
      if (!told_.emplace(path, finding.span.start.offset, finding.code, message).second) continue;
      Diagnostics one(finding.source);
      Diagnostic& added = one.add(finding.severity, Code{finding.code}, finding.span, message, finding.hint);
      added.related = finding.related;
      findings.append(one);
    }
  }

 private:
  std::set<std::tuple<std::string, std::size_t, std::string, std::string>> told_;
};

void validate(const RunbookArguments& arguments, bool several, Validated& validated) {
  Result<LoadedRunbook> loaded = load_runbook(arguments);
  if (!loaded) {
    const Error& error = loaded.error();
    Diagnostics finding(nullptr);
    finding.error(Code{error.code}, {}, error.message, error.remedy);
    ++validated.invalid;
    return validated.add(finding, "");
  }
  validated.add(loaded->diagnostics, several ? arguments.path : "");
  if (loaded->diagnostics.has_errors())
    ++validated.invalid;
  else
    validated.valid += fmt::format("{}: valid, {}\n", arguments.path, counted(loaded->runbook->steps.size(), "step"));
}

}  // namespace

int validate_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  add_runbooks_options(options);
  options.add_options()("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
                        "text, json, sarif or github");
  options.add_options()("json", "short for --format json");
  const CommandHelp help{
      "lockstep validate RUNBOOK... [options]",
      "Checks runbooks without running anything and without opening a connection: YAML, schemas, names,\n"
      "expressions and their types, params, cycles. Prints every finding in one pass; exit 3 when there is an error.",
      "  lockstep validate runbook.yaml\n"
      "  lockstep validate runbooks/*.yaml\n"
      "  lockstep validate runbook.yaml --param source=prod --format github"};
  ParsedCommand parsed = parse_command(arguments, help, options, runbooks_positional());
  if (parsed.exit) return *parsed.exit;
  std::string format = parsed.values.count("json") != 0 ? "json" : parsed.values["format"].as<std::string>();
  if (format != "text" && format != "json" && format != "sarif" && format != "github")
    return print_error(Error("argument-invalid"_code, fmt::format("unknown format '{}'", format),
                             "use --format text, json, sarif or github"));
  const std::vector<RunbookArguments> runbooks = runbooks_arguments(parsed.values);
  Validated validated;
  for (const RunbookArguments& runbook : runbooks) validate(runbook, runbooks.size() > 1, validated);
  const int exit = print_findings(validated.findings, format, use_colour(STDERR_FILENO));
  if (format != "text") return exit;
  fmt::print("{}", validated.valid);
  if (runbooks.size() > 1)
    fmt::print("{}: {} valid, {} with errors\n", counted(runbooks.size(), "runbook"),
               runbooks.size() - validated.invalid, validated.invalid);
  return exit;
}

}  // namespace lockstep
