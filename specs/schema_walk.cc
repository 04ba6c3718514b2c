#include <algorithm>
#include <optional>

#include "specs/expression.h"
#include "specs/json_member.h"
#include "specs/nearest.h"
#include "specs/schema.h"
#include "specs/schema_node.h"
#include "specs/schema_words.h"
#include "specs/utf8.h"

namespace lockstep {

namespace {

namespace words = schema_words;

constexpr std::size_t kMostFindings = 10'000;
constexpr std::size_t kMostHints = 200;       // nearest names cost time; nobody reads more of them
constexpr std::size_t kMostNamesListed = 16;  // when no known key is near, all are listed up to here
constexpr std::size_t kDeepestValue = 200;    // of values without a file; files have the reader's limit

constexpr std::string_view kTheFile = "the file";

// One step of the way from the outermost value to the current one.
struct Segment {
  std::string_view key;  // of a mapping, when `index` is absent
  std::optional<std::size_t> index;
};

struct WalkFinding {
  Code code;
  Span span;
  std::string message;
  std::string hint;
  std::string pointer;  // JSON pointer, for values without a file
};

struct Rules {
  std::string outermost;  // what the whole value is called in messages
  Expressions expressions = Expressions::accepted;
  bool refuse_literal_secrets = true;
};

// Whether a text takes a secret: `${{ ... secrets.NAME ... }}`.
bool mentions_secret(std::string_view text) {
  constexpr std::string_view kOpen = "${{";
  constexpr std::string_view kRoot = "secrets";
  const std::size_t open = text.find(kOpen);
  if (open == std::string_view::npos) return false;
  for (std::size_t at = text.find(kRoot, open); at != std::string_view::npos; at = text.find(kRoot, at + 1)) {
    const std::size_t next = text.find_first_not_of(' ', at + kRoot.size());
    if (next != std::string_view::npos && (text[next] == '.' || text[next] == '[')) return true;
  }
  return false;
}

bool holds_expression(const Node& node) {
  return node.kind == Node::Kind::string && looks_like_template(node.scalar.get_ref<const std::string&>());
}

std::string upper(std::string_view text) {
  std::string result(text.substr(0, 60));
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!kept) c = '_';
  }
  return result;
}

bool fits_type(const Node& node, std::string_view type) {
  switch (node.kind) {
    case Node::Kind::null:
      return type == "null";
    case Node::Kind::boolean:
      return type == "boolean";
    case Node::Kind::integer:
      return type == "integer" || type == "number";
    case Node::Kind::floating:
      return type == "number";
    case Node::Kind::string:
      return type == "string";
    case Node::Kind::list:
      return type == "array";
    case Node::Kind::map:
      return type == "object";
  }
  return false;
}

bool fits_types(const Node& node, const Json& type) {
  if (type.is_string()) return fits_type(node, type.get_ref<const std::string&>());
  return std::any_of(type.begin(), type.end(),
                     [&](const Json& one) { return fits_type(node, one.get_ref<const std::string&>()); });
}

class Walker {
 public:
  Walker(const Json& root, const SchemaWalk& walk, Rules rules) : root_(root), walk_(walk), rules_(std::move(rules)) {}

  void value(const Node& node, const Json& unresolved);
  [[nodiscard]] const std::vector<WalkFinding>& findings() const { return findings_; }

 private:
  void object(const Node& node, const Json& schema);
  void list(const Node& node, const Json& schema);
  void number(const Node& node, const Json& schema);
  void text(const Node& node, const Json& schema);
  void allowed(const Node& node, const Json& schema);
  void alternatives(const Node& node, const Json& branches, const Json& schema, bool exactly_one);
  bool by_kind(const Node& node, const std::vector<const Json*>& branches, const Json& schema);
  bool by_constant(const Node& node, const std::vector<const Json*>& branches);
  bool literal_secret(const Node& node, const Json& schema);
  void unknown_key(const Member& member, const Json& schema);
  std::vector<const Member*> misspelt_keys(const Node& node, const Json& required, const Json& schema);
  void report_unknown_key(const Member& member, std::string hint);
  void missing_key(const Node& node, std::string_view key, const Json& schema);

  void report(Code code, Span span, std::string message, std::string hint);
  [[nodiscard]] bool full() const { return findings_.size() > kMostFindings; }
  [[nodiscard]] std::string subject() const { return label(path_.size()); }
  [[nodiscard]] std::string label(std::size_t depth) const;
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string pointer() const;
  [[nodiscard]] Span place_of(const Node& map) const;

