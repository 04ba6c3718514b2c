#include "engines/workspace/host.h"

#include <fmt/format.h>
#include <algorithm>

#include "engines/workspace/http_url.h"
#include "engines/workspace/workspace_config.h"

namespace lockstep {

namespace {

Error invalid(std::string_view why) {
  return {"workspace-host-invalid"_code, fmt::format("the workspace's host {}", why),
          "write it as the browser shows it, for example https://adb-1234567890123456.7.azuredatabricks.net"};
}

bool may_be_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

Result<HostUrl> parse_host(std::string_view given) {
  HostUrl host{"https", {}, {}};
  if (const std::size_t scheme = given.find("://"); scheme != std::string_view::npos) {
    host.scheme = lower_ascii(given.substr(0, scheme));
    given.remove_prefix(scheme + 3);
    if (host.scheme != "http" && host.scheme != "https") return invalid("is neither an https nor an http address");
  }
  std::string authority = lower_ascii(given.substr(0, given.find_first_of("/?#")));
  // What is left of it must not be sent anywhere, nor be shown: it may be a password.
  if (authority.find('@') != std::string::npos) return invalid("must not hold a user or a password");
  std::string port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string::npos) return invalid("has a [ without a ]");
    host.name = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!std::all_of(host.name.begin(), host.name.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; }))
      return invalid("is no IPv6 address between its brackets");
  } else {
    const std::size_t colon = authority.find(':');
    host.name = authority.substr(0, colon);
    port = colon == std::string::npos ? "" : authority.substr(colon);
    if (!std::all_of(host.name.begin(), host.name.end(), may_be_in_a_name))
      return invalid("holds a character that no host name has");
  }
  if (host.name.empty()) return invalid("has no name in it");
  const bool digits = port.size() >= 2 && port.size() <= 6 && port.front() == ':' &&
                      std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!port.empty() && !digits) return invalid("has a port that is no number");
  host.authority = authority;
  return host;
}

bool is_loopback(std::string_view name) {
  if (name == "localhost" || name.ends_with(".localhost") || name == "::1") return true;
  return name.starts_with("127.") &&
         std::all_of(name.begin(), name.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~')
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return result;
}

Result<std::string> normalise_host(std::string_view given) {
  Result<HostUrl> host = parse_host(given);
  if (!host) return std::move(host).error();
  if (host->scheme == "http" && !is_loopback(host->name))
    return Error(
        "workspace-host-invalid"_code,
        fmt::format("{} is plain http: whoever carries the traffic could read the credentials", host->authority),
        "write https://; http is only for this machine itself (localhost)");
  return fmt::format("{}://{}", host->scheme, host->authority);
}

}  // namespace lockstep
