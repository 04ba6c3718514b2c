// TLS as Lockstep wants it: 1.2 or newer, the chain and the host's name verified, on loopback too; the system's CAs and
// those of a file. There is no switch that turns any of it off.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/StreamSocket.h>
#include <map>
#include <mutex>
#include <string>

#include "engines/workspace/http.h"
#include "engines/workspace/http_url.h"

namespace lockstep {

struct Secured {
  std::optional<Poco::Net::StreamSocket> stream;
  std::string certificate_expiry;  // RFC 3339
  HttpFailure failure;             // without a stream
};

// Thread-safe. One context a CA file, made on first use (reading the system's CAs takes 23 ms) and kept by the process.
class Tls {
 public:
  static Tls& shared();
  // The handshake on a connected socket; blocks until done or until a Watch shuts the socket down.
  Secured secure(const Poco::Net::StreamSocket& plain, const HttpUrl& url, const std::string& ca_file);

 private:
  Tls();
  Poco::Net::Context::Ptr context(const std::string& ca_file);
  std::mutex mutex_;
  std::map<std::string, Poco::Net::Context::Ptr> contexts_;
};

}  // namespace lockstep
