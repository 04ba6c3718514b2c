#include "runner/retry.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lockstep {

namespace {

// result-gone, result-incomplete: the statement ran, and another attempt would run it a second time.
constexpr std::array<std::string_view, 5> kNever{"cancelled", "timeout", "outcome-unknown", "result-gone",
                                                 "result-incomplete"};
constexpr std::array<std::string_view, 5> kPermanent{"internal-error", "step-not-needed", "journal-not-writable",
                                                     "sql-unknown-name", "sql-not-bound"};
// The classes of codes whose cause lies in the runbook or the catalog, and stays there.
constexpr std::array<std::string_view, 9> kPermanentEndings{
    "-invalid", "-unknown", "-not-found", "-missing", "-refused", "-syntax", "-denied", "-unsupported", "-unavailable"};

}  // namespace

bool worth_another_attempt(const RetryPolicy& policy, const Error& error, bool gate) {
  const std::string& code = error.code;
  if (std::find(kNever.begin(), kNever.end(), code) != kNever.end()) return false;
  if (!policy.on.empty()) return std::find(policy.on.begin(), policy.on.end(), code) != policy.on.end();
  if (gate || std::find(kPermanent.begin(), kPermanent.end(), code) != kPermanent.end()) return false;
  return std::none_of(kPermanentEndings.begin(), kPermanentEndings.end(),
                      [&code](std::string_view ending) { return code.ends_with(ending); });
}

Milliseconds wait_before(const RetryPolicy& policy, int next, std::minstd_rand& random) {
  auto wait = policy.backoff.count();
  for (int attempt = 2; attempt < next && wait < policy.max_backoff.count(); ++attempt) wait *= 2;
  wait = std::clamp<Milliseconds::rep>(wait, 0, std::max<Milliseconds::rep>(0, policy.max_backoff.count()));
  std::uniform_int_distribution<Milliseconds::rep> part(wait / 2, wait);
  return Milliseconds(part(random));
}

}  // namespace lockstep
