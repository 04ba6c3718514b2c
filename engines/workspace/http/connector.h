// Makes a connection: names to addresses, TCP, the proxy's tunnel, TLS; all under one Watch.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engines/workspace/http/connection.h"
#include "engines/workspace/http/proxy.h"
#include "engines/workspace/http/tls.h"
#include "engines/workspace/http/watch.h"

namespace lockstep {

struct Connected {
  std::unique_ptr<Connection> connection;
  HttpFailure failure;  // without a connection; `sent` is false: the request itself was not begun
  bool handshake = false;
};

struct Destination {
  HttpUrl url;
  std::optional<Proxy> proxy;
  std::string ca_file;
  std::string user_agent;
};

// Addresses are tried one after the other, each with a share of the time. On success the watch guards the connection.
// When the watch is over meanwhile, the failure is whatever broke: the caller asks the watch first.
Connected connect(const Destination& destination, Tls& tls, Watch& watch);

}  // namespace lockstep
