// A value as one line of JSON.
#pragma once

#include <string>

#include "specs/document.h"

namespace lockstep {

// As value.dump(-1, ' ', false, replace) writes it, byte for byte: UTF-8 as it is, other bytes as U+FFFD. Texts without
// anything to escape, which are most and the longest, are copied at once: the library looks at each of their bytes, and
// that was half of what a comparison of 1,000 tables took.
std::string dump_json(const Json& value);

}  // namespace lockstep
