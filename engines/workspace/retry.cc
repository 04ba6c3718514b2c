#include "engines/workspace/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace lockstep {

namespace {

using Again = RetryRule::Again;
using Kind = HttpFailure::Kind;
using std::chrono::system_clock;

struct FailureRow {
  Kind kind;
  Again idempotent;
  Again submit;  // when nothing was sent; after that never
};
constexpr std::array kFailures{
    FailureRow{Kind::bad_url, Again::no, Again::no},         FailureRow{Kind::resolve, Again::some, Again::some},
    FailureRow{Kind::refused, Again::some, Again::deadline}, FailureRow{Kind::connect, Again::some, Again::some},
    FailureRow{Kind::certificate, Again::no, Again::no},  // does not get better by asking
    FailureRow{Kind::handshake, Again::some, Again::some},   FailureRow{Kind::closed, Again::some, Again::some},
    FailureRow{Kind::cut, Again::some, Again::no},           FailureRow{Kind::garbage, Again::some, Again::no},
    FailureRow{Kind::too_large, Again::no, Again::no},       FailureRow{Kind::timeout, Again::no, Again::no},
    FailureRow{Kind::cancelled, Again::no, Again::no},
};

struct StatusRow {
  int from;
  int to;
  bool with_retry_after;  // the row holds only with that header
  RetryRule idempotent;
  RetryRule submit;
};
constexpr RetryRule kDone{Again::no, false};
constexpr RetryRule kPatience{Again::deadline, false};
constexpr RetryRule kSome{Again::some, false};
constexpr RetryRule kPerhaps{Again::no, true};
// The first row that fits. Idempotent requests never "may have run": having run is no harm.
constexpr std::array kStatuses{
    StatusRow{429, 429, false, kPatience, kPatience},  //
    StatusRow{503, 503, true, kPatience, kPatience},   //
    StatusRow{408, 408, false, kSome, kDone},          // refused before it was read whole
    StatusRow{501, 501, false, kDone, kPerhaps},       //
    StatusRow{500, 599, false, kSome, kPerhaps},       //
    StatusRow{200, 499, false, kDone, kDone},          // 401, 403, redirects: asking again changes nothing
};

std::optional<int> number(std::string_view text) {
  int made = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), made);
  if (text.empty() || text.front() == '-' || error != std::errc{} || rest != text.data() + text.size())
    return std::nullopt;
  return made;
}

std::vector<std::string_view> words(std::string_view text, std::string_view between) {
  std::vector<std::string_view> made;
  while (!text.empty()) {
    std::size_t end = std::min(text.find_first_of(between), text.size());
    if (end > 0) made.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}

std::optional<unsigned> month_of(std::string_view name) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::size_t at = kMonths.find(name);
  if (name.size() != 3 || at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<unsigned>(at / 3 + 1);
}

}  // namespace

RetryRule rule_for(RequestClass what, const HttpFailure& failure) {
  const auto* row =
      std::find_if(kFailures.begin(), kFailures.end(), [&](const FailureRow& one) { return one.kind == failure.kind; });
  if (row == kFailures.end()) return {};
  if (what == RequestClass::idempotent) return {row->idempotent, false};
  if (failure.sent) return kPerhaps;
  return {row->submit, false};
}

RetryRule rule_for(RequestClass what, const HttpResponse& response) {
  const bool asked = retry_after(response, system_clock::now()).has_value();
  for (const StatusRow& row : kStatuses)
    if (response.status >= row.from && response.status <= row.to && (!row.with_retry_after || asked))
      return what == RequestClass::idempotent ? row.idempotent : row.submit;
  return {};
}

// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"
std::optional<system_clock::time_point> parse_http_date(std::string_view text) {
  std::vector<std::string_view> part = words(text, " ,-");
  std::string_view day, month, year, clock;
  if (part.size() == 6 && part[5] == "GMT") {
    day = part[1], month = part[2], year = part[3], clock = part[4];
  } else if (part.size() == 5) {
    month = part[1], day = part[2], clock = part[3], year = part[4];
  } else {
    return std::nullopt;
  }
  const std::vector<std::string_view> time = words(clock, ":");
  const auto y = number(year), d = number(day);
  const auto m = month_of(month);
  if (time.size() != 3 || !y || !d || !m) return std::nullopt;
  const auto hour = number(time[0]), minute = number(time[1]), second = number(time[2]);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  int full_year = *y;
  if (year.size() == 2) full_year += *y < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(full_year), std::chrono::month(*m),
                                         std::chrono::day(static_cast<unsigned>(*d))};
  if (!date.ok() || full_year < 1970 || full_year > 2200) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<double> retry_after(const HttpResponse& response, system_clock::time_point now) {
  std::optional<std::string_view> header = response.header("Retry-After");
  if (!header || header->empty()) return std::nullopt;
  double seconds = 0;
  auto [rest, error] =
      std::from_chars(header->data(), header->data() + header->size(), seconds, std::chars_format::fixed);
  const bool digits = header->find_first_not_of("0123456789.-") == std::string_view::npos;  // no "nan"
  if (digits && rest == header->data() + header->size() &&
      (error == std::errc{} || error == std::errc::result_out_of_range)) {
    if (error != std::errc{} || !std::isfinite(seconds)) return 1e9;
    return std::clamp(seconds, 0.0, 1e9);
  }
  std::optional<system_clock::time_point> until = parse_http_date(*header);
  if (!until) return std::nullopt;
  // The two dates are of one clock; ours may go wrong.
  if (std::optional<std::string_view> date = response.header("Date"))
    if (std::optional<system_clock::time_point> sent = parse_http_date(*date)) now = *sent;
  return std::max(0.0, std::chrono::duration<double>(*until - now).count());
}

std::chrono::milliseconds backoff(const RetryPace& pace, int attempt, double jitter) {
  const int doublings = std::clamp(attempt - 1, 0, 30);
  const double full = std::min(static_cast<double>(pace.first.count()) * std::ldexp(1.0, doublings),
                               static_cast<double>(pace.longest.count()));
  return std::chrono::milliseconds(std::llround(full * (1.0 - std::clamp(jitter, 0.0, 1.0) / 2)));
}

}  // namespace lockstep
