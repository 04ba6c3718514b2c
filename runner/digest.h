// SHA-256, for the journal's chain and the runbook's identity. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

std::string sha256_hex(std::string_view text);  // 64 lower-case digits

}  // namespace lockstep
