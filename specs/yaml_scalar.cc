#include "specs/yaml_scalar.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "specs/characters.h"

namespace lockstep {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string_view without_sign(std::string_view text) {
  return text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
}

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  text = without_sign(text);
  const std::size_t whole = count_digits(text);
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = count_digits(text);
    if (whole + fraction == 0) return false;
    text.remove_prefix(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  return all_digits(without_sign(text.substr(1)));
}

PlainScalar integer(std::string_view digits, int base, bool negative) {
  std::uint64_t magnitude = 0;
  const char* first = digits.data();
  const auto [end, failure] = std::from_chars(first, first + digits.size(), magnitude, base);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  PlainScalar result{Node::Kind::integer, {}, PlainScalar::Problem::none};
  const bool too_large = failure == std::errc::result_out_of_range || (negative && magnitude > kMax + 1);
  if (too_large) {
    result.problem = PlainScalar::Problem::integer_too_large;
    result.value = negative ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  } else if (!negative && magnitude > kMax) {
    result.value = magnitude;
  } else {
    result.value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  }
  return result;
}

PlainScalar floating(std::string_view text) {
  double number = 0;
  const std::string_view unsigned_text = text.starts_with('+') ? text.substr(1) : text;  // from_chars takes no '+'
  const char* first = unsigned_text.data();
  const auto [end, failure] = std::from_chars(first, first + unsigned_text.size(), number);
  PlainScalar result{Node::Kind::floating, number, PlainScalar::Problem::none};
  if (failure != std::errc()) {
    result.problem = PlainScalar::Problem::float_out_of_range;
    result.value = 0.0;
  }
  return result;
}

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 4> kNull = {"~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kTrue = {"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> kFalse = {"false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> kInfinity = {".inf", ".Inf", ".INF"};
constexpr std::array<std::string_view, 3> kNan = {".nan", ".NaN", ".NAN"};

// Booleans of YAML 1.1 (https://yaml.org/type/bool.html) that 1.2 made strings.
constexpr std::array<std::string_view, 8> kOldTrue = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr std::array<std::string_view, 8> kOldFalse = {"n", "N", "no", "No", "NO", "off", "Off", "OFF"};

// [-+]? [0-9] [0-9_]* ( : [0-5]? [0-9] )+ ( \. [0-9_]* )?, base 60 in YAML 1.1.
bool is_sexagesimal(std::string_view text) {
  text = without_sign(text);
  if (text.empty() || !is_digit(text.front())) return false;
  const std::size_t colon = text.find_first_not_of("0123456789_");
  if (colon == std::string_view::npos || text[colon] != ':') return false;
  text.remove_prefix(colon);
  while (text.starts_with(':')) {
    text.remove_prefix(1);
    const std::size_t digits = count_digits(text);
    if (digits == 0 || digits > 2 || (digits == 2 && text.front() > '5')) return false;
    text.remove_prefix(digits);
  }
  return text.empty() || (text.front() == '.' && text.find_first_not_of("0123456789_", 1) == std::string_view::npos);
}

// 1_000 and 0b101 are numbers in YAML 1.1 and in many languages.
bool is_grouped_number(std::string_view text) {
  text = without_sign(text);
  if (text.empty() || !is_digit(text.front()) || text.find('_') == std::string_view::npos) return false;
  const bool hexadecimal = text.starts_with("0x");
  return text.find_first_not_of(hexadecimal ? "0123456789abcdefABCDEF_x" : "0123456789_.") == std::string_view::npos;
}

bool is_binary(std::string_view text) {
  text = without_sign(text);
  return text.size() > 2 && text.starts_with("0b") && text.find_first_not_of("01_", 2) == std::string_view::npos;
}

bool has_leading_zero(std::string_view text) {
  text = without_sign(text);
  return text.size() > 1 && text.front() == '0' && all_digits(text);
}

std::string without_underscores(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  return plain;
}

ScalarWarning warn_of_leading_zero(std::string_view text, const PlainScalar& resolved) {
  std::string hint = fmt::format("write {}", resolved.value.dump());
  const std::string_view digits = without_sign(text);
  if (text.front() != '-' && digits.find_first_of("89") == std::string_view::npos)
    hint += fmt::format(", or 0o{} for the octal number",
                        digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)));
  return {
      fmt::format("{} is the number {}: YAML 1.2 has no octal numbers with a leading 0", text, resolved.value.dump()),
      hint + fmt::format(", or \"{}\" in quotes for the text", text)};
}

}  // namespace

bool is_null_text(std::string_view text) {
  return text.empty() || one_of(text, kNull);
}

PlainScalar resolve_plain(std::string_view text) {
  if (is_null_text(text)) return {Node::Kind::null, nullptr, PlainScalar::Problem::none};
  if (one_of(text, kTrue)) return {Node::Kind::boolean, true, PlainScalar::Problem::none};
  if (one_of(text, kFalse)) return {Node::Kind::boolean, false, PlainScalar::Problem::none};
  const char first = text.front();
  if (is_digit(first) || first == '+' || first == '-' || first == '.') {
    if (all_digits(without_sign(text))) return integer(without_sign(text), 10, first == '-');
    if (text.size() > 2 && text.starts_with("0o") && text.find_first_not_of("01234567", 2) == std::string_view::npos)
      return integer(text.substr(2), 8, false);
    if (text.size() > 2 && text.starts_with("0x") &&
        text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos)
      return integer(text.substr(2), 16, false);
    if (is_float(text)) return floating(text);
    constexpr double kInf = std::numeric_limits<double>::infinity();
    if (one_of(without_sign(text), kInfinity))
      return {Node::Kind::floating, first == '-' ? -kInf : kInf, PlainScalar::Problem::none};
    if (one_of(text, kNan))
      return {Node::Kind::floating, std::numeric_limits<double>::quiet_NaN(), PlainScalar::Problem::none};
  }
  return {Node::Kind::string, std::string(text), PlainScalar::Problem::none};
}

ScalarWarning warn_of_plain(std::string_view text, const PlainScalar& resolved) {
  if (resolved.kind == Node::Kind::integer && has_leading_zero(text)) return warn_of_leading_zero(text, resolved);
  if (resolved.kind != Node::Kind::string || text.size() > 64) return {};
  const bool old_true = one_of(text, kOldTrue);
  if (old_true || one_of(text, kOldFalse)) {
    return {fmt::format("{} is the text \"{}\" here, no boolean", text, text),
            fmt::format("write {}, or \"{}\" in quotes for the text", old_true ? "true" : "false", text)};
  }
  if (is_sexagesimal(text)) {
    return {fmt::format("{} is a text here; YAML 1.1 reads it as a number in base 60", text),
            fmt::format("write \"{}\" in quotes", text)};
  }
  if (is_grouped_number(text)) {
    return {fmt::format("{} is a text here, no number", text),
            fmt::format("write {}, or \"{}\" in quotes for the text", without_underscores(text), text)};
  }
  if (is_binary(text)) {
    return {fmt::format("{} is a text here, no number: YAML 1.2 has no binary numbers", text),
            fmt::format("write the number in decimal or as 0x..., or \"{}\" in quotes for the text", text)};
  }
  return {};
}

}  // namespace lockstep
