// Bytes as text, and the keyed digest. Pure functions. (The plain digest: engines/sha256.h.)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

std::string hex(std::string_view bytes);  // lower case
// HMAC-SHA256 in lower-case hex.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);
// Takes the same time wherever two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string base64(std::string_view bytes);  // the standard alphabet, padded
// Both alphabets ("+/" and "-_"), padding complete or absent, no white space; nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace lockstep
