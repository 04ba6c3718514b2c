// DSSE, the envelope that in-toto statements travel in: https://github.com/secure-systems-lab/dsse (protocol.md,
// v1.0.2).
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

// What is signed: "DSSEv1" SP length SP type SP length SP payload.
std::string pre_authentication_encoding(std::string_view payload_type, std::string_view payload);

}  // namespace lockstep
