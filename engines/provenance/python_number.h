// Numbers as Python's json module reads and prints them. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep {

// json.dumps of a float: the shortest digits that read back, an exponent of two digits or more below 1e-4 and from 1e16
// on
// ("1e-05", "1e+16"), otherwise with a point ("1.0"); NaN, Infinity, -Infinity as bare words.
std::string python_float(double value);

// float(text) for a text that matches JSON's number grammar: correctly rounded; 1e400 is infinity, 1e-400 is zero.
double parse_float(std::string_view text);

// Python's limit for a conversion between int and str (sys.get_int_max_str_digits(), since 3.11).
inline constexpr std::size_t kMaxIntegerDigits = 4300;

}  // namespace lockstep
