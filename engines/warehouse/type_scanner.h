// Reads a type's text piece by piece: what the parsers of the engines' type texts share. Never fails and never reads
// beyond the text, which it only points into. One scanner a thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

class TypeScanner {
 public:
  explicit TypeScanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end();       // nothing but blanks is left
  [[nodiscard]] char peek();         // behind blanks; '\0' at the end
  bool take(char wanted);            // behind blanks; false: something else stands there, and nothing was read
  bool take_word(std::string_view);  // one word, without regard to case; false: nothing was read
  // Letters, digits, '_' and bytes beyond ASCII; empty when none stands there.
  std::string_view word();
  // The text between two marks, a doubled mark standing for itself; nothing when it does not start or end.
  std::optional<std::string> quoted(char mark);
  std::optional<int> number();

  [[nodiscard]] std::size_t position() const { return at_; }
  void go_back(std::size_t position) { at_ = position; }
  // From a position to here, without blanks at its ends.
  [[nodiscard]] std::string since(std::size_t start) const;
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t bytes);

 private:
  void skip_blanks();

  std::string_view text_;
  std::size_t at_ = 0;
};

// ASCII letters in upper case.
std::string upper_text(std::string_view text);
std::string_view trim_blanks(std::string_view text);

}  // namespace lockstep
