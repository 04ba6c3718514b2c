#include "engines/workspace/http/proxy.h"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace lockstep {

namespace {

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number made{};
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), made);
  if (text.empty() || error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return made;
}

// An address as bytes: 4 or 16 of them; empty for a name.
std::vector<std::uint8_t> address_bytes(const std::string& text) {
  std::vector<std::uint8_t> bytes(16);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(4);
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
  return {};
}

bool in_network(const std::string& host, const std::string& network, unsigned bits) {
  const auto a = address_bytes(host);
  const auto b = address_bytes(network);
  if (a.empty() || a.size() != b.size() || bits > a.size() * 8) return false;
  for (unsigned bit = 0; bit < bits; ++bit)
    if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

bool entry_matches(std::string entry, const HttpUrl& url) {
  if (entry == "*") return true;
  if (std::size_t slash = entry.find('/'); slash != std::string::npos) {
    auto bits = number<unsigned>(std::string_view(entry).substr(slash + 1));
    return bits && in_network(url.host, entry.substr(0, slash), *bits);
  }
  // A port behind it: after the brackets of an IPv6 address, or behind the only colon.
  std::optional<std::string> port;
  if (entry.starts_with('[')) {
    std::size_t close = entry.find(']');
    if (close == std::string::npos) return false;
    if (close + 1 < entry.size()) port = entry.substr(close + 2);
    entry = entry.substr(1, close - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    port = entry.substr(entry.find(':') + 1);
    entry.resize(entry.find(':'));
  }
  if (port && number<std::uint16_t>(*port) != url.port) return false;
  if (entry.empty()) return false;
  const auto address = address_bytes(entry);
  if (!address.empty() || url.is_ip()) return !address.empty() && address == address_bytes(url.host);
  std::string_view domain = entry;
  while (domain.starts_with("*.") || domain.starts_with('.')) domain.remove_prefix(domain.starts_with('.') ? 1 : 2);
  std::string_view host = url.host;
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string made;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t size = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8U | (k < size ? static_cast<unsigned char>(bytes[at + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) made += k <= size ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
  }
  return made;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) {
      made += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      made += text[at];
    }
  }
  return made;
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, const HttpUrl& url) {
  while (!no_proxy.empty()) {
    std::size_t end = std::min(no_proxy.find_first_of(", \t"), no_proxy.size());
    if (end > 0 && entry_matches(lower_ascii(no_proxy.substr(0, end)), url)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

ProxyChoice choose_proxy(const TransportSettings& settings, const HttpUrl& url) {
  const char* variable = url.tls ? "HTTPS_PROXY" : "HTTP_PROXY";
  std::string_view text = url.tls ? settings.https_proxy : settings.http_proxy;
  if (text.empty() || bypasses_proxy(settings.no_proxy, url)) return {};
  ProxyChoice choice;
  if (std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    if (lower_ascii(text.substr(0, scheme)) != "http") {
      choice.failure =
          std::string(variable) + " names a proxy that is not spoken to over http://, which is the only kind supported";
      return choice;
    }
    text.remove_prefix(scheme + 3);
  }
  Proxy proxy;
  if (std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    std::string_view user = text.substr(0, at);
    std::size_t colon = user.find(':');
    std::string pair = percent_decoded(user.substr(0, colon)) + ":";
    if (colon != std::string_view::npos) pair += percent_decoded(user.substr(colon + 1));
    proxy.authorization = "Basic " + base64(pair);
    text.remove_prefix(at + 1);
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  std::optional<HttpUrl> parsed = parse_http_url("http://" + std::string(text));
  if (!parsed || parsed->target != "/") {
    choice.failure = std::string(variable) + " is no proxy: write http://HOST:PORT";
    return choice;
  }
  const bool has_port =
      text.starts_with('[') ? text.find("]:") != std::string_view::npos : text.find(':') != std::string_view::npos;
  if (!has_port) parsed->port = 1080;
  proxy.url = *parsed;
  choice.proxy = std::move(proxy);
  return choice;
}

}  // namespace lockstep
