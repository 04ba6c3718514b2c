// The real transport, opened on first use: liblockstep_http.so beside libduckdb.so, the only code that links Poco.
// Linking Poco's NetSSL would cost 3.5 ms at every start of the program, needed or not.
#pragma once

#include <memory>

#include "engines/workspace/http.h"
#include "specs/result.h"

namespace lockstep {

struct TransportSettings {
  std::string user_agent;
  // Proxies from the environment: HTTPS_PROXY, HTTP_PROXY, NO_PROXY (and lower case); read by the caller of
  // http_transport() once, so that tests need not touch the environment.
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;
};
TransportSettings transport_settings_from_environment();

// One transport a process and settings. Errors: "engine-not-found".
Result<std::shared_ptr<HttpTransport>> http_transport(const TransportSettings& settings);

}  // namespace lockstep
