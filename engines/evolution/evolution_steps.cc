#include "engines/evolution/evolution_steps.h"

#include "engines/evolution/apply.h"
#include "engines/evolution/detect.h"
#include "engines/evolution/evolve_catalog.h"

namespace lockstep {

std::vector<StepType> evolution_step_types() {
  return {{"schema-evolution/apply", make_apply, true},
          {"schema-evolution/detect", make_detect, true},
          {"schema-evolution/evolve-catalog", make_evolve_catalog, true}};
}

}  // namespace lockstep
