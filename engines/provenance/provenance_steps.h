// The step types of this capability, for registry.cc.
#pragma once

#include <vector>

#include "engines/step.h"

namespace lockstep {

std::vector<StepType> provenance_step_types();

}  // namespace lockstep
