#include "engines/provenance/dsse.h"

#include <fmt/format.h>

namespace lockstep {

std::string pre_authentication_encoding(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

}  // namespace lockstep
