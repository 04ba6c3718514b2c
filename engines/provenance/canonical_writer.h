// Prints JSON as Python's json.dumps(value, sort_keys=True, separators=(",", ":")) does: the bytes that the HMAC
// envelope of Clone-Xs signs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engines/provenance/value_sink.h"

namespace lockstep {

// Writes straight into one text; the members of an object are put in order when the object ends. Memory: the text, plus
// some 16 bytes and the key for each member of the objects that are still open. Refuses duplicate keys, strings that
// are not UTF-8 (surrogates excepted), and a text that grows beyond kMaxBytes.
class CanonicalWriter : public ValueSink {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{512} << 20;

  bool null() override;
  bool boolean(bool value) override;
  bool integer(std::string_view digits) override;
  bool floating(double value) override;
  bool string(std::string_view text) override;
  bool begin_object() override;
  bool key(std::string_view name) override;
  bool end_object() override;
  bool begin_list() override;
  bool end_list() override;

  // NaN or an infinity was written, so the text is Python's but no JSON.
  [[nodiscard]] bool has_non_finite() const { return has_non_finite_; }
  // The text; the writer is empty afterwards.
  [[nodiscard]] std::string take();

 private:
  struct Member {  // offsets: of the key in keys_, of key and value in text_
    std::uint32_t key_begin;
    std::uint32_t key_size;
    std::uint32_t begin;
    std::uint32_t end;
  };
  struct Scope {
    bool object;
    bool empty;
    bool sorted;
    std::uint32_t begin;  // behind the opening bracket
    std::size_t first_member;
    std::size_t keys_begin;
  };
  void before_value();
  bool after_value();
  [[nodiscard]] std::string_view key_of(const Member& member) const;
  bool sort_members(const Scope& scope);
  bool append_string(std::string_view text);

  std::string text_;
  std::string keys_;             // the keys of open objects, one behind the other
  std::vector<Member> members_;  // likewise their members
  std::vector<Scope> scopes_;
  bool has_non_finite_ = false;
};

// A text as a JSON string in ASCII, quotes included, as Python prints it; bytes that are not UTF-8 become U+FFFD. For
// messages it is a safe way to show foreign text.
std::string python_string(std::string_view text);

}  // namespace lockstep
