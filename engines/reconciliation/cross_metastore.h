// The step reconciliation/cross-metastore: compares every table of two catalogs, by row count or by digest.
//
// look() opens both catalogs, reads their columns in bulk and notes the versions at which everything else will be read;
// act() runs the planned reads. The step never changes anything. Engines without versions (DuckDB files) are read as
// they are at the moment of each statement.
#pragma once

#include "engines/step.h"

namespace lockstep {

// Errors: "input-invalid" for inputs that no schema would let through, "target-workspace-unsupported".
Result<std::unique_ptr<Step>> make_cross_metastore(const Json& inputs);

}  // namespace lockstep
