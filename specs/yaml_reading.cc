#include "specs/yaml_reading.h"

#include <fmt/format.h>
#include <yaml.h>

#include "specs/utf8.h"
#include "specs/yaml_syntax_error.h"

namespace lockstep {
namespace {

using Style = Node::Style;

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// Owns the parser; libyaml is C and frees nothing by itself.
class EventParser {
 public:
  explicit EventParser(std::string_view text) {
    usable_ = yaml_parser_initialize(&parser_) != 0;
    if (!usable_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  EventParser(const EventParser&) = delete;
  EventParser& operator=(const EventParser&) = delete;
  ~EventParser() {
    if (usable_) yaml_parser_delete(&parser_);
  }
  [[nodiscard]] bool next(yaml_event_t& event) { return usable_ && yaml_parser_parse(&parser_, &event) != 0; }
  [[nodiscard]] const yaml_parser_t& state() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  bool usable_ = false;
};

// One event, freed at the end of its turn.
struct OwnedEvent {
  yaml_event_t raw{};
  OwnedEvent() = default;
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  ~OwnedEvent() { yaml_event_delete(&raw); }
};

class Reader {
 public:
  Reader(const TextPositions& positions, Diagnostics& diagnostics)
      : positions_(positions),
        diagnostics_(diagnostics),
        parser_(positions.text().substr(byte_order_mark_size(positions.text()))) {}

  std::optional<YamlReading> read() {
    while (true) {
      OwnedEvent event;
      if (!parser_.next(event.raw)) {
        report_failure();
        return std::nullopt;
      }
      if (event.raw.type == YAML_STREAM_END_EVENT) return std::move(reading_);
      if (!take(event.raw)) return std::nullopt;
    }
  }

 private:
  [[nodiscard]] Position position(const yaml_mark_t& mark) const {
    return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1),
            static_cast<std::uint32_t>(positions_.offset_of_code_point(mark.index))};
  }

  [[nodiscard]] Span span(const yaml_event_t& event) const {
    return {position(event.start_mark), position(event.end_mark)};
  }

  // False ends the reading.
  bool take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        return start_document(event);
      case YAML_SCALAR_EVENT:
        return take_scalar(event);
      case YAML_SEQUENCE_START_EVENT: {
        const auto& data = event.data.sequence_start;
        check_properties(event, data.anchor, data.tag);
        return push(YamlEvent::Kind::list_start, data.style == YAML_FLOW_SEQUENCE_STYLE ? Style::flow : Style::block,
                    event);
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& data = event.data.mapping_start;
        check_properties(event, data.anchor, data.tag);
        return push(YamlEvent::Kind::map_start, data.style == YAML_FLOW_MAPPING_STYLE ? Style::flow : Style::block,
                    event);
      }
      case YAML_SEQUENCE_END_EVENT:
        return push(YamlEvent::Kind::list_end, Style::plain, event);
      case YAML_MAPPING_END_EVENT:
        return push(YamlEvent::Kind::map_end, Style::plain, event);
      case YAML_ALIAS_EVENT:
        diagnostics_.error("yaml-alias"_code, span(event),
                           fmt::format("alias *{}: aliases are not allowed", shown(text_of(event.data.alias.anchor))),
                           "write the value out here; if a text starts with *, put it in quotes");
        reading_.incomplete = true;
        return push(YamlEvent::Kind::alias, Style::plain, event) && not_too_many();
      default:
        return true;
    }
  }

  bool start_document(const yaml_event_t& event) {
    const auto& data = event.data.document_start;
    if (has_document_) {
      const Position start = position(event.start_mark);
      const Span place{start, data.implicit != 0 ? start : position(event.end_mark)};
      diagnostics_.error("yaml-second-document"_code, place, "a second document starts here; a file holds one",
                         "remove the --- line, or move what follows into a file of its own");
      return false;
    }
    has_document_ = true;
    if (data.version_directive != nullptr || data.tag_directives.start != data.tag_directives.end) {
      diagnostics_.error("yaml-directive"_code, span(event), "directives (lines that start with %) are not allowed",
                         "remove the line; files are read as YAML 1.2");
    }
    return true;
  }

  bool take_scalar(const yaml_event_t& event) {
    const auto& data = event.data.scalar;
    if (!push(YamlEvent::Kind::scalar, style_of(data.style), event)) return false;
    YamlEvent& scalar = reading_.events.back();
    scalar.value.assign(reinterpret_cast<const char*>(data.value), data.length);
    if (scalar.style == Style::block) trim_end(scalar.span);
    if (scalar.style == Style::quoted && scalar.span.start.line != scalar.span.end.line) last_quoted_ = scalar.span;
    if (data.anchor == nullptr && data.tag == nullptr) return true;
    check_properties(event, data.anchor, data.tag);
    // `if: !failure()` is meant as the text, and later checks should see it so.
    if (data.tag != nullptr && !text_of(data.tag).starts_with("tag:yaml.org,2002:") && scalar.style == Style::plain) {
      trim_end(scalar.span);
      const std::size_t size = scalar.span.end.offset - scalar.span.start.offset;
      scalar.value = positions_.text().substr(scalar.span.start.offset, size);
      scalar.style = Style::quoted;
    } else if (text_of(data.tag) == "tag:yaml.org,2002:str") {
      scalar.style = Style::quoted;
    }
    return not_too_many();
  }

