#include "specs/duration_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>

namespace lockstep {

std::string duration_text(std::chrono::milliseconds duration) {
  const auto milliseconds = std::max<std::int64_t>(0, duration.count());
  const auto seconds = milliseconds / 1000;
  if (seconds < 60) return fmt::format("{}.{}s", seconds, milliseconds % 1000 / 100);
  if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h{:02}m", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace lockstep
