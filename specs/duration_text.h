// Durations as every message writes them.
#pragma once

#include <chrono>
#include <string>

namespace lockstep {

// "0.3s", "12.4s", "3m05s", "2h07m"; a negative one is "0.0s".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace lockstep
