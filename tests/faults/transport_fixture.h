// What the tests of the transport share.
#pragma once

#include <gtest/gtest.h>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engines/workspace/http/transport.h"
#include "tests/faults/hostile_server.h"

namespace lockstep::testing {

using Kind = HttpFailure::Kind;
using Do = Wire::Do;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kGrace{250};

inline HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.ca_file = ca_file();
  return request;
}

inline HttpRequest post(const std::string& url, std::string body = R"({"statement": "SELECT 1"})") {
  HttpRequest request = get(url);
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

inline Call within(milliseconds time) {
  Call call;
  call.deadline = Clock::now() + time;
  return call;
}

inline ServerSetup serving(bool tls, std::function<Reply(const ServedRequest&)> handler = nullptr) {
  ServerSetup setup;
  setup.tls = tls;
  setup.handler = std::move(handler);
  return setup;
}

inline int status_of(const HttpResult& result) {
  EXPECT_TRUE(result.response) << result.failure.detail;
  return result.response ? result.response->status : 0;
}

// On plain and TLS alike.
class Transport : public ::testing::TestWithParam<bool> {
 protected:
  static bool tls() { return GetParam(); }
  std::unique_ptr<HttpTransport> transport_ = make_poco_transport({});
  HttpResult send(const HttpRequest& request, milliseconds time = milliseconds(5'000)) {
    return transport_->send(request, within(time));
  }
};

inline std::string wire_name(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "tls" : "plain";
}

}  // namespace lockstep::testing
