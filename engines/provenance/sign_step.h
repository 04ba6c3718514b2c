// The step provenance/sign (schemas/steps/provenance-sign.schema.json).
#pragma once

#include <memory>

#include "engines/step.h"

namespace lockstep {

// look() builds the manifest, reads the key and checks that the output can be written, but makes no signature: a dry
// run must not issue evidence. Its preview outputs are {signed: false, reason, manifest, redacted, envelope, dry_run:
// true}.
Result<std::unique_ptr<Step>> make_sign_step(const Json& inputs);

}  // namespace lockstep
