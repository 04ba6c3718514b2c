// SHA-256: the journal's chain, the identity of runbooks, keys and configurations. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

std::string sha256_hex(std::string_view text);  // 64 lower-case digits

}  // namespace lockstep
