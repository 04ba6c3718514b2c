#include "tests/faults/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace lockstep::testing {

Stream::Stream(int fd) : fd_(fd) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Stream::~Stream() {
  close();
}

void Stream::close() {
  std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Stream::accept_tls(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  return ssl_ && SSL_set_fd(ssl_.get(), fd_) == 1 && SSL_accept(ssl_.get()) == 1;
}

std::string Stream::read(std::size_t most) {
  std::string bytes(most, '\0');
  long count = 0;
  if (ssl_) {
    count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(most));
  } else {
    do {
      count = ::recv(fd_, bytes.data(), most, 0);
    } while (count < 0 && errno == EINTR);
  }
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

std::string Stream::peek_plain(std::size_t most) {
  std::string bytes(most, '\0');
  const long count = ::recv(fd_, bytes.data(), most, MSG_PEEK);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

bool Stream::write(std::string_view bytes) {
  if (!ssl_) return write_plain(bytes);
  return bytes.empty() || SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

bool Stream::write_plain(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Stream::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close();
}

void Stream::finish() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  finish_rudely();
}

void Stream::finish_rudely() {
  // What the peer sent and nobody read would turn the FIN into a reset when the socket is closed.
  ::shutdown(fd_, SHUT_WR);
  char rest[4096];
  pollfd asked{fd_, POLLIN, 0};
  while (::poll(&asked, 1, 200) > 0 && ::recv(fd_, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
  }
}

void Stream::shut() {
  std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

bool Stream::hung_up() const {
  pollfd asked{fd_, POLLRDHUP, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

bool sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace lockstep::testing