  const Json& root_;
  const SchemaWalk& walk_;
  Rules rules_;
  std::vector<Segment> path_;
  std::vector<Span> key_spans_;  // beside path_: where the key stands; line 0 for items of a list
  std::vector<WalkFinding> findings_;
};

void Walker::report(Code code, Span span, std::string message, std::string hint) {
  if (full()) return;
  if (findings_.size() == kMostFindings) {
    code = "too-many-findings"_code;
    message = "there are more findings of this kind than the " + std::to_string(kMostFindings) + " above";
    hint = "correct these first";
  }
  findings_.push_back(WalkFinding{code, span, std::move(message), std::move(hint), pointer()});
}

// "\"retry\"", "item 2 of \"steps\"", or what the outermost value is called.
std::string Walker::label(std::size_t depth) const {
  if (depth == 0) return rules_.outermost;
  const Segment& last = path_[depth - 1];
  if (!last.index) return words::in_quotes(last.key);
  return "item " + std::to_string(*last.index + 1) + " of " + label(depth - 1);
}

std::string_view Walker::key() const {
  if (path_.empty()) return walk_.name;
  return path_.back().index ? std::string_view() : path_.back().key;
}

std::string Walker::pointer() const {
  std::string result;
  for (const Segment& segment : path_) {
    result += '/';
    if (segment.index) {
      result += std::to_string(*segment.index);
      continue;
    }
    for (const char c : segment.key) {
      if (c == '~') {
        result += "~0";
      } else if (c == '/') {
        result += "~1";
      } else {
        result += c;
      }
    }
  }
  return result;
}

// Where a key that a mapping lacks is reported: its own key, or the line on which it starts.
Span Walker::place_of(const Node& map) const {
  if (path_.empty() && walk_.at.start.line != 0) return walk_.at;
  if (!key_spans_.empty() && key_spans_.back().start.line != 0) return key_spans_.back();
  if (!map.members.empty() && map.members.front().key_span.start.line == map.span.start.line)
    return map.members.front().key_span;
  return Span{map.span.start, map.span.start};
}

void Walker::value(const Node& node, const Json& unresolved) {
  if (full()) return;
  const Json* resolved = resolve_schema(unresolved, root_);
  if (resolved == nullptr || !resolved->is_object()) return;  // `true`, or a bug that the schema tests find
  const Json& schema = *resolved;
  if (literal_secret(node, schema)) return;
  if (rules_.expressions == Expressions::accepted && holds_expression(node)) return;
  if (const Json* branches = find_member(schema, "oneOf")) alternatives(node, *branches, schema, true);
  if (const Json* branches = find_member(schema, "anyOf")) alternatives(node, *branches, schema, false);
  if (const Json* type = find_member(schema, "type"); type != nullptr && !fits_types(node, *type)) {
    report("wrong-type"_code, node.span,
           subject() + " must be " + words::expected_type(*type) +
               (node.kind == Node::Kind::null ? ", but is " : ", not ") + words::found_type(node),
           words::type_hint(key(), node, schema));
    return;
  }
  allowed(node, schema);
  switch (node.kind) {
    case Node::Kind::map:
      object(node, schema);
      break;
    case Node::Kind::list:
      list(node, schema);
      break;
    case Node::Kind::integer:
    case Node::Kind::floating:
      number(node, schema);
      break;
    case Node::Kind::string:
      text(node, schema);
      break;
    case Node::Kind::null:
    case Node::Kind::boolean:
      break;
  }
}

bool Walker::literal_secret(const Node& node, const Json& schema) {
  if (!rules_.refuse_literal_secrets || !node.is_scalar() || node.kind == Node::Kind::null) return false;
  const Json* mark = find_member(schema, "x-lockstep-secret");
  if (mark == nullptr || *mark != true) return false;
  if (node.kind == Node::Kind::string && mentions_secret(node.scalar.get_ref<const std::string&>())) return false;
  const std::string name = upper(key());
  const std::string cause = holds_expression(node) ? " must come from secrets, so that it is kept out of every output"
                                                   : " is a secret and must not be written into a file";
  report("secret-literal"_code, node.span, subject() + cause,
         "write \"${{ secrets." + name + " }}\" and set " + name + " in the environment or in a --secrets-file");
  return true;
}

