// Tokens of the expression language. Private to expression*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "specs/document.h"

namespace lockstep {

struct Token {
  enum class Kind : std::uint8_t { end, name, literal, symbol, bad };
  Kind kind = Kind::end;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Json value;               // literal
  std::string_view symbol;  // symbol: "(", "==", ...
  std::string message;      // bad
  std::string hint;         // bad
};

// The token at or behind `from`. Never fails: what is no token is Kind::bad with a message.
Token next_token(std::string_view text, std::uint32_t from);

// Where the `}}` that closes an expression begins, searching from `from`; a `}}` inside a string does not count, unless
// there is no other. npos: none.
std::size_t find_close(std::string_view text, std::size_t from);

bool is_name_start(char c);
bool is_name_char(char c);
// [A-Za-z_][A-Za-z0-9_-]*
bool is_identifier(std::string_view text);

}  // namespace lockstep
