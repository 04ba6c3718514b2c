// A transport with the retry policy (retry.h) around it: what every REST resource uses.
// Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "engines/workspace/http.h"

namespace lockstep {

// What may be sent twice. idempotent: GETs, token requests, cancel, close, start. submit: a statement that would run
// twice; it is retried only where it is certain that nothing ran.
enum class RequestClass { idempotent, submit };

// What the last attempt gave. When the deadline passes while the client waits for the next one, that is the refusal or
// the throttling that it waited for, which says more than "timeout"; call.expired() tells the other half.
struct HttpAnswer {
  std::optional<HttpResponse> response;  // any status; the last one received
  HttpFailure failure;                   // meaningful without a response
  int attempts = 0;
  std::string peer_certificate_expiry;  // of the last response; see HttpResult
  // For submits: the request may have been executed although no usable response came. True for a failure after bytes
  // were sent, and for 5xx other than 503 with Retry-After. (A 2xx body that cannot be parsed is for the caller to
  // see.)
  bool may_have_run = false;
  // Set when the policy gave up because Retry-After lies beyond the deadline: seconds asked for.
  std::optional<double> throttled_for;
  // 429, or 503 with Retry-After: in `response`, or the last thing heard before the deadline or a stop.
  bool throttled = false;
};

// How long the client waits between attempts, and the seams for tests.
struct RetryPace {
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{30'000};
  int max_attempts_idempotent = 6;  // where the policy says "some" (retry.h)
  // Throttled requests and refused submits are retried until the deadline of the call; without one, for so long.
  std::chrono::milliseconds without_deadline{300'000};
  std::function<double()> jitter;  // 0..1; null: random
};

class HttpClient {
 public:
  explicit HttpClient(std::shared_ptr<HttpTransport> transport, RetryPace pace = {});
  // Told before each wait: why, for how long, and how long it is tried at most (nothing: a few times). May be null.
  // Called from the sending thread.
  using OnWait = std::function<void(std::string_view why, std::chrono::milliseconds wait,
                                    std::optional<std::chrono::milliseconds> left)>;
  HttpAnswer send(const HttpRequest& request, RequestClass what, const Call& call, const OnWait& on_wait = nullptr);
  [[nodiscard]] HttpTransport& transport() { return *transport_; }

 private:
  std::shared_ptr<HttpTransport> transport_;
  RetryPace pace_;
};

}  // namespace lockstep
