#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "specs/runbook.h"

namespace lockstep {

namespace {

struct DurationUnit {
  std::string_view name;
  std::int64_t milliseconds;
};

// From the longest to the shortest, the order in which they stand in a duration.
constexpr DurationUnit kUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr std::int64_t kMost = std::int64_t{1000} * 86'400'000;  // 1000 days; far from any overflow

Error invalid(std::string_view text, std::string_view why) {
  constexpr std::size_t kShown = 40;
  return Error("duration-invalid"_code, fmt::format("\"{}\" is no duration: {}", text.substr(0, kShown), why),
               "write numbers with units, as in 30s, 5m, 1h30m or 250ms; a plain integer counts seconds");
}

// The number at the start of `rest`, which is taken off; nothing when there is none that is useful.
std::optional<std::int64_t> take_number(std::string_view& rest) {
  std::int64_t amount = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), amount);
  if (read.ec == std::errc::invalid_argument || amount < 0) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  return read.ec == std::errc::result_out_of_range ? kMost + 1 : amount;
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return invalid(text, "it is empty");
  const bool plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  std::string_view rest = text;
  std::int64_t total = 0;
  const DurationUnit* allowed = std::begin(kUnits);
  while (!rest.empty()) {
    const std::optional<std::int64_t> amount = take_number(rest);
    if (!amount) return invalid(text, "a whole number is missing");
    const std::string_view name = plain ? "s" : rest.substr(0, rest.find_first_of("0123456789"));
    if (name.empty()) return invalid(text, "the last number has no unit");
    const auto named = [&](const DurationUnit& unit) { return unit.name == name; };
    const DurationUnit* unit = std::find_if(allowed, std::end(kUnits), named);
    if (unit == std::end(kUnits) && std::any_of(std::begin(kUnits), std::end(kUnits), named))
      return invalid(text, fmt::format("\"{}\" stands behind a shorter unit or twice", name));
    if (unit == std::end(kUnits)) return invalid(text, fmt::format("\"{}\" is no unit", name.substr(0, 20)));
    if (*amount > kMost / unit->milliseconds) return invalid(text, "it is longer than 1000 days");
    total += *amount * unit->milliseconds;
    if (total > kMost) return invalid(text, "it is longer than 1000 days");
    allowed = unit + 1;
    rest.remove_prefix(plain ? rest.size() : name.size());
  }
  return Milliseconds(total);
}

}  // namespace lockstep
