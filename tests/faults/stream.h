// The server's side of one connection, plain or TLS, on raw sockets.
#pragma once

#include <openssl/ssl.h>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace lockstep::testing {

class Stream {
 public:
  explicit Stream(int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool accept_tls(SSL_CTX* context);
  // Up to `most` bytes; empty at the end, and after a reset.
  std::string read(std::size_t most = 64 * 1024);
  std::string peek_plain(std::size_t most);  // what has come, without TLS; waits for the first byte
  bool write(std::string_view bytes);
  bool write_plain(std::string_view bytes);  // beside TLS: what no TLS server would say
  void reset();                              // closed with RST
  void finish();                             // FIN, after close_notify over TLS
  void finish_rudely();                      // FIN without close_notify
  void close();                              // at once, in order
  void shut();                               // from another thread: wakes what blocks
  [[nodiscard]] bool hung_up() const;        // the peer is gone

 private:
  std::mutex mutex_;  // of closing and shutting
  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
};

// False when stopped meanwhile.
bool sleep_for(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace lockstep::testing
