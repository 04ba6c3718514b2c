// Command-line parsing shared by all commands, on Boost.Program_options.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct CommandHelp {
  std::string_view usage;     // "lockstep run RUNBOOK [options]"
  std::string_view about;     // a paragraph
  std::string_view examples;  // lines, each a command that works
};

// Parses `arguments`. On --help prints help to stdout and sets exit = 0; on a wrong argument prints the message, the
// nearest option name and how to get help to stderr and sets exit = 3. Options given in full only (no abbreviations).
struct ParsedCommand {
  boost::program_options::variables_map values;
  std::optional<int> exit;
};
ParsedCommand parse_command(const std::vector<std::string>& arguments, const CommandHelp& help,
                            boost::program_options::options_description& options,
                            const boost::program_options::positional_options_description& positionals);

// "; did you mean "x"?" or nothing: the tail of a message about a name that is not known.
std::string suggestion(std::string_view wanted, const std::vector<std::string>& known);

}  // namespace lockstep
