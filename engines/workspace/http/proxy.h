// Which proxy a URL goes through, as curl decides it. There is no special rule for loopback: who sets a proxy and
// talks to 127.0.0.1 writes it into NO_PROXY. No Poco.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/workspace/http_module.h"
#include "engines/workspace/http_url.h"

namespace lockstep {

struct Proxy {
  HttpUrl url;                // host and port; port 1080 when none was given, as with curl
  std::string authorization;  // "Basic ..." or empty. A secret: never in a message
};

struct ProxyChoice {
  std::optional<Proxy> proxy;  // absent: go directly
  std::string failure;         // the proxy's setting cannot be used; without its credentials
};

ProxyChoice choose_proxy(const TransportSettings& settings, const HttpUrl& url);

// NO_PROXY: entries between commas or blanks. "*" is every host; "corp.example" and ".corp.example" are that host and
// those below it; an address is exactly that one; "10.0.0.0/8" a network; ":port" behind any of them restricts it.
bool bypasses_proxy(std::string_view no_proxy, const HttpUrl& url);

}  // namespace lockstep
