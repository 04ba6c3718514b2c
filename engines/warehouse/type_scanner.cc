#include "engines/warehouse/type_scanner.h"

#include <algorithm>
#include <charconv>

namespace lockstep {

namespace {

bool blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string upper_text(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

void TypeScanner::skip_blanks() {
  while (at_ < text_.size() && blank(text_[at_])) ++at_;
}

void TypeScanner::skip(std::size_t bytes) {
  at_ = std::min(at_ + bytes, text_.size());
}

bool TypeScanner::at_end() {
  skip_blanks();
  return at_ == text_.size();
}

char TypeScanner::peek() {
  return at_end() ? '\0' : text_[at_];
}

bool TypeScanner::take(char wanted) {
  if (at_end() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

bool TypeScanner::take_word(std::string_view wanted) {
  const std::size_t before = at_;
  if (upper_text(word()) == upper_text(wanted)) return true;
  at_ = before;
  return false;
}

std::string_view TypeScanner::word() {
  skip_blanks();
  const std::size_t start = at_;
  while (at_ < text_.size() && word_character(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::optional<std::string> TypeScanner::quoted(char mark) {
  if (!take(mark)) return std::nullopt;
  std::string value;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c != mark) {
      value += c;
    } else if (at_ < text_.size() && text_[at_] == mark) {
      value += mark;
      ++at_;
    } else {
      return value;
    }
  }
  return std::nullopt;
}

std::optional<int> TypeScanner::number() {
  skip_blanks();
  int value = 0;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
  if (error != std::errc()) return std::nullopt;
  at_ = static_cast<std::size_t>(end - text_.data());
  return value;
}

std::string TypeScanner::since(std::size_t start) const {
  return std::string(trim_blanks(text_.substr(start, at_ - start)));
}

}  // namespace lockstep