void Walker::allowed(const Node& node, const Json& schema) {
  if (const Json* only = find_member(schema, "const")) {
    if (!node.is_scalar() || node.scalar != *only)
      report("value-not-allowed"_code, node.span,
             subject() + " must be " + words::choices(Json::array({*only})) + ", not " + words::in_quotes(node),
             words::explain(key(), schema));
    return;
  }
  const Json* values = find_member(schema, "enum");
  if (values == nullptr) return;
  if (node.is_scalar() && std::find(values->begin(), values->end(), node.scalar) != values->end()) return;
  std::string hint;
  if (node.kind == Node::Kind::string) {
    std::vector<std::string> known;
    for (const Json& one : *values)
      if (one.is_string()) known.push_back(one.get<std::string>());
    hint = did_you_mean(node.scalar.get_ref<const std::string&>(), known);
  }
  report("value-not-allowed"_code, node.span,
         subject() + " must be " + words::choices(*values) + ", not " + words::in_quotes(node),
         hint.empty() ? words::explain(key(), schema) : hint);
}

void Walker::number(const Node& node, const Json& schema) {
  // Through double, as valijson does; the bounds in schemas/ are small.
  const double given = node.scalar.get<double>();
  const Json* least = find_member(schema, "minimum");
  const Json* most = find_member(schema, "maximum");
  const bool too_small = least != nullptr && given < least->get<double>();
  const bool too_large = most != nullptr && given > most->get<double>();
  if (!too_small && !too_large) return;
  std::string range;
  if (least != nullptr && most != nullptr) {
    range = "between " + least->dump() + " and " + most->dump();
  } else {
    range = least != nullptr ? "at least " + least->dump() : "at most " + most->dump();
  }
  report("value-out-of-range"_code, node.span, subject() + " must be " + range + ", not " + words::in_quotes(node),
         words::explain(key(), schema));
}

void Walker::text(const Node& node, const Json& schema) {
  const Json* least = find_member(schema, "minLength");
  const Json* most = find_member(schema, "maxLength");
  if (least == nullptr && most == nullptr) return;
  const std::size_t size = count_code_points(node.scalar.get_ref<const std::string&>());
  if (least != nullptr && size < least->get<std::size_t>()) {
    const std::string rule = size == 0 ? " must not be empty" : " must have at least " + least->dump() + " characters";
    report("wrong-length"_code, node.span, subject() + rule, words::explain(key(), schema));
  }
  if (most != nullptr && size > most->get<std::size_t>())
    report("wrong-length"_code, node.span,
           subject() + " has " + std::to_string(size) + " characters; at most " + most->dump() + " are allowed",
           words::explain(key(), schema));
}

void Walker::list(const Node& node, const Json& schema) {
  const std::size_t size = node.items.size();
  if (const Json* least = find_member(schema, "minItems"); least != nullptr && size < least->get<std::size_t>())
    report("wrong-length"_code, node.span,
           subject() + (size == 0 ? " must not be an empty list" : " must have at least " + least->dump() + " items"),
           words::explain(key(), schema));
  if (const Json* most = find_member(schema, "maxItems"); most != nullptr && size > most->get<std::size_t>())
    report("wrong-length"_code, node.span,
           subject() + " has " + std::to_string(size) + " items; at most " + most->dump() + " are allowed",
           words::explain(key(), schema));
  const Json* items = find_member(schema, "items");
  if (items == nullptr) return;
  for (std::size_t i = 0; i < size; ++i) {
    path_.push_back(Segment{{}, i});
    key_spans_.push_back(Span{});
    value(node.items[i], *items);
    path_.pop_back();
    key_spans_.pop_back();
  }
}

void Walker::object(const Node& node, const Json& schema) {
  std::vector<const Member*> misspelt;
  if (const Json* required = find_member(schema, "required")) misspelt = misspelt_keys(node, *required, schema);
  const Json* properties = find_member(schema, "properties");
  const Json* others = find_member(schema, "additionalProperties");
  for (const Member& member : node.members) {
    const Json* rule = properties == nullptr ? nullptr : find_member(*properties, member.key);
    if (rule == nullptr) rule = others;
    if (rule == nullptr || *rule == true) continue;
    if (*rule == false) {
      if (std::find(misspelt.begin(), misspelt.end(), &member) == misspelt.end()) unknown_key(member, schema);
      continue;
    }
    path_.push_back(Segment{member.key, std::nullopt});
    key_spans_.push_back(member.key_span);
    value(member.value, *rule);
    path_.pop_back();
    key_spans_.pop_back();
  }
}

