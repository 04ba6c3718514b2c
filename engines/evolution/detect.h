// schema-evolution/detect: compares one table of two catalogs, and says what it would take. Changes nothing, ever.
// A drift does not fail the step; a table that is nowhere, or a view, does.
#pragma once

#include <memory>

#include "engines/step.h"

namespace lockstep {

Result<std::unique_ptr<Step>> make_detect(const Json& inputs);

}  // namespace lockstep
