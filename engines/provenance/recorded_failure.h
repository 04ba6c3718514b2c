// Whether what was signed speaks of a failure: a signature says who signed what, not that all went well.
#pragma once

#include <string>

#include "specs/document.h"

namespace lockstep {

// `its status is "mismatch"`, `steps "load" is failed`, `"errors" is 2`: the first that `result`, the manifest's
// member, says of a failure; empty when it says of none. It may be the answer of a step, the report of a run or the
// result of Clone-Xs, so that only words and counts are looked at which all of them use. Foreign text is escaped and
// cut. A pure function.
std::string recorded_failure(const Json& result);

}  // namespace lockstep
