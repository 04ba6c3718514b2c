// When a request is sent again: a table of request class x what came of it. Pure functions.
//
// A submit has no idempotency key, so it is sent again only where nothing can have run. Source of the classes:
// databricks documents Retry-After on 429 and 503 only; a 5xx without it may come from a gateway that had passed the
// request on.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "engines/workspace/http_client.h"

namespace lockstep {

struct RetryRule {
  enum class Again {
    no,
    some,      // up to RetryPace::max_attempts_idempotent attempts
    deadline,  // until the call's deadline: the server asks for patience, or is not there yet
  };
  Again again = Again::no;
  bool may_have_run = false;  // what is said when it ends here
};

RetryRule rule_for(RequestClass what, const HttpFailure& failure);
RetryRule rule_for(RequestClass what, const HttpResponse& response);

// Retry-After (RFC 9110 10.2.3) in seconds: a number, or a date held against the answer's own Date, else against
// `now`. Absent without the header or when it is neither; a date that has passed is 0.
std::optional<double> retry_after(const HttpResponse& response, std::chrono::system_clock::time_point now);

// IMF-fixdate, and the two obsolete forms of RFC 9110 5.6.7.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

// Before attempt number `attempt` + 1: first * 2^(attempt - 1), at most `longest`, of which `jitter` (0..1) takes up
// to half away.
std::chrono::milliseconds backoff(const RetryPace& pace, int attempt, double jitter);

}  // namespace lockstep