// Reports what is missing. A key that is missing because another one is a slip for it is reported at that one, as one
// finding; those are returned.
std::vector<const Member*> Walker::misspelt_keys(const Node& node, const Json& required, const Json& schema) {
  const Json* properties = find_member(schema, "properties");
  const Json* others = find_member(schema, "additionalProperties");
  const bool closed = others != nullptr && *others == false;
  std::vector<const Member*> misspelt;
  for (const Json& key : required) {
    const std::string& name = key.get_ref<const std::string&>();
    if (node.find(name) != nullptr) continue;
    const Member* slip = nullptr;
    if (closed && findings_.size() < kMostHints && node.members.size() <= kMostNamesListed) {
      std::vector<std::string> unknown;
      for (const Member& member : node.members)
        if (properties == nullptr || find_member(*properties, member.key) == nullptr) unknown.push_back(member.key);
      if (const std::vector<std::string> near = nearest(name, unknown, 1); !near.empty())
        slip = node.find(near.front());
    }
    if (slip == nullptr || std::find(misspelt.begin(), misspelt.end(), slip) != misspelt.end()) {
      missing_key(node, name, schema);
      continue;
    }
    misspelt.push_back(slip);
    report_unknown_key(*slip, "write " + words::in_quotes(std::string_view(name)) + ", which is required");
  }
  return misspelt;
}

void Walker::unknown_key(const Member& member, const Json& schema) {
  std::string hint;
  if (findings_.size() < kMostHints) {
    std::vector<std::string> known;
    if (const Json* properties = find_member(schema, "properties"))
      for (const auto& [name, rule] : properties->items()) known.push_back(name);
    hint = did_you_mean(member.key, known);
    if (hint.empty() && known.size() <= kMostNamesListed)
      for (const std::string& name : known) hint += (hint.empty() ? "known keys: " : ", ") + name;
  }
  report_unknown_key(member, std::move(hint));
}

void Walker::report_unknown_key(const Member& member, std::string hint) {
  const std::string where = path_.empty() && rules_.outermost == kTheFile ? "at the top level" : "in " + subject();
  path_.push_back(Segment{member.key, std::nullopt});
  report("unknown-key"_code, member.key_span, "unknown key " + words::in_quotes(member.key) + " " + where,
         std::move(hint));
  path_.pop_back();
}

void Walker::missing_key(const Node& node, std::string_view key, const Json& schema) {
  std::string hint;
  if (const Json* properties = find_member(schema, "properties"))
    if (const Json* rule = find_member(*properties, key))
      if (const Json* resolved = resolve_schema(*rule, root_)) hint = words::explain(key, *resolved);
  report("missing-key"_code, place_of(node), subject() + " needs the key " + words::in_quotes(key), std::move(hint));
}

void Walker::alternatives(const Node& node, const Json& branches, const Json& schema, bool exactly_one) {
  std::vector<const Json*> resolved;
  for (const Json& branch : branches)
    if (const Json* one = resolve_schema(branch, root_); one != nullptr && one->is_object()) resolved.push_back(one);
  if (by_kind(node, resolved, schema) || by_constant(node, resolved)) return;
  // No telling mark: the branch with the fewest findings is what was meant.
  std::optional<std::vector<WalkFinding>> best;
  std::size_t accepted = 0;
  for (const Json* branch : resolved) {
    Walker trial(root_, walk_, rules_);
    trial.path_ = path_;
    trial.key_spans_ = key_spans_;
    trial.value(node, *branch);
    accepted += trial.findings_.empty() ? 1U : 0U;
    if (!best || trial.findings_.size() < best->size()) best = std::move(trial.findings_);
  }
  if (accepted > 1 && exactly_one)
    report("value-not-allowed"_code, node.span, subject() + " fits more than one of its forms",
           words::explain(key(), schema));
  if (accepted == 0 && best)
    for (WalkFinding& finding : *best)
      if (!full()) findings_.push_back(std::move(finding));
}

