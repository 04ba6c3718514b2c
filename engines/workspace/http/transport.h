// The real HttpTransport, on sockets and TLS of Poco. Its contract is in engines/workspace/http.h.
#pragma once

#include <memory>

#include "engines/workspace/http.h"
#include "engines/workspace/http_module.h"

namespace lockstep {

std::unique_ptr<HttpTransport> make_poco_transport(const TransportSettings& settings);

}  // namespace lockstep
