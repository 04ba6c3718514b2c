#include "engines/provenance/provenance_steps.h"

#include "engines/provenance/sign_step.h"
#include "engines/provenance/verify_step.h"

namespace lockstep {

std::vector<StepType> provenance_step_types() {
  return {{"provenance/sign", make_sign_step, false}, {"provenance/verify", make_verify_step, false}};
}

}  // namespace lockstep
