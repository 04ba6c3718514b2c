// The step sql/query: runs one statement with named parameters, returns its rows, and can be a gate (`expect`).
//
// look() asks the engine, by preparing, whether the statement would change anything; it never runs it. The outputs of a
// dry run are therefore empty.
#pragma once

#include "engines/step.h"

namespace lockstep {

// Errors: "input-invalid" for inputs that no schema would let through.
Result<std::unique_ptr<Step>> make_sql_query(const Json& inputs);

}  // namespace lockstep
