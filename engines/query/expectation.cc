#include "engines/query/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "specs/counted.h"
#include "specs/json_dump.h"

namespace lockstep {

namespace {

// A decimal number without a rounding: sign, digits without leading zeros, and the power of ten of the last digit,
// which is no zero. Zero has no digits.
struct Decimal {
  bool negative = false;
  std::string digits;
  long exponent = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  std::size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) number.negative = text[at++] == '-';
  bool point = false;
  bool any = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (point) --number.exponent;
      if (!number.digits.empty() || c != '0') number.digits += c;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    bool negative = false;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
    long exponent = 0;
    const std::size_t begin = at;
    // Five digits are far beyond any number here, and cannot overflow.
    for (; at < text.size() && at - begin < 5 && text[at] >= '0' && text[at] <= '9'; ++at)
      exponent = exponent * 10 + (text[at] - '0');
    if (at == begin || at != text.size()) return std::nullopt;
    number.exponent += negative ? -exponent : exponent;
  }
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.pop_back();
    ++number.exponent;
  }
  if (number.digits.empty()) return Decimal{};  // 0, -0, 0.00
  return number;
}

std::optional<Decimal> decimal_of(const Json& value) {
  if (value.is_number()) return parse_decimal(value.dump());
  if (value.is_string()) return parse_decimal(value.get_ref<const std::string&>());
  return std::nullopt;
}

Error failed(std::string what) {
  return Error("expectation-failed"_code, std::move(what),
               "correct the data, or the step's `expect` when it is the expectation that is wrong");
}

std::string shown(const Json& value) {
  return dump_json(value);
}

std::string count_text(const Rows& rows) {
  return fmt::format("{}{}", rows.truncated ? "more than " : "", rows.rows.size());
}

}  // namespace

bool numeric_type(std::string_view type) {
  static constexpr std::array<std::string_view, 18> kNames{
      "INT",      "BYTE",      "SHORT",    "LONG",    "TINYINT",  "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
      "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM",   "FLOAT",   "DOUBLE", "DECIMAL"};
  return type.starts_with("DECIMAL(") || std::find(kNames.begin(), kNames.end(), type) != kNames.end();
}

bool same_value(const Json& expected, const Json& cell, bool numeric_column) {
  // The text of a number is a number only where the column is one: 5 is not the VARCHAR '5'.
  const bool numbers = (expected.is_number() || expected.is_string()) && numeric_column && !cell.is_null();
  if (numbers) {
    const std::optional<Decimal> a = decimal_of(expected);
    const std::optional<Decimal> b = decimal_of(cell);
    if (a && b) return *a == *b;
    return expected == cell;  // "nan", "inf"
  }
  return expected.type() == cell.type() && expected == cell;
}

Result<Expectation> Expectation::from_json(const Json& expect) {
  Expectation result;
  const auto invalid = [](std::string what) {
    return Error("input-invalid"_code, std::move(what), "write `expect: {rows: N}`, `{value: X}` or `{empty: true}`");
  };
  if (!expect.is_object()) return invalid("`expect` is not a mapping");
  for (const auto& [key, value] : expect.items()) {
    if (key == "rows" && value.is_number_integer() && value >= 0)
      result.rows = value.get<std::uint64_t>();
    else if (key == "empty" && value.is_boolean())
      result.empty = value.get<bool>();
    else if (key == "value" && value.is_primitive())
      result.value = value;
    else
      return invalid(fmt::format("`expect.{}` is not understood", key));
  }
  return result;
}

std::uint64_t Expectation::rows_needed() const {
  std::uint64_t needed = 0;
  if (rows) needed = std::max(needed, *rows + 1);
  if (value) needed = std::max<std::uint64_t>(needed, 2);
  if (empty) needed = std::max<std::uint64_t>(needed, 1);
  return needed;
}

std::optional<Error> Expectation::check(const Rows& result) const {
  const std::size_t count = result.rows.size();
  if (empty && *empty != (count == 0))
    return failed(*empty ? fmt::format("expected no rows, got {}", count_text(result))
                         : std::string("expected at least one row, got none"));
  if (rows && (*rows != count || result.truncated))
    return failed(fmt::format("expected {}, got {}", counted(*rows, "row"), count_text(result)));
  if (!value) return std::nullopt;
  if (count != 1 || result.truncated || result.columns.size() != 1)
    return failed(fmt::format("expected the value {}, but the result has {}{} and {}, not one of each", shown(*value),
                              result.truncated ? "more than " : "", counted(count, "row"),
                              counted(result.columns.size(), "column")));
  const Json& cell = result.rows.front().front();
  if (same_value(*value, cell, numeric_type(result.columns.front().type))) return std::nullopt;
  return failed(fmt::format("expected the value {}, got {}", shown(*value), shown(cell)));
}

}  // namespace lockstep