  static Style style_of(yaml_scalar_style_t style) {
    if (style == YAML_PLAIN_SCALAR_STYLE) return Style::plain;
    return style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ? Style::block : Style::quoted;
  }

  // libyaml ends a block scalar where the next token starts.
  void trim_end(Span& place) const {
    std::size_t end = place.end.offset;
    while (end > place.start.offset &&
           std::string_view(" \t\r\n").find(positions_.text()[end - 1]) != std::string_view::npos)
      --end;
    if (end != place.end.offset) place.end = positions_.at(end);
  }

  void check_properties(const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag) {
    if (anchor != nullptr) {
      Span place{position(event.start_mark), position(event.start_mark)};
      diagnostics_.error(
          "yaml-anchor"_code, place, fmt::format("anchor &{}: anchors are not allowed", shown(text_of(anchor))),
          "remove it, and write the value out wherever it is needed; if a text starts with &, put it in quotes");
    }
    if (tag != nullptr) {
      const std::string_view name = text_of(tag);
      constexpr std::string_view kCore = "tag:yaml.org,2002:";
      const Span place = first_line(span(event));
      if (name.starts_with(kCore)) {
        diagnostics_.error("yaml-tag"_code, place,
                           fmt::format("tag !!{}: tags are not allowed", shown(name.substr(kCore.size()))),
                           "remove it; put a text in quotes, write numbers, booleans and null without");
      } else {
        diagnostics_.error("yaml-tag"_code, place, fmt::format("tag {}: tags are not allowed", shown(name)),
                           "YAML reads a leading ! as a tag; put the whole value in quotes");
      }
    }
  }

  [[nodiscard]] Span first_line(Span place) const {
    if (place.end.line != place.start.line) {
      const std::string_view line = positions_.line(place.start.line);
      const std::size_t line_start = static_cast<std::size_t>(line.data() - positions_.text().data());
      place.end = positions_.at(line_start + line.size());
    }
    return place;
  }

  // Thousands of anchors are one mistake; diagnostics must not outgrow the file.
  bool not_too_many() {
    constexpr std::size_t kMaxFindings = 100;
    if (diagnostics_.error_count() < kMaxFindings) return true;
    diagnostics_.error("yaml-too-many-findings"_code, reading_.events.back().span,
                       fmt::format("more than {} errors; reading stops here", kMaxFindings),
                       "fix the ones listed first");
    return false;
  }

  bool push(YamlEvent::Kind kind, Style style, const yaml_event_t& event) {
    const bool start = kind == YamlEvent::Kind::list_start || kind == YamlEvent::Kind::map_start;
    const bool end = kind == YamlEvent::Kind::list_end || kind == YamlEvent::Kind::map_end;
    if (start && ++depth_ > kYamlMaxDepth) {
      diagnostics_.error("yaml-too-deep"_code, {position(event.start_mark), position(event.start_mark)},
                         fmt::format("lists and mappings are nested more than {} deep", kYamlMaxDepth),
                         "flatten the structure; the limit keeps hostile files harmless");
      return false;
    }
    if (end) --depth_;
    if (!end && ++nodes_ > kYamlMaxNodes) {
      diagnostics_.error("yaml-too-many-nodes"_code, {position(event.start_mark), position(event.start_mark)},
                         fmt::format("the file holds more than {} values and keys", kYamlMaxNodes),
                         "split the file; the limit keeps hostile files harmless");
      return false;
    }
    reading_.events.push_back({kind, style, span(event), {}});
    return true;
  }

  void report_failure() {
    const yaml_parser_t& state = parser_.state();
    YamlSyntaxProblem problem;
    problem.problem = state.problem == nullptr ? "out of memory" : state.problem;
    problem.context = state.context == nullptr ? "" : state.context;
    // The byte reader gives an offset only; check_bytes() has seen nearly all it refuses.
    problem.at = state.error == YAML_READER_ERROR ? positions_.at(state.problem_offset) : position(state.problem_mark);
    if (state.context != nullptr) problem.context_at = position(state.context_mark);
    problem.last_quoted = last_quoted_;
    report_syntax_error(problem, positions_, diagnostics_);
  }

  const TextPositions& positions_;
  Diagnostics& diagnostics_;
  EventParser parser_;
  YamlReading reading_;
  std::optional<Span> last_quoted_;
  bool has_document_ = false;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace

std::optional<YamlReading> read_yaml_events(const TextPositions& positions, Diagnostics& diagnostics) {
  return Reader(positions, diagnostics).read();
}

}  // namespace lockstep
