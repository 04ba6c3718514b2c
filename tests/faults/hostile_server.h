// An HTTP/1.1 server on loopback, inside the test, that does what a test wants: answers by a handler, late or never,
// in pieces, cut, or not as HTTP at all; plain or TLS. One thread a connection. Handlers run on those threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/faults/certificates.h"
#include "tests/faults/stream.h"

namespace lockstep::testing {

struct ServedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int connection = 0;                                             // the how-manieth of the server, from 1
  int on_connection = 0;                                          // the how-manieth request on it, from 1
  int number = 0;                                                 // the how-manieth of the server, from 1
  [[nodiscard]] std::string header(std::string_view name) const;  // empty when there is none
};

// One thing that is done to a connection.
struct Wire {
  enum class Do {
    send,    // bytes, over TLS where there is TLS
    drip,    // bytes, one at a time with `time` between them
    wait,    // for `time`
    hear,    // until the first byte comes, under TLS; reads nothing
    stall,   // until the peer goes away
    reset,   // RST
    finish,  // FIN; over TLS with its closing alert
    cut,     // FIN; over TLS without it
    plain,   // bytes, under TLS
  };
  Do what = Do::send;
  std::string bytes;
  std::chrono::milliseconds time{0};
};
using Script = std::vector<Wire>;

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool chunked = false;  // in chunks of `chunk` bytes instead of with a Content-Length
  std::size_t chunk = 4096;
  bool close = false;  // the connection, behind the answer
  Script script;       // done instead of all of the above when it is not empty
};
std::string reply_text(const Reply& reply);

// What is done to a connection before a request is served.
struct Ambush {
  enum class Where {
    nowhere,
    accept,        // before a byte is read (a reset may then meet the client while it still connects: hear first)
    handshake,     // TLS: when the ClientHello has come
    request_body,  // when the headers and half of the body have come; the request is not executed
  };
  Where where = Where::nowhere;
  Script script;
};

struct ServerSetup {
  std::function<Reply(const ServedRequest&)> handler;  // null: 200 and {}
  bool tls = false;
  Certificate certificate = Certificate::good;
  int newest_tls = 0;
  std::chrono::milliseconds latency{0};          // before each answer
  std::function<Ambush(int connection)> ambush;  // null: none
};

class HostileServer {
 public:
  explicit HostileServer(ServerSetup setup);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view target = "/", std::string_view host = "127.0.0.1") const;
  // From now on a new connection is refused; those that are open stay.
  void refuse_connections();

  // How many requests came whole and were given to the handler; with `part`, those whose target holds it.
  [[nodiscard]] int executed(std::string_view part = {}) const;
  [[nodiscard]] int connections() const { return accepted_; }
  [[nodiscard]] int handshakes() const { return handshakes_; }
  [[nodiscard]] int most_at_once() const { return most_open_; }  // connections

 private:
  struct Open {
    std::unique_ptr<Stream> stream;
    std::jthread thread;
    std::atomic<bool> over = false;
  };
  void accept_all(const std::stop_token& stop);
  void serve(Stream& stream, int connection, const std::stop_token& stop);

  ServerSetup setup_;
  ServerContext context_{nullptr, SSL_CTX_free};
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> refusing_ = false;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> handshakes_ = 0;
  std::atomic<int> open_now_ = 0;
  std::atomic<int> most_open_ = 0;
  std::atomic<int> number_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> executed_;  // targets
  std::list<Open> open_;
  std::jthread acceptor_;
};

// A port of loopback where nobody listens: a connection is refused.
class RefusingPort {
 public:
  RefusingPort();
  ~RefusingPort();
  RefusingPort(const RefusingPort&) = delete;
  RefusingPort& operator=(const RefusingPort&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

// A port of loopback that answers no SYN: its queue is full.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_ = -1;
  std::vector<int> fill_;
  std::uint16_t port_ = 0;
};

}  // namespace lockstep::testing
