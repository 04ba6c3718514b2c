// The address of a server, out of what a person pasted. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

struct HostUrl {
  std::string scheme;     // "http" or "https"
  std::string name;       // without the brackets of an IPv6 address; lower case
  std::string authority;  // name and port as in a URL
};

// Errors: "workspace-host-invalid" (no name, a blank or control character, another scheme).
Result<HostUrl> parse_host(std::string_view given);

// Names and addresses that never leave this machine.
bool is_loopback(std::string_view name);

// Percent-encodes everything but letters, digits and -._~ (RFC 3986).
std::string percent_encoded(std::string_view text);

}  // namespace lockstep
