// The options that every command on a runbook takes.
#pragma once

#include <vector>

#include "runner/cli/load.h"
#include "runner/cli/options.h"

namespace lockstep {

// RUNBOOK, --param, --params-file.
void add_runbook_options(boost::program_options::options_description& options);
boost::program_options::positional_options_description runbook_positional();
RunbookArguments runbook_arguments(const boost::program_options::variables_map& values);

// The same for one runbook or several; params are given to each of them.
void add_runbooks_options(boost::program_options::options_description& options);
boost::program_options::positional_options_description runbooks_positional();
std::vector<RunbookArguments> runbooks_arguments(const boost::program_options::variables_map& values);

}  // namespace lockstep
