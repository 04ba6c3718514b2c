#include "specs/yaml_second_reading.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/node.h>  // clang-tidy takes parser.h's forward declaration for our Node otherwise
#include <yaml-cpp/parser.h>
#include <istream>
#include <streambuf>

#include "specs/yaml_scalar.h"

namespace lockstep {
namespace {

// A view as an input stream, without a copy.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

std::string_view name_of(YamlEvent::Kind kind) {
  switch (kind) {
    case YamlEvent::Kind::scalar:
      return "a scalar";
    case YamlEvent::Kind::list_start:
      return "a list";
    case YamlEvent::Kind::map_start:
      return "a mapping";
    case YamlEvent::Kind::list_end:
      return "the end of a list";
    case YamlEvent::Kind::map_end:
      return "the end of a mapping";
    case YamlEvent::Kind::alias:
      return "an alias";
  }
  return "something else";
}

// Thrown through yaml-cpp to end its reading at the first difference; caught below, in this file.
struct Difference {
  YamlDisagreement disagreement;
};

class Comparer : public YAML::EventHandler {
 public:
  explicit Comparer(std::span<const YamlEvent> events) : events_(events) {}

  [[nodiscard]] bool finished() const { return next_ == events_.size(); }
  // Where the comparison stands: the event that comes next, or the last one.
  [[nodiscard]] Span place() const {
    if (events_.empty()) return {{1, 1, 0}, {1, 1, 0}};
    return events_[std::min(next_, events_.size() - 1)].span;
  }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t anchor) override {
    const YamlEvent& event = expect(YamlEvent::Kind::scalar, anchor);
    if (event.style != Node::Style::plain || !is_null_text(event.value))
      differ("libyaml reads a text here, yaml-cpp null");
    ++next_;
  }
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {
    differ("yaml-cpp reads an alias here, libyaml does not");
  }
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const YamlEvent& event = expect(YamlEvent::Kind::scalar, anchor);
    const bool plain = tag == "?";
    if (!plain && tag != "!") differ("yaml-cpp reads a tag here, libyaml does not");
    if (plain != (event.style == Node::Style::plain)) differ("only one of them reads a quoted text here");
    if (value != event.value) differ("they read different texts here");
    ++next_;
  }
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    start(YamlEvent::Kind::list_start, tag, anchor, style);
  }
  void OnSequenceEnd() override { end(YamlEvent::Kind::list_end); }
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    start(YamlEvent::Kind::map_start, tag, anchor, style);
  }
  void OnMapEnd() override { end(YamlEvent::Kind::map_end); }

 private:
  [[noreturn]] void differ(std::string detail) const { throw Difference{{place(), std::move(detail)}}; }

  const YamlEvent& expect(YamlEvent::Kind kind, YAML::anchor_t anchor) const {
    if (finished()) differ(fmt::format("yaml-cpp reads {} behind what libyaml reads as the end", name_of(kind)));
    const YamlEvent& event = events_[next_];
    if (event.kind != kind)
      differ(fmt::format("libyaml reads {} here, yaml-cpp {}", name_of(event.kind), name_of(kind)));
    if (anchor != YAML::NullAnchor) differ("yaml-cpp reads an anchor here, libyaml does not");
    return event;
  }

  void start(YamlEvent::Kind kind, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
    const YamlEvent& event = expect(kind, anchor);
    if (!tag.empty() && tag != "?") differ("yaml-cpp reads a tag here, libyaml does not");
    if ((style == YAML::EmitterStyle::Flow) != (event.style == Node::Style::flow))
      differ("only one of them reads brackets here");
    ++next_;
  }

  void end(YamlEvent::Kind kind) {
    expect(kind, YAML::NullAnchor);
    ++next_;
  }

  std::span<const YamlEvent> events_;
  std::size_t next_ = 0;
};

}  // namespace

std::optional<YamlDisagreement> compare_second_reading(const TextPositions& positions,
                                                       std::span<const YamlEvent> events) {
  // With a comment behind the last line yaml-cpp 0.7 notices a quote that is never closed; without, it silently takes
  // the rest of the file as the text. Every other document means the same.
  std::string text(positions.text().substr(byte_order_mark_size(positions.text())));
  text += text.ends_with('\n') ? "#" : "\n#";
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  Comparer comparer(events);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(comparer);
    if (!comparer.finished()) return YamlDisagreement{comparer.place(), "libyaml reads on here, yaml-cpp ends"};
    if (parser.HandleNextDocument(comparer))
      return YamlDisagreement{comparer.place(), "yaml-cpp reads a second document, libyaml does not"};
  } catch (const Difference& difference) {
    return difference.disagreement;
  } catch (const YAML::Exception& error) {
    Span place = comparer.place();
    if (!error.mark.is_null()) {
      place.start =
          positions.at_line(static_cast<std::size_t>(error.mark.line), static_cast<std::size_t>(error.mark.column));
      place.end = place.start;
    }
    return YamlDisagreement{place, fmt::format("libyaml accepts this, yaml-cpp says: {}", error.msg)};
  }
  return std::nullopt;
}

}  // namespace lockstep
