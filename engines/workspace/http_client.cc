#include "engines/workspace/http_client.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>

#include "engines/workspace/retry.h"

namespace lockstep {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// With less time left than this, another attempt cannot end well.
constexpr milliseconds kTooLate{20};
constexpr milliseconds kPatienceOfOurs{1'000};

double random_share() {
  static thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

// False when the call was stopped meanwhile.
bool pause(const Call& call, milliseconds wait) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, call.stop, wait, [] { return false; });
  return !call.stopped();
}

std::string reason(const HttpAnswer& answer) {
  if (!answer.response) return answer.failure.detail;
  if (answer.throttled) return fmt::format("throttled by the server (status {})", answer.response->status);
  return fmt::format("the server answered with status {}", answer.response->status);
}

// How long to wait before the next attempt; absent when there is no time for one.
struct Wait {
  std::optional<milliseconds> wait;
  std::optional<double> asked;  // by Retry-After, and too long
};

Wait wait_for(const HttpAnswer& answer, const RetryPace& pace, SteadyTime end, double jitter) {
  const milliseconds left = std::chrono::floor<milliseconds>(end - Clock::now());
  if (left <= kTooLate) return {};
  const std::optional<double> asked =
      answer.response ? retry_after(*answer.response, std::chrono::system_clock::now()) : std::nullopt;
  if (asked) {
    // Never sooner; a little later, so that not everyone comes back at the same moment.
    double least = std::ceil(*asked * 1000);
    if (least >= static_cast<double>((left - kTooLate).count())) return {std::nullopt, asked};
    // "Retry-After: 0" again and again must not become a storm, not even shortly before the deadline.
    const milliseconds own = std::min({backoff(pace, answer.attempts, jitter), kPatienceOfOurs, left / 2});
    least = std::max(least, static_cast<double>(own.count()));
    const auto spread = std::min<double>({least / 10, 1000, static_cast<double>((left - kTooLate).count()) - least});
    return {milliseconds(std::llround(least + spread * jitter)), std::nullopt};
  }
  // A connection that was used before and is dead says nothing about the server.
  if (!answer.response && answer.failure.reused && answer.attempts == 1) return {milliseconds(0), std::nullopt};
  milliseconds wait = backoff(pace, answer.attempts, jitter);
  // Until the deadline means until the deadline: the last waits become shorter.
  if (wait >= left - kTooLate) wait = left / 2;
  return {wait, std::nullopt};
}

}  // namespace

HttpClient::HttpClient(std::shared_ptr<HttpTransport> transport, RetryPace pace)
    : transport_(std::move(transport)), pace_(std::move(pace)) {}

HttpAnswer HttpClient::send(const HttpRequest& request, RequestClass what, const Call& call, const OnWait& on_wait) {
  const SteadyTime end = call.deadline ? *call.deadline : Clock::now() + pace_.without_deadline;
  HttpAnswer answer;
  std::string before;  // why there was another attempt
  while (true) {
    HttpResult result = transport_->send(request, call);
    ++answer.attempts;
    answer.response = std::move(result.response);
    answer.failure = std::move(result.failure);
    answer.peer_certificate_expiry = std::move(result.peer_certificate_expiry);
    const RetryRule rule = answer.response ? rule_for(what, *answer.response) : rule_for(what, answer.failure);
    answer.may_have_run = rule.may_have_run;
    answer.throttled = answer.response && rule.again == RetryRule::Again::deadline;
    // The attempt in which the time ran out says less than the one before it.
    if (!answer.response && answer.failure.kind == HttpFailure::Kind::timeout && !before.empty())
      answer.failure.detail += "; before that: " + before;
    if (rule.again == RetryRule::Again::no) return answer;
    if (rule.again == RetryRule::Again::some && answer.attempts >= pace_.max_attempts_idempotent) return answer;

    const Wait next = wait_for(answer, pace_, end, pace_.jitter ? pace_.jitter() : random_share());
    answer.throttled_for = next.asked;
    if (!next.wait) {
      // Too late for another attempt, and still a little early: whoever asks the call shall see that it is over.
      if (!next.asked && call.deadline) (void)pause(call, std::chrono::ceil<milliseconds>(end - Clock::now()));
      return answer;
    }
    before = reason(answer);
    if (on_wait && next.wait->count() > 0)
      on_wait(before, *next.wait,
              rule.again == RetryRule::Again::deadline
                  ? std::optional(std::chrono::ceil<milliseconds>(end - Clock::now()))
                  : std::nullopt);
    if (!pause(call, *next.wait)) {
      answer.failure = {HttpFailure::Kind::cancelled, false, false,
                        "cancelled while waiting to send the request again: " + before};
      answer.response.reset();
      return answer;
    }
  }
}

}  // namespace lockstep
