#include "engines/workspace/http/connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <pthread.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>

namespace lockstep {

Connection::Connection(const Poco::Net::StreamSocket& plain, const Poco::Net::StreamSocket& stream,
                       std::string certificate_expiry)
    : plain_(plain),
      stream_(stream),
      fd_(plain_.impl()->sockfd()),
      certificate_expiry_(std::move(certificate_expiry)) {}

Connection::~Connection() {
  // Before the TLS layer says goodbye: on a socket whose peer does not read, that would block.
  if (shut_at_end_) ::shutdown(fd_, SHUT_RDWR);
}

ReadOutcome Connection::read(std::span<char> space) {
  ReadOutcome outcome;
  try {
    const int room = static_cast<int>(std::min<std::size_t>(space.size(), INT_MAX));
    int count = stream_.receiveBytes(space.data(), room);
    if (count > 0) {
      outcome.count = static_cast<std::size_t>(count);
    } else if (count == 0) {
      outcome.state = ReadOutcome::State::end;
    } else {
      outcome.state = ReadOutcome::State::lost;
      outcome.why = "broke off";
    }
  } catch (const Poco::Exception& broken) {
    outcome.state = ReadOutcome::State::lost;
    outcome.why = broken.code() == ECONNRESET || broken.displayText().find("reset") != std::string::npos
                      ? "reset"
                      : broken.displayText();
    // What OpenSSL and Poco call a TLS stream that ends without its closing alert.
    for (const char* text : {"unexpected eof", "unexpectedly closed"})
      if (outcome.why.find(text) != std::string::npos) outcome.why = "closed without the closing alert of TLS";
  }
  return outcome;
}

std::string Connection::write(std::string_view bytes) {
  try {
    while (!bytes.empty()) {
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
      int count = stream_.sendBytes(bytes.data(), size);
      if (count <= 0) return "broke off";
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  } catch (const Poco::Exception& broken) {
    return broken.displayText();
  }
  return {};
}

bool Connection::quiet() {
  char byte = 0;
  if (::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return false;
  try {
    return plain_.impl() == stream_.impl() || stream_.available() == 0;  // decrypted, but not asked for
  } catch (const Poco::Exception&) {
    return false;
  }
}

NoSigpipe::NoSigpipe() {
  sigset_t pending;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  was_blocked_ = sigismember(&before, SIGPIPE) == 1;
}

NoSigpipe::~NoSigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  if (!was_pending_) {
    const timespec now{};
    while (sigtimedwait(&pipe, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  if (!was_blocked_) pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
}

}  // namespace lockstep
