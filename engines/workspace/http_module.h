// The real transport, opened on first use: liblockstep_http.so beside libduckdb.so, the only code that links Poco.
// Linking Poco's NetSSL would cost 3.5 ms at every start of the program, needed or not.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>

#include "engines/workspace/http.h"
#include "specs/result.h"

namespace lockstep {

struct TransportSettings {
  std::string user_agent = "lockstep";
  // Proxies from the environment: HTTPS_PROXY, HTTP_PROXY, NO_PROXY (and lower case); read by the caller of
  // http_transport() once, so that tests need not touch the environment.
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;
  auto operator<=>(const TransportSettings&) const = default;
};
// The lower-case names come first, as with curl. There is no special rule for loopback (NO_PROXY=localhost,127.0.0.1).
TransportSettings transport_settings_from_environment();

// Raised with every change of http.h, call.h or this file: program and module must be of one build, as they hand C++
// objects to each other.
inline constexpr std::uint32_t kHttpContract = 4;

// One transport a process and settings; it lives as long as the process. Thread-safe. The module is
// $LOCKSTEP_HTTP_LIB, else ../lib/lockstep/liblockstep_http.so beside the program's folder.
// Errors: "engine-not-found", "engine-version".
Result<std::shared_ptr<HttpTransport>> http_transport(const TransportSettings& settings);

}  // namespace lockstep
