// A statement that the server did not carry out. Pure functions.
#pragma once

#include <string_view>

#include "engines/workspace/statement_answer.h"
#include "specs/result.h"

namespace lockstep {

// The server's own message with its [ERROR_CLASS] and the SQLSTATE, under a code by what has to be done: "sql-invalid",
// "sql-unknown-name", "sql-denied", "sql-failed".
Error sql_error(const StatementState& state, std::string_view statement_id);

// The result is larger than what comes inline: as links it could be had.
bool is_over_inline_limit(const StatementState& state);

}  // namespace lockstep
