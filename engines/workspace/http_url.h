// An http or https URL taken apart, byte for byte. Poco::URI decodes the path and encodes it again, which turns the
// %2F of a table's name into a slash; so the target is kept here as it was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

struct HttpUrl {
  bool tls = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, "/" at least

  [[nodiscard]] bool is_ip() const;               // an address, not a name
  [[nodiscard]] bool is_loopback() const;         // localhost, 127.0.0.0/8, ::1; by its text, nothing is looked up
  [[nodiscard]] std::string host_port() const;    // "[::1]:8443": for people and for CONNECT
  [[nodiscard]] std::string host_header() const;  // without the scheme's own port
};

// ASCII letters in lower case: schemes and hosts are compared so.
std::string lower_ascii(std::string_view text);

// Absent for anything but scheme://host[:port][/path][?query]: no user, no fragment, no blank or control character.
std::optional<HttpUrl> parse_http_url(std::string_view text);

}  // namespace lockstep
