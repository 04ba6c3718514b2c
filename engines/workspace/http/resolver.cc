#include "engines/workspace/http/resolver.h"

#include <netdb.h>
#include <cstring>
#include <memory>

namespace lockstep {

namespace {

struct Question {
  std::string host;
  std::string port;
  std::mutex mutex;
  std::condition_variable_any answered;
  bool done = false;
  Resolved answer;
};

Resolved ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  Resolved made;
  int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  if (code != 0) {
    made.failure = gai_strerror(code);
    return made;
  }
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress& address = made.addresses.emplace_back();
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
  }
  freeaddrinfo(list);
  if (made.addresses.empty()) made.failure = "the name has no address";
  return made;
}

}  // namespace

Resolved resolve(const std::string& host, std::uint16_t port, const Watch& watch) {
  const std::string service = std::to_string(port);
  Resolved numeric = ask(host, service, AI_NUMERICHOST);
  if (!numeric.addresses.empty()) return numeric;

  auto question = std::make_shared<Question>();
  question->host = host;
  question->port = service;
  std::thread([question] {
    Resolved answer = ask(question->host, question->port, 0);
    std::lock_guard lock(question->mutex);
    question->answer = std::move(answer);
    question->done = true;
    question->answered.notify_all();
  }).detach();

  std::unique_lock lock(question->mutex);
  auto done = [&] { return question->done; };
  const Call& call = watch.call();
  const bool came = call.deadline ? question->answered.wait_until(lock, call.stop, *call.deadline, done)
                                  : question->answered.wait(lock, call.stop, done);
  return came ? question->answer : Resolved{};
}

}  // namespace lockstep
