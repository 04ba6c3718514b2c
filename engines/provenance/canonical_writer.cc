#include "engines/provenance/canonical_writer.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <utility>

#include "engines/provenance/python_number.h"
#include "specs/utf8.h"

namespace lockstep {

namespace {

void append_unit(std::string& text, std::uint32_t unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  text += "\\u";
  for (unsigned shift = 16; shift > 0; shift -= 4) text.push_back(kHex[(unit >> (shift - 4)) & 0xF]);
}

// What stands for a code point that is not printed as itself.
void append_escape(std::string& text, std::uint32_t point) {
  static constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetters = "\"\\bfnrt";
  std::size_t index = point < 0x80 ? kMeanings.find(static_cast<char>(point)) : std::string_view::npos;
  if (index != std::string_view::npos) {
    text.push_back('\\');
    text.push_back(kLetters[index]);
  } else if (point >= 0x10000) {
    append_unit(text, 0xD800 + ((point - 0x10000) >> 10));
    append_unit(text, 0xDC00 + ((point - 0x10000) & 0x3FF));
  } else {
    append_unit(text, point);
  }
}

// decode_utf8(), save that the three bytes of a lone surrogate are one character, too.
Utf8Char decode_with_surrogates(std::string_view text, std::size_t at) {
  Utf8Char character = decode_utf8(text, at);
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])); };
  if (character.valid || byte(0) != 0xED || text.size() - at < 3) return character;
  if (byte(1) < 0xA0 || byte(1) > 0xBF || (byte(2) & 0xC0) != 0x80) return character;
  return Utf8Char{static_cast<char32_t>(0xD000 | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F)), 3, true};
}

bool prints_itself(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// False when a byte sequence is not UTF-8; with `replace` it is printed as U+FFFD instead.
bool append_quoted(std::string& out, std::string_view text, bool replace) {
  out.push_back('"');
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t run = at;
    while (run < text.size() && prints_itself(text[run])) ++run;
    out.append(text, at, run - at);
    at = run;
    if (at == text.size()) break;
    Utf8Char character = decode_with_surrogates(text, at);
    if (!character.valid && !replace) return false;
    append_escape(out, character.valid ? static_cast<std::uint32_t>(character.code_point) : 0xFFFD);
    at += character.size;
  }
  out.push_back('"');
  return true;
}

std::uint32_t offset(std::size_t size) {
  return static_cast<std::uint32_t>(size);
}

}  // namespace

std::string python_string(std::string_view text) {
  std::string out;
  append_quoted(out, text, true);
  return out;
}

void CanonicalWriter::before_value() {
  if (scopes_.empty() || scopes_.back().object) return;
  if (!std::exchange(scopes_.back().empty, false)) text_.push_back(',');
}

bool CanonicalWriter::after_value() {
  if (text_.size() > kMaxBytes) return refuse(fmt::format("the canonical form is longer than {} bytes", kMaxBytes));
  if (!scopes_.empty() && scopes_.back().object) members_.back().end = offset(text_.size());
  return true;
}

bool CanonicalWriter::append_string(std::string_view text) {
  return append_quoted(text_, text, false) || refuse("a string that is not UTF-8");
}

bool CanonicalWriter::null() {
  before_value();
  text_ += "null";
  return after_value();
}

bool CanonicalWriter::boolean(bool value) {
  before_value();
  text_ += value ? "true" : "false";
  return after_value();
}

bool CanonicalWriter::integer(std::string_view digits) {
  before_value();
  text_ += digits;
  return after_value();
}

bool CanonicalWriter::floating(double value) {
  before_value();
  if (!std::isfinite(value)) has_non_finite_ = true;
  text_ += python_float(value);
  return after_value();
}

bool CanonicalWriter::string(std::string_view text) {
  before_value();
  return append_string(text) && after_value();
}

bool CanonicalWriter::begin_object() {
  before_value();
  text_.push_back('{');
  scopes_.push_back(Scope{true, true, true, offset(text_.size()), members_.size(), keys_.size()});
  return true;
}

std::string_view CanonicalWriter::key_of(const Member& member) const {
  return std::string_view(keys_).substr(member.key_begin, member.key_size);
}

bool CanonicalWriter::key(std::string_view name) {
  Scope& scope = scopes_.back();
  if (!std::exchange(scope.empty, false)) text_.push_back(',');
  if (members_.size() > scope.first_member && name <= key_of(members_.back())) scope.sorted = false;
  members_.push_back(Member{offset(keys_.size()), offset(name.size()), offset(text_.size()), 0});
  keys_ += name;
  if (!append_string(name)) return false;
  text_.push_back(':');
  return true;
}

bool CanonicalWriter::sort_members(const Scope& scope) {
  auto first = members_.begin() + static_cast<std::ptrdiff_t>(scope.first_member);
  auto by_key = [this](const Member& a, const Member& b) { return key_of(a) < key_of(b); };
  std::sort(first, members_.end(), by_key);
  auto twice = std::adjacent_find(first, members_.end(),
                                  [this](const Member& a, const Member& b) { return key_of(a) == key_of(b); });
  if (twice != members_.end())
    return refuse(fmt::format("the key {} stands twice in one object", python_string(key_of(*twice).substr(0, 100))));
  std::string ordered;
  ordered.reserve(text_.size() - scope.begin);
  for (auto member = first; member != members_.end(); ++member) {
    if (member != first) ordered.push_back(',');
    ordered.append(text_, member->begin, member->end - member->begin);
  }
  text_.replace(scope.begin, std::string::npos, ordered);
  return true;
}

bool CanonicalWriter::end_object() {
  Scope scope = scopes_.back();
  if (!scope.sorted && !sort_members(scope)) return false;
  keys_.resize(scope.keys_begin);
  members_.resize(scope.first_member);
  scopes_.pop_back();
  text_.push_back('}');
  return after_value();
}

bool CanonicalWriter::begin_list() {
  before_value();
  text_.push_back('[');
  scopes_.push_back(Scope{false, true, true, offset(text_.size()), members_.size(), keys_.size()});
  return true;
}

bool CanonicalWriter::end_list() {
  scopes_.pop_back();
  text_.push_back(']');
  return after_value();
}

std::string CanonicalWriter::take() {
  keys_.clear();
  members_.clear();
  scopes_.clear();
  return std::exchange(text_, {});
}

}  // namespace lockstep
