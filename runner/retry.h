// Whether a step is worth another attempt, and how long to wait before it. Pure functions.
#pragma once

#include <chrono>
#include <random>

#include "specs/result.h"
#include "specs/runbook.h"

namespace lockstep {

// `gate`: the step itself came to a result that is a failure (a mismatch, an unmet expectation), rather than breaking
// down. With `retry.on`, exactly the listed codes are tried again, gates included. Without it breakdowns are, save
// those that another attempt cannot change: wrong inputs, unknown names, missing secrets, a refused statement, ...
// Never: cancelled, the step's timeout (it covers all attempts and the waits between them), an unknown outcome.
bool worth_another_attempt(const RetryPolicy& policy, const Error& error, bool gate);

// Before attempt `next` (2 is the first repetition): backoff doubled each time, capped by max_backoff, of which a
// random part between one half and all is waited, so that steps that failed together do not come back together.
Milliseconds wait_before(const RetryPolicy& policy, int next, std::minstd_rand& random);

}  // namespace lockstep
