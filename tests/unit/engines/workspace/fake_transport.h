// An HttpTransport without a network: answers come from a handler or from a list, requests are kept.
// Thread-safe. What is asked for and not answered is a failure of the test, not a hang.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engines/workspace/http.h"

namespace lockstep::testing {

inline HttpResult answer(int status, std::string body = {}, HttpHeaders headers = {}) {
  HttpResult result;
  result.response = HttpResponse{status, std::move(headers), std::move(body)};
  return result;
}

inline HttpResult answer_json(std::string body, int status = 200) {
  return answer(status, std::move(body), {{"Content-Type", "application/json"}});
}

inline HttpResult failure(HttpFailure::Kind kind, bool sent = false, std::string detail = "made by the test") {
  HttpResult result;
  result.failure.kind = kind;
  result.failure.sent = sent;
  result.failure.detail = std::move(detail);
  return result;
}

class FakeTransport : public HttpTransport {
 public:
  struct Seen {
    HttpRequest request;
    SteadyTime at;
  };
  using Handler = std::function<HttpResult(const HttpRequest& request, const Call& call)>;

  FakeTransport() = default;
  explicit FakeTransport(Handler handler) : handler_(std::move(handler)) {}

  // Answers are given in this order; when they are used up, the handler is asked.
  FakeTransport& then(HttpResult result) {
    std::lock_guard lock(mutex_);
    script_.push_back(std::move(result));
    return *this;
  }

  // For handlers that look at what was seen.
  void handle(Handler handler) {
    std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }

  // As the real one: a call that is over already sends nothing.
  HttpResult send(const HttpRequest& request, const Call& call) override {
    if (call.stopped()) return failure(HttpFailure::Kind::cancelled);
    if (call.expired()) return failure(HttpFailure::Kind::timeout);
    Handler handler;
    {
      std::lock_guard lock(mutex_);
      seen_.push_back({request, std::chrono::steady_clock::now()});
      if (!script_.empty()) {
        HttpResult next = std::move(script_.front());
        script_.pop_front();
        return next;
      }
      handler = handler_;
    }
    if (handler) return handler(request, call);
    ADD_FAILURE() << "no answer is scripted for " << request.method << " " << request.url;
    return failure(HttpFailure::Kind::garbage, true, "no answer is scripted");
  }

  [[nodiscard]] TransportFigures figures() const override {
    std::lock_guard lock(mutex_);
    TransportFigures figures;
    figures.requests = seen_.size();
    return figures;
  }

  [[nodiscard]] std::vector<Seen> seen() const {
    std::lock_guard lock(mutex_);
    return seen_;
  }
  // How many requests were made with that method to a URL that holds `part`.
  [[nodiscard]] std::size_t count(std::string_view method, std::string_view part = {}) const {
    std::lock_guard lock(mutex_);
    std::size_t number = 0;
    for (const Seen& one : seen_)
      if (one.request.method == method && one.request.url.find(part) != std::string::npos) ++number;
    return number;
  }

 private:
  mutable std::mutex mutex_;
  Handler handler_;
  std::deque<HttpResult> script_;
  std::vector<Seen> seen_;
};

}  // namespace lockstep::testing
