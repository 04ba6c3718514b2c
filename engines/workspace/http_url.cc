#include "engines/workspace/http_url.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace lockstep {

namespace {

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

bool HttpUrl::is_ip() const {
  return is_ipv4(host) || is_ipv6(host);
}

bool HttpUrl::is_loopback() const {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_ipv4(host));
}

std::string HttpUrl::host_port() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string HttpUrl::host_header() const {
  std::string text = host_port();
  if (port == (tls ? 443 : 80)) text.resize(text.rfind(':'));
  return text;
}

std::string lower_ascii(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return made;
}

std::optional<HttpUrl> parse_http_url(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == '\x7f' || c == '#' || c == '\\'; }))
    return std::nullopt;
  HttpUrl url;
  std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  std::string scheme = lower_ascii(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  url.tls = scheme == "https";
  text.remove_prefix(colon + 3);

  std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  url.target = std::string(text.substr(end));
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");

  std::string_view port;
  if (authority.starts_with('[')) {
    std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = lower_ascii(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!is_ipv6(url.host)) return std::nullopt;
  } else {
    std::size_t at = std::min(authority.find(':'), authority.size());
    url.host = lower_ascii(authority.substr(0, at));
    port = authority.substr(at);
    if (!is_name(url.host)) return std::nullopt;  // an '@' too: a user in a URL is a secret in a log
  }
  if (port.empty()) {
    url.port = url.tls ? 443 : 80;
    return url;
  }
  if (!port.starts_with(':')) return std::nullopt;
  port.remove_prefix(1);
  auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc{} || rest != port.data() + port.size() || url.port == 0) return std::nullopt;
  return url;
}

}  // namespace lockstep
