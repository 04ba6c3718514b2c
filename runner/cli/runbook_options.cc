#include "runner/cli/runbook_options.h"

namespace lockstep {

namespace po = boost::program_options;

void add_runbook_options(po::options_description& options) {
  options.add_options()("positional-runbook", po::value<std::string>()->required());
  options.add_options()("param", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
                        "set a param; may be given several times");
  options.add_options()("params-file", po::value<std::string>()->value_name("FILE"),
                        "a YAML or JSON mapping of params; --param wins");
}

po::positional_options_description runbook_positional() {
  po::positional_options_description positionals;
  positionals.add("positional-runbook", 1);
  return positionals;
}

RunbookArguments runbook_arguments(const po::variables_map& values) {
  RunbookArguments arguments;
  arguments.path = values["positional-runbook"].as<std::string>();
  if (values.count("param") != 0) arguments.params = values["param"].as<std::vector<std::string>>();
  if (values.count("params-file") != 0) arguments.params_file = values["params-file"].as<std::string>();
  return arguments;
}

}  // namespace lockstep
