// Bounded parallel loops inside a step.
#pragma once

#include <cstddef>
#include <functional>

#include "engines/call.h"

namespace lockstep {

// Runs body(i) for i in [0, count) on at most `workers` threads (the calling one included) and returns when all ended.
// Indexes are handed out in order. Once `call` is stopped or expired, no further index starts.
// Returns the number of indexes that were run. What a body throws is thrown here, the first one's, when all have ended;
// no further index starts then.
std::size_t parallel_for(std::size_t count, std::size_t workers, const Call& call,
                         const std::function<void(std::size_t)>& body);

// How many threads are worth having for work that waits for nothing; at least 1.
std::size_t processors();

}  // namespace lockstep
