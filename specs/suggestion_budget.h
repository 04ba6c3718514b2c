// Keeps the search for nearest names from growing with the square of a hopeless file.
#pragma once

#include <cstddef>

#include "specs/diagnostic.h"

namespace lockstep {

// Whether another search among `known` names is worth its time: always among few, for the first errors among many.
inline bool may_suggest(const Diagnostics& diagnostics, std::size_t known) {
  constexpr std::size_t kFewNames = 64;
  constexpr std::size_t kFirstErrors = 50;
  return known <= kFewNames || diagnostics.error_count() < kFirstErrors;
}

}  // namespace lockstep
