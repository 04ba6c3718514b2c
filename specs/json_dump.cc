#include "specs/json_dump.h"

#include <fmt/format.h>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>

namespace lockstep {

namespace {

bool is_control_or_quote(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether one of eight bytes is a control, a quote, a backslash or no ASCII. A borrow can only make a wrong yes of the
// bytes above one that is right. [Bit Twiddling Hacks: "Determine if a word has a byte less than n"]
bool eight_have_any_to_escape(std::string_view eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, eight.data(), sizeof word);
  const auto below = [](std::uint64_t w, std::uint64_t n) { return (w - kOnes * n) & ~w; };
  return ((word | below(word, 0x20) | below(word ^ kOnes * '"', 1) | below(word ^ kOnes * '\\', 1)) & kHigh) != 0;
}

bool has_any_to_escape(std::string_view text) {
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t)))
    if (eight_have_any_to_escape(text.substr(0, sizeof(std::uint64_t)))) return true;
  for (const char c : text)
    if (is_control_or_quote(c) || static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

bool is_ascii(std::string_view text) {
  unsigned bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kMeant = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  const std::size_t place = kMeant.find(c);
  if (place != std::string_view::npos)
    out.append({'\\', kLetters[place]});
  else
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
}

void append_text(std::string& out, const std::string& text) {
  if (!has_any_to_escape(text)) {
    out.append({'"'}).append(text).append({'"'});
    return;
  }
  if (!is_ascii(text)) {  // whether it is UTF-8 is the library's to say
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_control_or_quote(text[i])) continue;
    out.append(text, done, i - done);
    append_escape(out, text[i]);
    done = i + 1;
  }
  out.append(text, done).append({'"'});
}

void append(std::string& out, const fmt::format_int& number) {
  out.append(number.data(), number.size());
}

void append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object: {
      char before = '{';
      for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
        out += before;
        append_text(out, key);
        out += ':';
        append(out, member);
        before = ',';
      }
      out += before == '{' ? "{}" : "}";
      return;
    }
    case Json::value_t::array: {
      char before = '[';
      for (const Json& item : value) {
        out += before;
        append(out, item);
        before = ',';
      }
      out += before == '[' ? "[]" : "]";
      return;
    }
    case Json::value_t::string:
      return append_text(out, value.get_ref<const std::string&>());
    case Json::value_t::number_integer:
      return append(out, fmt::format_int(value.get<std::int64_t>()));
    case Json::value_t::number_unsigned:
      return append(out, fmt::format_int(value.get<std::uint64_t>()));
    default:
      out += value.dump();
  }
}

}  // namespace

std::string dump_json(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace lockstep
