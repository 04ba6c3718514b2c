// An HTTP proxy on loopback: CONNECT tunnels, and plain requests with a whole URL, which it answers itself.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/faults/stream.h"

namespace lockstep::testing {

class TunnelProxy {
 public:
  // What it answers to CONNECT instead of building the tunnel; empty: it builds it.
  explicit TunnelProxy(std::string refusal = {});
  ~TunnelProxy();
  TunnelProxy(const TunnelProxy&) = delete;
  TunnelProxy& operator=(const TunnelProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<std::string> heads() const;  // of the requests made to the proxy itself

 private:
  struct Side {
    std::unique_ptr<Stream> near;
    std::unique_ptr<Stream> far;
    std::jthread thread;
  };
  void accept_all(const std::stop_token& stop);
  void serve(Side& side);

  std::string refusal_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::list<Side> sides_;
  std::jthread acceptor_;
};

}  // namespace lockstep::testing
