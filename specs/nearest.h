// "Did you mean": the known names that are nearest to a mistyped one. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

// Up to `limit` names of `known`, nearest first, ties in the order of `known`; empty when nothing is near enough to be
// worth a guess. Near is: equal but for case, '-' and '_'; one is a prefix of the other (3 characters or more); or an
// edit distance (insert, delete, replace, swap of neighbours) of at most a third of the longer name's length, at
// least 1. Names longer than 128 bytes are never near: the cost is bounded even for hostile input.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& known, std::size_t limit = 3);

// `did you mean "a"?`, `did you mean "a", "b" or "c"?`, or an empty text for no names.
std::string did_you_mean(const std::vector<std::string>& names);

// The two together, as hints need them.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known);

}  // namespace lockstep
