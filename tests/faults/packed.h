// Bodies as a server packs them.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::testing {

std::string gzip(std::string_view text);
std::string zlib(std::string_view text);         // deflate as RFC 9110 means it
std::string raw_deflate(std::string_view text);  // deflate as some servers send it

}  // namespace lockstep::testing
