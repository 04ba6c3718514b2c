// What headers say, read strictly: what could be read in two ways is invalid.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engines/workspace/http.h"

namespace lockstep {

bool is_token(std::string_view text);                 // RFC 9110 5.6.2: a method or a header's name
std::string_view trimmed(std::string_view text);      // without blanks and tabs at both ends
std::string printable_header(std::string_view text);  // for a message: other bytes than printable ASCII as \xNN
std::optional<int> status_code(std::string_view status_line);  // of HTTP/1.0 or 1.1, 100 to 599

// How the end of a body is known (RFC 9112 6.3).
struct Framing {
  enum class Kind { length, chunked, until_end, invalid };
  Kind kind = Kind::until_end;
  std::uint64_t length = 0;
  std::string text;  // what is invalid, printable
};
Framing framing_of(const HttpHeaders& headers);

bool keeps_alive(const HttpHeaders& headers, bool http_1_0);
std::optional<std::chrono::seconds> keep_alive_timeout(const HttpHeaders& headers);  // "Keep-Alive: timeout=5, max=100"

}  // namespace lockstep
