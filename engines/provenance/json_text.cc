#include "engines/provenance/json_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "engines/provenance/python_number.h"
#include "specs/characters.h"
#include "specs/utf8.h"

namespace lockstep {

namespace {

// ASCII that stands for itself inside a string.
bool is_plain(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Reader {
 public:
  Reader(std::string_view text, ValueSink& sink, std::size_t max_depth)
      : text_(text), sink_(sink), max_depth_(max_depth) {}

  Result<void> read() {
    if (text_.starts_with("\xEF\xBB\xBF")) return error("a byte order mark before the JSON text");
    skip_space();
    if (!value(0)) return error(problem_.empty() ? sink_.problem() : problem_);
    skip_space();
    if (at_ != text_.size()) return error("something follows the JSON value");
    return {};
  }

 private:
  bool fail(std::string_view what) {
    problem_ = what;
    return false;
  }

  [[nodiscard]] Error error(std::string_view what) const {
    std::string_view before = text_.substr(0, at_);
    auto line = std::count(before.begin(), before.end(), '\n') + 1;
    std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    std::string_view in_line = before.substr(line_start);
    auto column = std::count_if(in_line.begin(), in_line.end(), [](char c) { return (c & 0xC0) != 0x80; }) + 1;
    return Error("json-not-readable"_code, fmt::format("line {}, column {}: {}", line, column, what),
                 "give one JSON value in UTF-8, nested no deeper than 100 levels, each key once");
  }

  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool value(std::size_t depth) {
    if (at_ == text_.size()) return fail("the text ends where a value should stand");
    switch (text_[at_]) {
      case '{':
        return object(depth + 1);
      case '[':
        return list(depth + 1);
      case '"':
        ++at_;
        return string() && sink_.string(scratch_);
      default:
        break;
    }
    if (word("null")) return sink_.null();
    if (word("true")) return sink_.boolean(true);
    if (word("false")) return sink_.boolean(false);
    if (word("NaN")) return sink_.floating(std::numeric_limits<double>::quiet_NaN());
    if (word("Infinity")) return sink_.floating(std::numeric_limits<double>::infinity());
    if (word("-Infinity")) return sink_.floating(-std::numeric_limits<double>::infinity());
    if (at('-') || is_digit(text_[at_])) return number();
    return fail("no JSON value starts here");
  }

  bool object(std::size_t depth) {
    if (depth > max_depth_) return too_deep();
    ++at_;
    if (!sink_.begin_object()) return false;
    skip_space();
    if (at('}')) return ++at_, sink_.end_object();
    while (true) {
      if (!at('"')) return fail("a key in double quotes should stand here");
      ++at_;
      if (!string() || !sink_.key(scratch_)) return false;
      skip_space();
      if (!at(':')) return fail("a colon should follow the key");
      ++at_;
      skip_space();
      if (!value(depth)) return false;
      skip_space();
      if (at('}')) return ++at_, sink_.end_object();
      if (!at(',')) return fail("a comma or the object's end should follow the value");
      ++at_;
      skip_space();
    }
  }

  bool list(std::size_t depth) {
    if (depth > max_depth_) return too_deep();
    ++at_;
    if (!sink_.begin_list()) return false;
    skip_space();
    if (at(']')) return ++at_, sink_.end_list();
    while (true) {
      if (!value(depth)) return false;
      skip_space();
      if (at(']')) return ++at_, sink_.end_list();
      if (!at(',')) return fail("a comma or the list's end should follow the value");
      ++at_;
      skip_space();
    }
  }

  bool too_deep() { return fail(fmt::format("nested deeper than {} levels", max_depth_)); }

  void digits() {
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  }

  bool number() {
    std::size_t start = at_;
    if (at('-')) ++at_;
    if (at_ == text_.size() || !is_digit(text_[at_])) return fail("digits should follow the minus sign");
    if (at('0'))
      ++at_;
    else
      digits();
    std::size_t whole_end = at_;
    if (at('.') && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      ++at_;
      digits();
    }
    if (at('e') || at('E')) {
      std::size_t exponent = at_ + 1;
      if (exponent < text_.size() && (text_[exponent] == '+' || text_[exponent] == '-')) ++exponent;
      if (exponent < text_.size() && is_digit(text_[exponent])) {
        at_ = exponent;
        digits();
      }
    }
    std::string_view text = text_.substr(start, at_ - start);
    if (at_ != whole_end) return sink_.floating(parse_float(text));
    if (text == "-0") text = "0";
    if (text.size() - (text[0] == '-' ? 1 : 0) > kMaxIntegerDigits)
      return fail(fmt::format("an integer of more than {} digits, which Python refuses", kMaxIntegerDigits));
    return sink_.integer(text);
  }

  // Behind the opening quote. Leaves the text in scratch_.
  bool string() {
    scratch_.clear();
    while (at_ < text_.size()) {
      std::size_t run = at_;
      while (run < text_.size() && is_plain(text_[run])) ++run;
      scratch_.append(text_, at_, run - at_);
      at_ = run;
      if (at_ == text_.size()) break;
      unsigned char c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') return ++at_, true;
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c < 0x20) {
        return fail("a control character inside a string");
      } else {
        Utf8Char character = decode_utf8(text_, at_);
        if (!character.valid) return fail("bytes that are not UTF-8");
        scratch_.append(text_, at_, character.size);
        at_ += character.size;
      }
    }
    return fail("the string has no closing quote");
  }

  bool escape() {
    if (at_ + 1 >= text_.size()) return fail("the string has no closing quote");
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    char letter = text_[at_ + 1];
    if (std::size_t index = kLetters.find(letter); index != std::string_view::npos) {
      scratch_.push_back(kMeanings[index]);
      at_ += 2;
      return true;
    }
    if (letter != 'u') return fail("an unknown escape in a string");
    std::optional<std::uint32_t> unit = escaped_unit(at_);
    if (!unit) return fail("\\u should be followed by four hexadecimal digits");
    at_ += 6;
    if (*unit >= 0xD800 && *unit < 0xDC00) {
      std::optional<std::uint32_t> low = escaped_unit(at_);
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        at_ += 6;
        unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
      }
    }
    scratch_ += encode_utf8(static_cast<char32_t>(*unit));  // a lone surrogate as well, see value_sink.h
    return true;
  }

  // The value of \uXXXX at `position`.
  [[nodiscard]] std::optional<std::uint32_t> escaped_unit(std::size_t position) const {
    if (text_.size() - position < 6 || text_[position] != '\\' || text_[position + 1] != 'u') return std::nullopt;
    std::uint32_t unit = 0;
    for (std::size_t i = position + 2; i < position + 6; ++i) {
      int digit = hex_digit(text_[i]);
      if (digit < 0) return std::nullopt;
      unit = unit * 16 + static_cast<std::uint32_t>(digit);
    }
    return unit;
  }

  std::string_view text_;
  ValueSink& sink_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::string scratch_;  // the string read last
  std::string problem_;
};

}  // namespace

Result<void> read_json_text(std::string_view text, ValueSink& sink, std::size_t max_depth) {
  return Reader(text, sink, max_depth).read();
}

}  // namespace lockstep
