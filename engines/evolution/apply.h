// schema-evolution/apply: alters one table by what schema-evolution/detect found, after reading the table anew.
// Changes that do not fit the table any more are refused as a whole ("changes-stale"), and so is anything that cannot
// be done: then the table stays as it is and the step fails with the reasons in `errors`.
#pragma once

#include <memory>

#include "engines/step.h"

namespace lockstep {

Result<std::unique_ptr<Step>> make_apply(const Json& inputs);

}  // namespace lockstep
