#include "tests/faults/tunnel_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <stdexcept>

namespace lockstep::testing {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

void pass_on(Stream& from, Stream& to) {
  while (true) {
    const std::string bytes = from.read();
    if (bytes.empty() || !to.write(bytes)) break;
  }
  to.shut();
}

}  // namespace

TunnelProxy::TunnelProxy(std::string refusal) : refusal_(std::move(refusal)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port of loopback for the test");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
}

TunnelProxy::~TunnelProxy() {
  acceptor_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  std::lock_guard lock(mutex_);
  for (Side& side : sides_) {
    side.near->shut();
    if (side.far) side.far->shut();
  }
  for (Side& side : sides_) side.thread.join();
}

std::vector<std::string> TunnelProxy::heads() const {
  std::lock_guard lock(mutex_);
  return heads_;
}

void TunnelProxy::accept_all(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    std::lock_guard lock(mutex_);
    Side& side = sides_.emplace_back();
    side.near = std::make_unique<Stream>(fd);
    side.thread = std::jthread([this, &side] { serve(side); });
  }
}

void TunnelProxy::serve(Side& side) {
  Stream* far = nullptr;
  while (far == nullptr) {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const std::string more = side.near->read(1);
      if (more.empty()) return;
      head += more;
    }
    const bool connect = head.starts_with("CONNECT ");
    {
      std::lock_guard lock(mutex_);
      heads_.push_back(head);
    }
    if (!refusal_.empty()) {
      side.near->write(refusal_);
      side.near->finish();
      return;
    }
    if (!connect) {
      side.near->write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
      continue;
    }
    const auto port = static_cast<std::uint16_t>(std::stoi(head.substr(head.find(':') + 1)));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);  // wherever the name points
    auto made = std::make_unique<Stream>(fd);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return;
    far = made.get();
    std::lock_guard lock(mutex_);
    side.far = std::move(made);
  }
  side.near->write("HTTP/1.1 200 Connection established\r\n\r\n");
  std::jthread back([&] { pass_on(*far, *side.near); });
  pass_on(*side.near, *far);
}

}  // namespace lockstep::testing
