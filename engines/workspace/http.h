// One HTTP exchange with a workspace, and the seam where a test puts a fake. No Poco here: the real transport
// (http/transport.h) lies in a module of its own that is opened on first use (http_module.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engines/call.h"

namespace lockstep {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// Names of headers are compared without regard to ASCII case.
bool same_header_name(std::string_view a, std::string_view b);

// For a request whose answer is worth having although the call is over: it tells what to cancel. Once the request is on
// its way, a stop or the deadline leaves the exchange open for `time` more; before that they end it as ever. `began` is
// told of it at once, from another thread: it must not block. A stop of `enough` ends the exchange. All of them are
// done with when send() returns.
struct HttpLinger {
  std::chrono::milliseconds time{0};
  std::function<void()> began;
  std::stop_token enough;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute, http or https; path and query already percent-encoded
  HttpHeaders headers;
  std::string body;
  std::string ca_file;                              // PEM, beside the system's CAs; empty: only those
  std::uint64_t max_response_bytes = 64ULL << 20U;  // of the body as decoded; more is Kind::too_large
  std::optional<HttpLinger> linger;
  // An Authorization header or another that holds a secret, or the body of an OAuth token request. Such a request
  // never goes over http to another host than loopback.
  [[nodiscard]] bool carries_credentials() const;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;  // complete and decoded: every announced byte was received
  // The first header of that name, without regard to case; absent when there is none.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

// Why there is no complete response. `sent` says whether any byte of the request may have reached the server: only
// when it is false is it certain that nothing was executed.
struct HttpFailure {
  enum class Kind {
    bad_url,      // cannot be sent: not a URL, a line break in a header, credentials over http beyond loopback
    resolve,      // the host's name has no address
    refused,      // connection refused, no route
    connect,      // the connection could not be made for another reason (proxy included)
    certificate,  // TLS: the peer's certificate was not accepted
    handshake,    // TLS: the handshake failed otherwise
    closed,       // the peer closed or reset the connection before the response was complete
    cut,          // the body ended before its announced length or its last chunk
    garbage,      // what came is no HTTP
    too_large,
    timeout,    // the deadline of the Call passed
    cancelled,  // the Call was stopped
  };
  Kind kind = Kind::closed;
  bool sent = false;
  bool reused = false;  // on a connection that had served a request before: it may have been dead already
  std::string detail;   // for people: "127.0.0.1:8443 closed the connection after 10 of 100 bytes of the body"
};

struct HttpResult {
  std::optional<HttpResponse> response;
  HttpFailure failure;                  // meaningful without a response
  std::string peer_certificate_expiry;  // for doctor; RFC 3339, UTC; empty on plain connections
};

struct TransportFigures {
  std::uint64_t connections_opened = 0;
  std::uint64_t handshakes = 0;  // TLS
  std::uint64_t requests = 0;
};

// Thread-safe. Sends the request once: no retry, no redirect, no hidden second attempt. Returns within the Call's
// deadline (DNS to the last byte) plus 250 ms, and what HttpRequest::linger adds; keeps connections alive and reuses
// them, last used first.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual HttpResult send(const HttpRequest& request, const Call& call) = 0;
  [[nodiscard]] virtual TransportFigures figures() const = 0;
};

}  // namespace lockstep
