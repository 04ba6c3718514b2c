// The step provenance/verify (schemas/steps/provenance-verify.schema.json).
#pragma once

#include <memory>

#include "engines/step.h"

namespace lockstep {

// Verifying only reads, so look() does it. Not known before acting, and no failure of a dry run: a file that does not
// exist yet, and the preview of a sign step.
Result<std::unique_ptr<Step>> make_verify_step(const Json& inputs);

}  // namespace lockstep
