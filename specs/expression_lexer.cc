#include "specs/expression_lexer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "specs/characters.h"

namespace lockstep {

namespace {

Token bad(std::uint32_t begin, std::size_t end, std::string message, std::string hint = {}) {
  Token token;
  token.kind = Token::Kind::bad;
  token.begin = begin;
  token.end = static_cast<std::uint32_t>(end);
  token.message = std::move(message);
  token.hint = std::move(hint);
  return token;
}

Token literal(std::uint32_t begin, std::size_t end, Json value) {
  Token token;
  token.kind = Token::Kind::literal;
  token.begin = begin;
  token.end = static_cast<std::uint32_t>(end);
  token.value = std::move(value);
  return token;
}

Token number(std::string_view text, std::uint32_t begin) {
  std::size_t at = begin + (text[begin] == '-' ? 1U : 0U);
  const std::size_t first = at;
  bool floating = false;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '.' && at + 1 < text.size() && is_digit(text[at + 1]) && !floating) {
      floating = true;
    } else if ((c == 'e' || c == 'E') && at > first) {
      const std::size_t sign = at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 1U : 0U;
      if (at + 1 + sign >= text.size() || !is_digit(text[at + 1 + sign])) break;
      floating = true;
      at += 1 + sign;
      while (at < text.size() && is_digit(text[at])) ++at;
      break;
    } else if (!is_digit(c)) {
      break;
    }
    ++at;
  }
  if (at < text.size() && is_name_char(text[at])) {
    while (at < text.size() && is_name_char(text[at])) ++at;
    return bad(begin, at, fmt::format("\"{}\" is neither a number nor a name", text.substr(begin, at - begin)),
               "names begin with a letter or '_'; a string needs single quotes");
  }
  const std::string_view digits = text.substr(begin, at - begin);
  const char* const start = digits.data();
  const char* const end = start + digits.size();
  if (digits.size() > first - begin + 1 && text[first] == '0' && is_digit(text[first + 1]))
    return bad(begin, at, fmt::format("the number \"{}\" begins with a zero", digits), "write it without the zero");
  if (!floating) {
    std::int64_t value = 0;
    if (const auto read = std::from_chars(start, end, value); read.ec == std::errc() && read.ptr == end)
      return literal(begin, at, value);
    return bad(begin, at, fmt::format("the number \"{}\" does not fit 64 bits", digits), "write it as a string");
  }
  double value = 0;
  const auto read = std::from_chars(start, end, value);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value))
    return bad(begin, at, fmt::format("the number \"{}\" does not fit a double", digits), "write it as a string");
  return literal(begin, at, value);
}

Token quoted(std::string_view text, std::uint32_t begin) {
  std::string value;
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] != '\'') {
      value += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '\'') {
      value += '\'';
      ++at;
    } else {
      return literal(begin, at + 1, std::move(value));
    }
  }
  return bad(begin, text.size(), "this string has no closing quote",
             "close it with ' (a quote inside a string is written twice: '')");
}

}  // namespace

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name_char(char c) {
  return is_name_start(c) || is_digit(c) || c == '-';
}

bool is_identifier(std::string_view text) {
  if (text.empty() || !is_name_start(text.front())) return false;
  for (const char c : text)
    if (!is_name_char(c)) return false;
  return true;
}

Token next_token(std::string_view text, std::uint32_t from) {
  while (from < text.size() && is_space(text[from])) ++from;
  Token token;
  token.begin = token.end = from;
  if (from >= text.size()) return token;
  const char c = text[from];
  if (is_name_start(c)) {
    std::uint32_t end = from;
    while (end < text.size() && is_name_char(text[end])) ++end;
    const std::string_view word = text.substr(from, end - from);
    if (word == "true" || word == "false") return literal(from, end, word == "true");
    if (word == "null") return literal(from, end, nullptr);
    token.kind = Token::Kind::name;
    token.end = end;
    return token;
  }
  if (is_digit(c) || (c == '-' && from + 1 < text.size() && is_digit(text[from + 1]))) return number(text, from);
  if (c == '\'') return quoted(text, from);
  static constexpr std::array<std::string_view, 15> kSymbols = {"==", "!=", "<=", ">=", "&&", "||", "<", ">",
                                                                "!",  "(",  ")",  "[",  "]",  ".",  ","};
  for (const std::string_view symbol : kSymbols) {
    if (!text.substr(from).starts_with(symbol)) continue;
    token.kind = Token::Kind::symbol;
    token.symbol = symbol;
    token.end = from + static_cast<std::uint32_t>(symbol.size());
    return token;
  }
  switch (c) {
    case '"':
      return bad(from, from + 1, "strings stand in single quotes here", "write 'text'");
    case '=':
      return bad(from, from + 1, "\"=\" is no operator", "write == to compare");
    case '&':
      return bad(from, from + 1, "\"&\" is no operator", "write &&");
    case '|':
      return bad(from, from + 1, "\"|\" is no operator", "write ||");
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return bad(from, from + 1, fmt::format("\"{}\" is no operator: expressions do no arithmetic", c),
                 "to put texts together, write several ${{ }} in one string, or format('{0}{1}', a, b)");
    case '?':
      return bad(from, from + 1, "\"?\" is no operator", "for a value that may be null write default(value, fallback)");
    case '$':
    case '{':
    case '}':
      return bad(from, from + 1, fmt::format("\"{}\" does not belong inside an expression", c),
                 "an expression stands between ${{ and }}, and expressions are not nested");
    default:
      break;
  }
  std::size_t end = from + 1;  // the whole code point
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return bad(from, end, "this character does not belong in an expression", "texts stand in single quotes");
}

std::size_t find_close(std::string_view text, std::size_t from) {
  bool quoted_text = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '\'') quoted_text = !quoted_text;
    if (!quoted_text && text[at] == '}' && at + 1 < text.size() && text[at + 1] == '}') return at;
  }
  return text.find("}}", from);
}

}  // namespace lockstep
