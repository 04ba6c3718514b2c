#include "engines/workspace/http/connector.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <fmt/format.h>
#include <poll.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "engines/workspace/http/resolver.h"
#include "engines/workspace/http/response_reader.h"

namespace lockstep {

namespace {

using Kind = HttpFailure::Kind;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// No address of several gets longer than this: one that swallows packets must not use up the time of the next.
constexpr milliseconds kLongestTry{5'000};

HttpFailure failed(Kind kind, std::string detail) {
  HttpFailure failure;
  failure.kind = kind;
  failure.detail = std::move(detail);
  return failure;
}

// Waits until the connection stands. Gives the error number; ETIMEDOUT at `until`.
int await(int fd, std::optional<SteadyTime> until) {
  pollfd asked{fd, POLLOUT, 0};
  while (true) {
    int wait = -1;
    if (until) {
      auto left = std::chrono::ceil<milliseconds>(*until - Clock::now()).count();
      wait = static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
    }
    int ready = ::poll(&asked, 1, wait);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int code = 0;
    socklen_t size = sizeof(code);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) return errno;
    // A watch that shuts a connecting socket down leaves no error behind.
    return code == 0 && (asked.revents & POLLHUP) != 0 ? ECONNABORTED : code;
  }
}

struct Dialled {
  std::optional<Poco::Net::StreamSocket> socket;
  int error = 0;
};

Dialled dial(const SocketAddress& address, std::optional<SteadyTime> until, Watch& watch) {
  Dialled made;
  Poco::Net::StreamSocket socket;
  try {
    socket.connectNB(Poco::Net::SocketAddress(reinterpret_cast<const sockaddr*>(&address.bytes), address.size));
    const int fd = socket.impl()->sockfd();
    watch.guard(fd);
    made.error = await(fd, until);
    // Left guarded on success only: the number of a closed socket is given to another.
    if (made.error != 0 || watch.over() != Watch::Over::no) {
      watch.release();
      if (made.error == 0) made.error = ECONNABORTED;
      return made;
    }
    socket.setBlocking(true);
    socket.setNoDelay(true);
    made.socket = socket;
  } catch (const Poco::Exception& broken) {
    watch.release();
    made.error = broken.code() != 0 ? broken.code() : ECONNREFUSED;
  }
  return made;
}

std::string reason(int error) {
  return error == ETIMEDOUT ? "no answer" : std::generic_category().message(error);
}

// Asks the proxy for a tunnel to the host. Empty when it stands.
std::string tunnel(const Destination& to, const Poco::Net::StreamSocket& socket) {
  Connection connection(socket, socket, {});
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", to.url.host_port());
  if (!to.user_agent.empty()) request += fmt::format("User-Agent: {}\r\n", to.user_agent);
  if (!to.proxy->authorization.empty()) request += fmt::format("Proxy-Authorization: {}\r\n", to.proxy->authorization);
  request += "\r\n";
  const std::string peer = fmt::format("the proxy {}", to.proxy->url.host_port());
  if (std::string why = connection.write(request); !why.empty()) return fmt::format("{} broke off: {}", peer, why);
  Received answer = ResponseReader(connection, peer).receive_head();
  if (!answer.response) return answer.failure.detail;
  const int status = answer.response->status;
  if (status / 100 == 2) {
    connection.keep_open();
    return {};
  }
  return fmt::format("{} refused the way to {} with status {}{}", peer, to.url.host_port(), status,
                     status == 407 ? ": it wants a user and a password, as in http://USER:PASSWORD@HOST:PORT" : "");
}

}  // namespace

Connected connect(const Destination& destination, Tls& tls, Watch& watch) {
  Connected made;
  const HttpUrl& first = destination.proxy ? destination.proxy->url : destination.url;
  const std::string called = destination.proxy ? "the proxy " + first.host_port() : first.host_port();
  auto give_up = [&](Kind kind, std::string detail) {
    made.failure = failed(destination.proxy ? Kind::connect : kind, std::move(detail));
    return std::move(made);
  };
  Resolved found = resolve(first.host, first.port, watch);
  if (found.addresses.empty())
    return give_up(Kind::resolve, fmt::format("the name '{}' has no address: {}", first.host, found.failure));

  std::optional<Poco::Net::StreamSocket> plain;
  int error = 0;
  for (std::size_t at = 0; at < found.addresses.size() && !plain && watch.over() == Watch::Over::no; ++at) {
    const auto left = static_cast<int>(found.addresses.size() - at);
    std::optional<SteadyTime> until = watch.call().deadline;
    if (left > 1) {
      const auto now = Clock::now();
      const auto share = until ? std::min<Clock::duration>((*until - now) / left, kLongestTry) : kLongestTry;
      until = now + share;
    }
    Dialled dialled = dial(found.addresses[at], until, watch);
    plain = dialled.socket;
    // "Connection refused" says more than what another address of the same host gave.
    if (error != ECONNREFUSED) error = dialled.error;
  }
  if (!plain) {
    const bool refused = error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH;
    return give_up(refused ? Kind::refused : Kind::connect,
                   fmt::format("no connection to {}: {}", called, reason(error)));
  }
  std::string expiry;
  Poco::Net::StreamSocket stream = *plain;
  if (destination.url.tls) {
    if (destination.proxy) {
      if (std::string why = tunnel(destination, *plain); !why.empty()) {
        watch.release();
        return give_up(Kind::connect, std::move(why));
      }
    }
    made.handshake = true;
    Secured secured = tls.secure(*plain, destination.url, destination.ca_file);
    if (!secured.stream) {
      watch.release();
      made.failure = std::move(secured.failure);
      return made;
    }
    stream = *secured.stream;
    expiry = std::move(secured.certificate_expiry);
  }
  made.connection = std::make_unique<Connection>(*plain, stream, std::move(expiry));
  return made;
}

}  // namespace lockstep
