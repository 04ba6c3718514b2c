// What liblockstep_http.so exports: this function and nothing else.
#include <exception>

#include "engines/workspace/http/transport.h"

// The caller owns what it gets; null when the two are not of one build, or when there is no memory or thread left.
extern "C" __attribute__((visibility("default"))) lockstep::HttpTransport* lockstep_http_transport(
    std::uint32_t contract, const lockstep::TransportSettings* settings) {
  if (contract != lockstep::kHttpContract) return nullptr;
  try {
    return lockstep::make_poco_transport(*settings).release();
  } catch (const std::exception&) {
    return nullptr;
  }
}
