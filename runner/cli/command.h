// The commands of the program. Each has a file of its own here; main.cc only calls run_program().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

// DESIGN: 0 done, 1 a step failed, 2 changes pending, 3 invalid runbook or arguments, 4 lock held,
// 5 the saved plan no longer fits, 70 internal, 124 run timeout, 130/143 signal.
enum class Exit : int {
  done = 0,
  failed = 1,
  changes_pending = 2,
  invalid = 3,
  locked = 4,
  plan_stale = 5,
  internal = 70,
  timeout = 124,
  interrupted = 130,
  terminated = 143,
};

struct Command {
  std::string_view name;
  std::string_view summary;                               // one line, for the overview
  int (*run)(const std::vector<std::string>& arguments);  // without the command's own name; returns the exit code
};

// Defined in runner/cli/<command>.cc.
int run_command(const std::vector<std::string>& arguments);
int validate_command(const std::vector<std::string>& arguments);
int graph_command(const std::vector<std::string>& arguments);
int schema_command(const std::vector<std::string>& arguments);
int init_command(const std::vector<std::string>& arguments);
int sign_command(const std::vector<std::string>& arguments);
int verify_command(const std::vector<std::string>& arguments);
int keygen_command(const std::vector<std::string>& arguments);
int doctor_command(const std::vector<std::string>& arguments);
int completion_command(const std::vector<std::string>& arguments);

const std::vector<Command>& commands();
int run_program(const std::vector<std::string>& arguments);  // arguments without argv[0]

}  // namespace lockstep
