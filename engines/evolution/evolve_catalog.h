// schema-evolution/evolve-catalog: brings every table of a catalog in line with its source.
//
// Statements of a dry run: at most two for the description of both catalogs; for drifted tables alone, those of
// Warehouse::dependents() and one NULL count for every 100 of them.
// A table with an error stays as it is and fails the step; the others go on. A table that the destination lacks is
// reported
// (`missing`) with a warning and does not fail the step: evolving aligns what was cloned, it does not clone.
#pragma once

#include <memory>

#include "engines/step.h"

namespace lockstep {

Result<std::unique_ptr<Step>> make_evolve_catalog(const Json& inputs);

}  // namespace lockstep
