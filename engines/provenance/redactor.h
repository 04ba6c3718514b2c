// Leaves out of a value what must not be signed, and remembers what that was.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/provenance/value_sink.h"

namespace lockstep {

// Is a member of this name a credential, or one of the run-dependent fields that Clone-Xs leaves out? Names are
// compared without regard to case, '_', '-', '.' and blanks, as a whole or by their end; docs/provenance.md has the
// list.
bool is_sensitive_key(std::string_view key);

struct RedactionRules {
  std::set<std::string, std::less<>> tainted;            // JSON pointers of places that a secret went into
  std::function<bool(std::string_view text)> is_secret;  // does this text hold a secret? may be empty: no
};

// Passes events on to `kept`, save those of dropped members and list items. A dropped whole value becomes `{}`.
class Redactor : public ValueSink {
 public:
  // `pointer`: where the value stands, e.g. "/config". References are kept.
  Redactor(ValueSink& kept, const RedactionRules& rules, std::string pointer);

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

  // JSON pointers of what was dropped, in the order of the text. Positions in lists are those before dropping.
  [[nodiscard]] std::vector<std::string> take_redacted() { return std::move(redacted_); }

 private:
  struct Scope {
    bool list;
    std::size_t next_index;
    std::size_t pointer_size;  // length of this scope's own pointer
  };
  enum class Entry { kept, dropped, refused };
  Entry enter(bool text_is_secret);
  void leave();
  template <class Pass>
  bool scalar(bool text_is_secret, const Pass& pass);
  bool begin(bool list);
  bool end();
  [[nodiscard]] std::size_t pointer_size() const;
  [[nodiscard]] bool secret(std::string_view text) const { return rules_.is_secret && rules_.is_secret(text); }
  [[nodiscard]] bool pass_on(bool accepted) { return accepted || refuse(kept_.problem()); }

  ValueSink& kept_;
  const RedactionRules& rules_;
  std::string pointer_;  // of the value at hand
  std::size_t root_pointer_size_;
  std::vector<Scope> scopes_;
  std::string key_;
  std::size_t skipped_levels_ = 0;  // > 0: inside a dropped list or object
  std::vector<std::string> redacted_;
};

}  // namespace lockstep
