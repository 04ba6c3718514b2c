#include "tests/faults/hostile_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace lockstep::testing {

namespace {

int bound_socket(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port of loopback for the test");
  port = ntohs(address.sin_port);
  return fd;
}

// A write to a peer that is gone must not end the process; a client under test has to see to itself.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

// False when the connection is over.
bool perform(const Script& script, Stream& stream, const std::stop_token& stop) {
  for (const Wire& wire : script) {
    switch (wire.what) {
      case Wire::Do::send:
        if (!stream.write(wire.bytes)) return false;
        break;
      case Wire::Do::plain:
        if (!stream.write_plain(wire.bytes)) return false;
        break;
      case Wire::Do::drip:
        for (char byte : wire.bytes)
          if (!stream.write({&byte, 1}) || stream.hung_up() || !sleep_for(wire.time, stop)) return false;
        break;
      case Wire::Do::wait:
        if (!sleep_for(wire.time, stop)) return false;
        break;
      case Wire::Do::hear:
        if (stream.peek_plain(1).empty()) return false;
        break;
      case Wire::Do::stall:
        while (!stream.hung_up() && sleep_for(std::chrono::milliseconds(5), stop)) {
        }
        return false;
      case Wire::Do::reset:
        stream.reset();
        return false;
      case Wire::Do::finish:
        stream.finish();
        return false;
      case Wire::Do::cut:
        stream.finish_rudely();
        return false;
    }
  }
  return true;
}

struct Head {
  std::size_t body = 0;
  bool well_formed = false;
};

Head parse_head(std::string_view text, ServedRequest& request) {
  Head head;
  const std::size_t end = text.find("\r\n");
  const std::string_view first = text.substr(0, end);
  const std::size_t a = first.find(' '), b = first.rfind(' ');
  if (a == std::string_view::npos || b <= a) return head;
  request.method = first.substr(0, a);
  request.target = first.substr(a + 1, b - a - 1);
  text.remove_prefix(end + 2);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find("\r\n"));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return head;
    request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    text.remove_prefix(std::min(line.size() + 2, text.size()));
  }
  if (const std::string length = request.header("Content-Length"); !length.empty()) head.body = std::stoul(length);
  head.well_formed = true;
  return head;
}

}  // namespace

std::string ServedRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) return value;
  return {};
}

std::string reply_text(const Reply& reply) {
  std::string text = fmt::format("HTTP/1.1 {} Test\r\n", reply.status);
  for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (reply.close) text += "Connection: close\r\n";
  if (!reply.chunked) return text + fmt::format("Content-Length: {}\r\n\r\n", reply.body.size()) + reply.body;
  text += "Transfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < reply.body.size(); at += reply.chunk) {
    const std::string part = reply.body.substr(at, reply.chunk);
    text += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
  }
  return text + "0\r\n\r\n";
}

HostileServer::HostileServer(ServerSetup setup) : setup_(std::move(setup)) {
  if (setup_.tls) context_ = server_context(setup_.certificate, setup_.newest_tls);
  listener_ = bound_socket(port_);
  ::listen(listener_, 512);
  acceptor_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
}

HostileServer::~HostileServer() {
  acceptor_.request_stop();
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (Open& one : open_) {
    one.thread.request_stop();
    one.stream->shut();
  }
  open_.clear();
}

void HostileServer::refuse_connections() {
  refusing_ = true;
  ::shutdown(listener_, SHUT_RDWR);
}

std::string HostileServer::url(std::string_view target, std::string_view host) const {
  return fmt::format("{}://{}:{}{}", setup_.tls ? "https" : "http", host, port_, target);
}

int HostileServer::executed(std::string_view part) const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(std::count_if(executed_.begin(), executed_.end(), [&](const std::string& target) {
    return target.find(part) != std::string::npos;
  }));
}

void HostileServer::accept_all(const std::stop_token& stop) {
  block_sigpipe();
  while (!stop.stop_requested()) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && refusing_) return;
    if (fd < 0) continue;
    std::erase_if(open_, [](const Open& one) { return one.over.load(); });
    const int number = ++accepted_;
    const int now = ++open_now_;
    most_open_ = std::max(most_open_.load(), now);
    Open& one = open_.emplace_back();
    one.stream = std::make_unique<Stream>(fd);
    one.thread = std::jthread([this, &one, number](const std::stop_token& ended) {
      block_sigpipe();
      serve(*one.stream, number, ended);
      --open_now_;
      one.stream->close();
      one.over = true;
    });
  }
}

void HostileServer::serve(Stream& stream, int connection, const std::stop_token& stop) {
  const Ambush ambush = setup_.ambush ? setup_.ambush(connection) : Ambush{};
  if (ambush.where == Ambush::Where::accept && !perform(ambush.script, stream, stop)) return;
  if (setup_.tls) {
    if (ambush.where == Ambush::Where::handshake) {
      stream.peek_plain(1);
      if (!perform(ambush.script, stream, stop)) return;
    }
    if (!stream.accept_tls(context_.get())) return;
    ++handshakes_;
  }
  std::string bytes;
  for (int count = 1; !stop.stop_requested(); ++count) {
    ServedRequest request;
    request.connection = connection;
    request.on_connection = count;
    std::size_t end = std::string::npos;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
      const std::string more = stream.read();
      if (more.empty()) return;
      bytes += more;
    }
    const Head head = parse_head(std::string_view(bytes).substr(0, end + 2), request);
    if (!head.well_formed) return;
    bytes.erase(0, end + 4);
    const bool ambushed = ambush.where == Ambush::Where::request_body;
    const std::size_t wanted = ambushed ? head.body / 2 : head.body;
    while (bytes.size() < wanted) {
      const std::string more = stream.read();
      if (more.empty()) return;
      bytes += more;
    }
    if (ambushed && !perform(ambush.script, stream, stop)) return;
    request.body = bytes.substr(0, head.body);
    bytes.erase(0, head.body);
    request.number = ++number_;
    {
      std::lock_guard lock(mutex_);
      executed_.push_back(request.target);
    }
    Reply reply;
    reply.body = "{}";
    if (setup_.handler) reply = setup_.handler(request);
    if (setup_.latency.count() > 0 && !sleep_for(setup_.latency, stop)) return;
    if (!reply.script.empty()) {
      if (!perform(reply.script, stream, stop)) return;
    } else if (!stream.write(reply_text(reply))) {
      return;
    }
    if (reply.close) {
      stream.finish();
      return;
    }
  }
}

RefusingPort::RefusingPort() {
  fd_ = bound_socket(port_);  // bound, so that no other takes it; not listening
}

RefusingPort::~RefusingPort() {
  ::close(fd_);
}

BlackHole::BlackHole() {
  fd_ = bound_socket(port_);
  ::listen(fd_, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  for (int k = 0; k < 4; ++k) {
    fill_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    [[maybe_unused]] const int under_way =
        ::connect(fill_.back(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    pollfd asked{fill_.back(), POLLOUT, 0};
    if (::poll(&asked, 1, 20) < 0) break;
  }
}

BlackHole::~BlackHole() {
  for (int fd : fill_) ::close(fd);
  ::close(fd_);
}

}  // namespace lockstep::testing
