#include "specs/yaml_tree.h"

#include <fmt/format.h>
#include <algorithm>

#include "specs/counted.h"
#include "specs/utf8.h"
#include "specs/yaml_scalar.h"

namespace lockstep {
namespace {

using EventKind = YamlEvent::Kind;
using Style = Node::Style;

constexpr std::size_t kMaxFindings = 100;  // of errors and of warnings: enough to fix, and a bound on memory

class Builder {
 public:
  Builder(std::span<const YamlEvent> events, std::string_view text, Diagnostics& diagnostics)
      : events_(events), text_(text), diagnostics_(diagnostics) {}

  YamlTree build() {
    YamlTree tree;
    tree.root = value();
    tree.incomplete = incomplete_;
    if (hidden_warnings_ > 0) {
      diagnostics_.warning("yaml-too-many-findings"_code, {},
                           counted(hidden_warnings_, "more warning like this", "more warnings like these"),
                           "fix the ones listed first");
    }
    if (hidden_errors_ > 0) {
      diagnostics_.error("yaml-too-many-findings"_code, {},
                         counted(hidden_errors_, "more error like this", "more errors like these"),
                         "fix the ones listed first");
    }
    return tree;
  }

 private:
  Node value() {
    const YamlEvent& event = events_[next_++];
    switch (event.kind) {
      case EventKind::list_start:
        return list(event);
      case EventKind::map_start:
        return map(event);
      case EventKind::scalar:
        return scalar(event);
      default:
        return Node{Node::Kind::null, Style::plain, event.span, nullptr, {}, {}};
    }
  }

  Node list(const YamlEvent& start) {
    Node node{Node::Kind::list, start.style, start.span, nullptr, {}, {}};
    while (events_[next_].kind != EventKind::list_end) node.items.push_back(value());
    close(node, node.items.empty() ? start.span.end : node.items.back().span.end);
    return node;
  }

  Node map(const YamlEvent& start) {
    Node node{Node::Kind::map, start.style, start.span, nullptr, {}, {}};
    Position last = start.span.end;
    while (events_[next_].kind != EventKind::map_end) {
      const YamlEvent& key = events_[next_];
      if (check_key(key)) {
        ++next_;
        Member& member = node.members.emplace_back(Member{key.value, key.span, {}});
        member.value = value();
        last = member.value.span.end;
      } else {
        value();  // read past the key and what it holds; both may be reported about
        last = value().span.end;
      }
    }
    close(node, last);
    drop_duplicates(node.members);
    return node;
  }

  // libyaml ends a block list or mapping where the next token starts, lines below; its last value's end is what one
  // sees.
  void close(Node& node, Position last) {
    const Position end = node.style == Style::flow ? events_[next_].span.end : last;
    node.span.end = end.offset > node.span.start.offset ? end : node.span.start;
    ++next_;
  }

  Node scalar(const YamlEvent& event) {
    Node node{Node::Kind::string, event.style, event.span, nullptr, {}, {}};
    if (event.style != Style::plain) {
      node.scalar = event.value;
      return node;
    }
    PlainScalar resolved = resolve_plain(event.value);
    check_plain(event, resolved);
    node.kind = resolved.kind;
    node.scalar = std::move(resolved.value);
    return node;
  }

  void check_plain(const YamlEvent& event, const PlainScalar& resolved) {
    if (resolved.problem == PlainScalar::Problem::integer_too_large) {
      error("yaml-number-out-of-range"_code, event.span,
            fmt::format("the integer {} does not fit in 64 bits", shown(event.value)),
            "put it in quotes to keep its digits as a text");
    } else if (resolved.problem == PlainScalar::Problem::float_out_of_range) {
      error("yaml-number-out-of-range"_code, event.span,
            fmt::format("the number {} is beyond what a double can hold", shown(event.value)),
            "put it in quotes to keep it as a text; write .inf for infinity");
    } else if (ScalarWarning warning = warn_of_plain(event.value, resolved); !warning.message.empty()) {
      if (++warnings_ > kMaxFindings)
        ++hidden_warnings_;
      else
        diagnostics_.warning("yaml-ambiguous-scalar"_code, event.span, std::move(warning.message),
                             std::move(warning.hint));
    }
  }

