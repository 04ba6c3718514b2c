#include "runner/cli/options.h"

#include <fmt/format.h>
#include <cstdio>
#include <sstream>

#include "specs/nearest.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

std::string help_text(const CommandHelp& help, const po::options_description& options) {
  std::ostringstream listed;
  listed << options;
  return fmt::format("usage: {}\n\n{}\n\noptions:\n{}\nexamples:\n{}\n", help.usage, help.about, listed.str(),
                     help.examples);
}

std::vector<std::string> option_names(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

ParsedCommand refuse(std::string message, const CommandHelp& help) {
  std::string_view command = help.usage.substr(0, help.usage.find(' ', help.usage.find(' ') + 1));
  fmt::print(stderr, "error: {} [argument-invalid]\nhint: `{} --help` lists the options and shows examples\n", message,
             command);
  ParsedCommand parsed;
  parsed.exit = 3;
  return parsed;
}

}  // namespace

std::string suggestion(std::string_view wanted, const std::vector<std::string>& known) {
  std::string guess = did_you_mean(wanted, known);
  return guess.empty() ? guess : "; " + guess;
}

ParsedCommand parse_command(const std::vector<std::string>& arguments, const CommandHelp& help,
                            po::options_description& options, const po::positional_options_description& positionals) {
  options.add_options()("help,h", "show this help");
  po::options_description shown(100);
  for (const auto& option : options.options())
    if (option->long_name().find("positional-") != 0) shown.add(option);
  ParsedCommand parsed;
  try {
    namespace style = po::command_line_style;
    po::store(po::command_line_parser(arguments)
                  .options(options)
                  .positional(positionals)
                  .style(style::unix_style & ~style::allow_guessing & ~style::allow_sticky)
                  .run(),
              parsed.values);
    if (parsed.values.count("help") != 0) {
      fmt::print("{}", help_text(help, shown));
      parsed.exit = 0;
      return parsed;
    }
    po::notify(parsed.values);
  } catch (const po::unknown_option& error) {
    std::string name = error.get_option_name();
    return refuse(fmt::format("unknown option '{}'{}", name, suggestion(name, option_names(shown))), help);
  } catch (const po::too_many_positional_options_error&) {
    return refuse("too many arguments", help);
  } catch (const po::required_option& error) {
    std::string name = error.get_option_name();
    if (name.find("positional-") != std::string::npos) name = name.substr(name.find("positional-") + 11);
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return refuse(fmt::format("{} is missing", name), help);
  } catch (const po::error& error) {
    return refuse(error.what(), help);
  }
  return parsed;
}

}  // namespace lockstep
