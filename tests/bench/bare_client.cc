// The floor of the figures over HTTP: the same number of statements by as many bare sockets, nothing read but lengths.
//   bare_client PORT STATEMENTS WORKERS     prints the milliseconds that they took, one first and then the others
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace {

int opened(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (descriptor < 0 || ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    std::exit(1);
  return descriptor;
}

void ask(int descriptor) {
  static const std::string kBody = R"({"statement":"SELECT 1","warehouse_id":"0123456789abcdef"})";
  static const std::string kRequest = fmt::format(
      "POST /api/2.0/sql/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      kBody.size(), kBody);
  if (::send(descriptor, kRequest.data(), kRequest.size(), 0) != static_cast<ssize_t>(kRequest.size())) std::exit(1);
  std::string answer;
  char part[8192];
  for (std::size_t whole = 0; whole == 0 || answer.size() < whole;) {
    const ssize_t count = ::recv(descriptor, part, sizeof part, 0);
    if (count <= 0) std::exit(1);
    answer.append(part, static_cast<std::size_t>(count));
    const std::size_t head = answer.find("\r\n\r\n");
    const std::size_t length = answer.find("Content-Length: ");
    if (head != std::string::npos && length < head) whole = head + 4 + std::strtoul(&answer[length + 16], nullptr, 10);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const int statements = std::atoi(argv[2]);
  const int workers = std::atoi(argv[3]);
  std::atomic<int> next{1};
  std::latch ready(workers), begin(1);
  std::vector<std::jthread> threads;
  for (int worker = 1; worker < workers; ++worker)
    threads.emplace_back([&] {
      const int descriptor = opened(port);
      ask(descriptor);
      ready.count_down();
      begin.wait();
      while (next.fetch_add(1) < statements) ask(descriptor);
      ::close(descriptor);
    });
  const int descriptor = opened(port);
  ask(descriptor);
  ready.arrive_and_wait();
  const auto began = std::chrono::steady_clock::now();
  ask(descriptor);
  begin.count_down();
  while (next.fetch_add(1) < statements) ask(descriptor);
  threads.clear();
  fmt::print("{:.1f}\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  return 0;
}
