// Counts with their noun, as every message writes them.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace lockstep {

// "1 table", "3 tables", "0 tables"; "1 entry", "2 entries" where the plural is not made with an s.
template <typename Count>
std::string counted(Count count, std::string_view noun, std::string_view plural = {}) {
  if (count == 1) return fmt::format("1 {}", noun);
  return plural.empty() ? fmt::format("{} {}s", count, noun) : fmt::format("{} {}", count, plural);
}

}  // namespace lockstep