  // False: the key cannot be used, which was reported.
  bool check_key(const YamlEvent& key) {
    if (key.kind == EventKind::alias) return false;  // the reader has reported it
    if (key.kind != EventKind::scalar) {
      report_structured_key(key);
      incomplete_ = true;
      return false;
    }
    if (key.style != Style::plain) return true;
    if (key.value == "<<") {
      error("yaml-merge-key"_code, key.span, "merge keys (<<) are not allowed",
            "write the keys out here; if the key is meant as a text, write \"<<\" in quotes");
      incomplete_ = true;
      return false;
    }
    const PlainScalar resolved = resolve_plain(key.value);
    if (resolved.kind == Node::Kind::string) return true;
    if (key.value.empty()) {
      error("yaml-key-not-text"_code, key.span, "a key is missing before the \":\"", "write key: value");
    } else {
      error("yaml-key-not-text"_code, key.span,
            fmt::format("the key {} is {}, and keys are texts", shown(key.value), describe(resolved.kind)),
            fmt::format("write \"{}\" in quotes", shown(key.value)));
    }
    return !key.value.empty();  // what was meant is plain enough for later checks
  }

  void report_structured_key(const YamlEvent& key) {
    const std::size_t at = key.span.start.offset;
    const std::size_t expression =
        at >= 2 && text_.substr(at - 2).starts_with("${{") ? at - 2 : at - std::min<std::size_t>(at, 1);
    const bool braces = text_.substr(expression).starts_with("{{") || text_.substr(expression).starts_with("${{");
    if (braces) {
      Span place = key.span;
      place.start.offset = static_cast<std::uint32_t>(expression);
      place.start.column -= static_cast<std::uint32_t>(at - expression);
      error("yaml-unquoted-expression"_code, {place.start, key.span.start},
            "a text with {{ }} must be in quotes: YAML reads its braces as mappings",
            "put the whole value in quotes: \"${{ ... }}\"");
      return;
    }
    error("yaml-key-not-text"_code, {key.span.start, key.span.start},
          fmt::format("this key is {}, and keys are texts", key.kind == EventKind::list_start ? "a list" : "a mapping"),
          "write a text as the key; if brackets belong to the text, put it in quotes");
  }

  // The first of equal keys stays. By sorting, so that no choice of keys makes it slow.
  void drop_duplicates(std::vector<Member>& members) {
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int side = members[a].key.compare(members[b].key);
      return side != 0 ? side < 0 : a < b;
    });
    std::vector<bool> drop(members.size(), false);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;  // duplicate, first
    std::size_t first = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (members[order[i]].key == members[order[first]].key) {
        pairs.emplace_back(order[i], order[first]);
        drop[order[i]] = true;
      } else {
        first = i;
      }
    }
    if (pairs.empty()) return;
    std::sort(pairs.begin(), pairs.end());
    for (const auto& [duplicate, original] : pairs) report_duplicate(members[duplicate], members[original]);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (drop[i]) continue;
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
    members.resize(kept);
  }

  void report_duplicate(const Member& duplicate, const Member& original) {
    if (!room_for_error()) return;
    diagnostics_
        .error("yaml-duplicate-key"_code, duplicate.key_span,
               fmt::format("duplicate key \"{}\": it is already on line {}", shown(duplicate.key),
                           original.key_span.start.line),
               "remove or rename one of the two")
        .related.push_back({original.key_span, "first defined here"});
  }

  bool room_for_error() {
    if (diagnostics_.error_count() < kMaxFindings) return true;
    ++hidden_errors_;
    return false;
  }

  void error(Code code, Span span, std::string message, std::string hint) {
    if (room_for_error()) diagnostics_.error(code, span, std::move(message), std::move(hint));
  }

  std::span<const YamlEvent> events_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t next_ = 0;
  bool incomplete_ = false;
  std::size_t warnings_ = 0;
  std::size_t hidden_warnings_ = 0;
  std::size_t hidden_errors_ = 0;
};

}  // namespace

YamlTree build_yaml_tree(std::span<const YamlEvent> events, std::string_view text, Diagnostics& diagnostics) {
  return Builder(events, text, diagnostics).build();
}

}  // namespace lockstep
