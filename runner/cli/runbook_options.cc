#include "runner/cli/runbook_options.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

constexpr const char* kRunbook = "positional-runbook";

void add_param_options(po::options_description& options) {
  options.add_options()("param", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
                        "set a param; may be given several times");
  options.add_options()("params-file", po::value<std::string>()->value_name("FILE"),
                        "a YAML or JSON mapping of params; --param wins");
}

// Without the path.
RunbookArguments param_arguments(const po::variables_map& values) {
  RunbookArguments arguments;
  if (values.count("param") != 0) arguments.params = values["param"].as<std::vector<std::string>>();
  if (values.count("params-file") != 0) arguments.params_file = values["params-file"].as<std::string>();
  return arguments;
}

}  // namespace

void add_runbook_options(po::options_description& options) {
  options.add_options()(kRunbook, po::value<std::string>()->required());
  add_param_options(options);
}

void add_runbooks_options(po::options_description& options) {
  options.add_options()(kRunbook, po::value<std::vector<std::string>>()->required());
  add_param_options(options);
}

po::positional_options_description runbook_positional() {
  po::positional_options_description positionals;
  positionals.add(kRunbook, 1);
  return positionals;
}

po::positional_options_description runbooks_positional() {
  po::positional_options_description positionals;
  positionals.add(kRunbook, -1);
  return positionals;
}

RunbookArguments runbook_arguments(const po::variables_map& values) {
  RunbookArguments arguments = param_arguments(values);
  arguments.path = values[kRunbook].as<std::string>();
  return arguments;
}

std::vector<RunbookArguments> runbooks_arguments(const po::variables_map& values) {
  std::vector<RunbookArguments> all;
  for (const std::string& path : values[kRunbook].as<std::vector<std::string>>()) {
    all.push_back(param_arguments(values));
    all.back().path = path;
  }
  return all;
}

}  // namespace lockstep