// When no branch is for a value of this kind, that is the finding; when just one is, it is the one that was meant.
bool Walker::by_kind(const Node& node, const std::vector<const Json*>& branches, const Json& schema) {
  std::vector<const Json*> fitting;
  Json types = Json::array();
  for (const Json* branch : branches) {
    const Json* type = find_member(*branch, "type");
    if (type == nullptr || fits_types(node, *type)) fitting.push_back(branch);
    if (type == nullptr) continue;
    for (const Json& one : type->is_array() ? *type : Json::array({*type}))
      if (std::find(types.begin(), types.end(), one) == types.end()) types.push_back(one);
  }
  if (fitting.size() > 1) return false;
  if (fitting.size() == 1) {
    value(node, *fitting.front());
  } else {
    report("wrong-type"_code, node.span,
           subject() + " must be " + words::expected_type(types) +
               (node.kind == Node::Kind::null ? ", but is " : ", not ") + words::found_type(node),
           words::explain(key(), schema));
  }
  return true;
}

// Branches told apart by a constant (`type: duckdb`): only the branch that was named is looked at.
bool Walker::by_constant(const Node& node, const std::vector<const Json*>& branches) {
  if (node.kind != Node::Kind::map || branches.empty()) return false;
  const Json* candidates = find_member(*branches.front(), "properties");
  if (candidates == nullptr) return false;
  for (const auto& [name, rule] : candidates->items()) {
    Json constants = Json::array();
    for (const Json* branch : branches) {
      const Json* properties = find_member(*branch, "properties");
      const Json* here = properties == nullptr ? nullptr : find_member(*properties, name);
      const Json* constant = here == nullptr ? nullptr : find_member(*here, "const");
      if (constant != nullptr) constants.push_back(*constant);
    }
    if (constants.size() != branches.size()) continue;
    const Member* given = node.find(name);
    if (given == nullptr) {
      report("missing-key"_code, place_of(node), subject() + " needs the key " + words::in_quotes(name),
             "write " + name + ": " + words::choices(constants));
      return true;
    }
    for (std::size_t i = 0; i < constants.size(); ++i)
      if (given->value.is_scalar() && given->value.scalar == constants[i]) {
        value(node, *branches[i]);
        return true;
      }
    path_.push_back(Segment{given->key, std::nullopt});
    key_spans_.push_back(given->key_span);
    const bool expression = rules_.expressions == Expressions::accepted && holds_expression(given->value);
    if (expression) {
      report("expression-not-allowed"_code, given->value.span,
             subject() + " decides which other keys there are, so it cannot be an expression",
             "write " + words::choices(constants));
    } else {
      allowed(given->value, Json{{"enum", constants}});
    }
    path_.pop_back();
    key_spans_.pop_back();
    return true;
  }
  return false;
}

std::string title(const SchemaWalk& walk) {
  return walk.name.empty() ? "the file" : words::in_quotes(walk.name);
}

}  // namespace

void walk_schema(const Node& node, const Json& schema, const Json& root, Diagnostics& diagnostics,
                 const SchemaWalk& walk) {
  Walker walker(root, walk, Rules{.outermost = title(walk)});
  walker.value(node, schema);
  for (const WalkFinding& finding : walker.findings())
    diagnostics.error(finding.code, finding.span, finding.message, finding.hint);
}

void check_schema(const Node& node, const Json& schema, const Json& root, Diagnostics& diagnostics,
                  const SchemaWalk& walk) {
  const std::size_t before = diagnostics.error_count();
  walk_schema(node, schema, root, diagnostics, walk);
  if (diagnostics.error_count() != before) return;
  if (schema_verdict(node.to_json(), schema, root, Expressions::accepted)) return;
  diagnostics.error("schema-refused"_code, walk.at.start.line != 0 ? walk.at : node.span,
                    title(walk) + " does not fit its schema",
                    "lockstep schema prints it; and please report this file: the place should have been named");
}

std::vector<std::string> schema_findings(const Json& value, const Json& schema, const Json& root) {
  const std::optional<Node> node = schema_node(value, kDeepestValue);
  if (!node) return {"at /: nested more than " + std::to_string(kDeepestValue) + " levels deep"};
  if (schema_verdict(value, schema, root)) return {};
  const SchemaWalk nowhere;
  Walker walker(root, nowhere, Rules{"the value", Expressions::literal, false});
  walker.value(*node, schema);
  std::vector<std::string> lines;
  for (const WalkFinding& finding : walker.findings())
    lines.push_back("at " + (finding.pointer.empty() ? "/" : finding.pointer) + ": " + finding.message);
  if (lines.empty()) lines.emplace_back("at /: does not fit its schema");
  return lines;
}

}  // namespace lockstep
