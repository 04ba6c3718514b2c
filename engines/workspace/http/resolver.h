// Names to addresses within a deadline.
#pragma once

#include <sys/socket.h>
#include <string>
#include <vector>

#include "engines/workspace/http/watch.h"

namespace lockstep {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

struct Resolved {
  std::vector<SocketAddress> addresses;  // in the order of the system (RFC 6724)
  std::string failure;                   // why there are none; empty when the watch is over
};

// getaddrinfo() can neither be stopped nor be given a time, so it runs on a thread of its own, which is abandoned when
// the watch is over first: it holds nothing but its own copy of the question. Addresses are not looked up.
Resolved resolve(const std::string& host, std::uint16_t port, const Watch& watch);

}  // namespace lockstep
