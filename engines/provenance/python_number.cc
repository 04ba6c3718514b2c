#include "engines/provenance/python_number.h"

#include <fmt/format.h>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace lockstep {

namespace {

constexpr long kExponentLimit = 1'000'000;  // far beyond any double; longer exponents are cut to it

// The decimal exponent of the first significant digit: 0 for "1.5", -3 for "0.0015e0".
long magnitude(std::string_view text) {
  std::size_t mark = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, mark);
  long exponent = 0;
  if (mark != std::string_view::npos) {
    std::string_view digits = text.substr(mark + 1);
    bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    for (char digit : digits) exponent = std::min(exponent * 10 + (digit - '0'), kExponentLimit);
    if (negative) exponent = -exponent;
  }
  std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return -kExponentLimit;
  long place = first < point ? static_cast<long>(point - first) - 1 : -static_cast<long>(first - point);
  return exponent + place;
}

}  // namespace

std::string python_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::array<char, 32> buffer{};
  auto printed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<std::size_t>(printed.ptr - buffer.data()));
  std::string sign;
  if (text.starts_with('-')) {
    sign = "-";
    text.remove_prefix(1);
  }
  std::size_t mark = text.find('e');
  std::string digits(1, text[0]);
  if (mark > 2) digits += text.substr(2, mark - 2);
  std::string_view exponent_text = text.substr(mark + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);

  if (exponent < -4 || exponent >= 16) {
    std::string_view fraction = std::string_view(digits).substr(1);
    return fmt::format("{}{}{}{}e{}{:02}", sign, digits[0], fraction.empty() ? "" : ".", fraction,
                       exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  std::size_t whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0') + ".0";
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

double parse_float(std::string_view text) {
  double value = 0;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc::result_out_of_range) return value;
  // from_chars does not say in which direction the value left the range.
  double limit =
      magnitude(text.substr(text.starts_with('-') ? 1 : 0)) > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  return text.starts_with('-') ? -limit : limit;
}

}  // namespace lockstep
