#include <fmt/format.h>

#include "runner/cli/command.h"
#include "runner/cli/load.h"
#include "runner/cli/options.h"
#include "specs/schema.h"

namespace lockstep {

namespace po = boost::program_options;

namespace {

std::string command_names() {
  std::string names;
  for (const Command& command : commands()) names += (names.empty() ? "" : " ") + std::string(command.name);
  return names;
}

std::string filled_in(std::string script, std::string_view commands_text) {
  constexpr std::string_view kMark = "@COMMANDS@";
  return script.replace(script.find(kMark), kMark.size(), commands_text);
}

// The script asks `lockstep COMMAND --help` for the options, so that it can never fall behind the program.
std::string bash_script() {
  std::string script = R"~(# bash completion for lockstep. Load it with: source <(lockstep completion bash)
_lockstep() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "@COMMANDS@ --help --version" -- "$current"))
  elif [ "$command" = completion ]; then
    COMPREPLY=($(compgen -W "bash zsh fish" -- "$current"))
  elif [ "$command" = schema ] && [[ $current != -* ]]; then
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" schema --list 2>/dev/null | cut -d' ' -f1)" -- "$current"))
  elif [ "$previous" = --format ]; then
    case $command in
      graph) COMPREPLY=($(compgen -W "text mermaid dot" -- "$current")) ;;
      validate) COMPREPLY=($(compgen -W "text json sarif github" -- "$current")) ;;
    esac
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null | grep -o -- '--[a-z-]*' | sort -u)" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _lockstep lockstep
)~";
  return filled_in(std::move(script), command_names());
}

std::string zsh_script() {
  std::string described;
  for (const Command& command : commands()) described += fmt::format("    '{}:{}'\n", command.name, command.summary);
  std::string script = R"~(#compdef lockstep
# zsh completion for lockstep. Load it with: source <(lockstep completion zsh)
_lockstep() {
  local -a commands options
  commands=(
@COMMANDS@)
  if (( CURRENT == 2 )); then
    _describe command commands
  elif [[ $words[2] == completion ]]; then
    _values shell bash zsh fish
  elif [[ $words[2] == schema && $words[CURRENT] != -* ]]; then
    options=(${(f)"$($words[1] schema --list 2>/dev/null | cut -d' ' -f1)"})
    compadd -a options
  elif [[ $words[CURRENT] == -* ]]; then
    options=(${(f)"$($words[1] $words[2] --help 2>/dev/null | grep -o -- '--[a-z-]*' | sort -u)"})
    compadd -a options
  else
    _files
  fi
}
compdef _lockstep lockstep
)~";
  return filled_in(std::move(script), described);
}

std::string fish_script() {
  std::string lines = "# fish completion for lockstep. Load it with: lockstep completion fish | source\n";
  for (const Command& command : commands())
    lines +=
        fmt::format("complete -c lockstep -n __fish_use_subcommand -f -a {} -d '{}'\n", command.name, command.summary);
  lines +=
      "complete -c lockstep -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"
      "complete -c lockstep -n '__fish_seen_subcommand_from schema' -f -a \"(lockstep schema --list | cut -d' ' "
      "-f1)\"\n"
      "complete -c lockstep -n 'not __fish_use_subcommand' -a \"(lockstep (commandline -opc)[2] --help 2>/dev/null | "
      "string match -ra -- '--[a-z-]+' | sort -u)\"\n";
  return lines;
}

}  // namespace

int completion_command(const std::vector<std::string>& arguments) {
  po::options_description options(100);
  options.add_options()("positional-shell", po::value<std::string>()->required());
  po::positional_options_description positionals;
  positionals.add("positional-shell", 1);
  const CommandHelp help{"lockstep completion bash|zsh|fish", "Prints a completion script for the shell.",
                         "  source <(lockstep completion bash)\n"
                         "  source <(lockstep completion zsh)\n"
                         "  lockstep completion fish > ~/.config/fish/completions/lockstep.fish"};
  ParsedCommand parsed = parse_command(arguments, help, options, positionals);
  if (parsed.exit) return *parsed.exit;
  std::string shell = parsed.values["positional-shell"].as<std::string>();
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    return print_error(
        Error("argument-invalid"_code, fmt::format("no completion for '{}'", shell), "use bash, zsh or fish"));
  fmt::print("{}", shell == "bash" ? bash_script() : shell == "zsh" ? zsh_script() : fish_script());
  return 0;
}

}  // namespace lockstep
