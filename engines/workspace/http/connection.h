// One TCP connection, plain or TLS. Blocking; a Watch ends what takes too long. Used by one thread at a time.
// Exceptions of Poco end here.
#pragma once

#include <Poco/Net/StreamSocket.h>
#include <chrono>
#include <optional>

#include "engines/workspace/http/bytes.h"

namespace lockstep {

class Connection : public ByteSource {
 public:
  // `plain` is the connected socket; `stream` is the TLS socket over it, or the same one.
  Connection(const Poco::Net::StreamSocket& plain, const Poco::Net::StreamSocket& stream,
             std::string certificate_expiry);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  ReadOutcome read(std::span<char> space) override;
  // Empty when all of it was taken by the system; else why not, for people.
  std::string write(std::string_view bytes);
  // Nothing to be read and not ended: what an idle connection must be to be used again.
  [[nodiscard]] bool quiet();
  [[nodiscard]] int fd() const { return fd_; }
  // The socket goes on without this object: for what is spoken before TLS.
  void keep_open() { shut_at_end_ = false; }
  [[nodiscard]] const std::string& certificate_expiry() const { return certificate_expiry_; }

  int served = 0;                                     // responses
  std::optional<std::chrono::seconds> server_closes;  // after so long idle, when the server said so (Keep-Alive)

 private:
  Poco::Net::StreamSocket plain_;
  Poco::Net::StreamSocket stream_;
  int fd_;
  bool shut_at_end_ = true;
  std::string certificate_expiry_;
};

// While alive, SIGPIPE does not reach this thread: OpenSSL writes without MSG_NOSIGNAL. The disposition of the process
// is not touched. One that comes meanwhile is taken away unless it was pending before.
class NoSigpipe {
 public:
  NoSigpipe();
  ~NoSigpipe();
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  bool was_pending_ = false;
  bool was_blocked_ = false;
};

}  // namespace lockstep
