#include "engines/provenance/document_members.h"

#include <fmt/format.h>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/json_text.h"

namespace lockstep {

namespace {

// Gives each member of the outermost object, or item of the outermost list, to a writer of its own text.
class Splitter : public ValueSink {
 public:
  explicit Splitter(DocumentMembers& found) : found_(found) {}

  bool null() override { return done(writer_.null()); }
  bool boolean(bool value) override { return done(writer_.boolean(value)); }
  bool integer(std::string_view digits) override { return done(writer_.integer(digits)); }
  bool floating(double value) override { return done(writer_.floating(value)); }
  bool string(std::string_view text) override { return done(writer_.string(text)); }

  bool begin_object() override {
    if (depth_++ == 0) {
      found_.is_object = true;
      return true;
    }
    return pass_on(writer_.begin_object());
  }

  bool key(std::string_view name) override {
    if (depth_ > 1) return pass_on(writer_.key(name));
    if (found_.members.find(name) != found_.members.end())
      return refuse(fmt::format("the key {} stands twice in one object", python_string(name.substr(0, 100))));
    key_ = name;
    return true;
  }

  bool end_object() override { return --depth_ == 0 ? true : done(writer_.end_object()); }

  bool begin_list() override {
    if (depth_++ == 0) {
      found_.is_list = true;
      return true;
    }
    return pass_on(writer_.begin_list());
  }

  bool end_list() override { return --depth_ == 0 ? true : done(writer_.end_list()); }

  [[nodiscard]] bool has_non_finite() const { return writer_.has_non_finite(); }

 private:
  [[nodiscard]] bool pass_on(bool accepted) { return accepted || refuse(writer_.problem()); }

  // A value ended.
  bool done(bool accepted) {
    if (!pass_on(accepted)) return false;
    if (depth_ != 1) return true;
    std::string text = writer_.take();
    total_ += text.size();
    if (total_ > CanonicalWriter::kMaxBytes) return refuse("the canonical form is too long");
    if (found_.is_object)
      found_.members.insert_or_assign(key_, std::move(text));
    else if (++found_.item_count <= DocumentMembers::kKeptItems)
      found_.items.push_back(std::move(text));
    return true;
  }

  DocumentMembers& found_;
  CanonicalWriter writer_;
  std::size_t depth_ = 0;
  std::size_t total_ = 0;
  std::string key_;
};

}  // namespace

std::string_view DocumentMembers::text(std::string_view name) const {
  auto found = members.find(name);
  return found == members.end() ? std::string_view() : std::string_view(found->second);
}

TextKind kind_of(std::string_view canonical) {
  if (canonical.empty()) return TextKind::absent;
  switch (canonical[0]) {
    case '{':
      return TextKind::object;
    case '[':
      return TextKind::list;
    case '"':
      return TextKind::string;
    case 't':
    case 'f':
      return TextKind::boolean;
    case 'n':
      return TextKind::null;
    default:
      return TextKind::number;  // NaN and Infinity included
  }
}

std::string_view describe(TextKind kind) {
  static constexpr std::string_view kWords[] = {"nothing",  "null",   "a boolean", "a number",
                                                "a string", "a list", "an object"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::string string_value(std::string_view canonical) {
  class Keeper : public Splitter {
   public:
    using Splitter::Splitter;
    bool string(std::string_view text) override {
      value = text;
      return true;
    }
    std::string value;
  };
  DocumentMembers none;
  Keeper keeper(none);
  Result<void> read = read_json_text(canonical, keeper, 0);
  return read ? keeper.value : std::string();
}

Result<DocumentMembers> read_members(std::string_view text, std::size_t max_depth) {
  DocumentMembers found;
  Splitter splitter(found);
  Result<void> read = read_json_text(text, splitter, max_depth);
  if (!read) return std::move(read).error();
  found.has_non_finite = splitter.has_non_finite();
  return found;
}

}  // namespace lockstep
