#include "specs/expression_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "specs/expression_tree.h"
#include "specs/json_dump.h"

namespace lockstep {

namespace {

using Kind = ExprType::Kind;
using Arguments = std::span<const StaticArgument>;

constexpr std::size_t kMaxJsonDepth = 100;

template <Kind kind>
TypePtr always_a(Arguments) {
  return ExprType::of_kind(kind);
}

const std::string& text(const Json& value) {
  return value.get_ref<const std::string&>();
}

bool is_text(const StaticArgument& argument) {
  return argument.type->kind == Kind::string;
}

// A literal's own text says nothing about the values that belong there.
TypePtr without_values(const TypePtr& type) {
  if (type->values.empty()) return type;
  return type->nullable ? ExprType::unite(ExprType::of_kind(Kind::null), ExprType::of_kind(Kind::string))
                        : ExprType::of_kind(Kind::string);
}

std::optional<ArgumentFault> refine_contains(Arguments arguments) {
  const ExprType& all = *arguments[0].type;
  const ExprType& wanted = *arguments[1].type;
  if (is_text(arguments[0])) {
    if ((kinds_of(wanted) & kStringKind) == 0 || wanted.nullable)
      return ArgumentFault{1, fmt::format("a text is searched for {}, which is no string", wanted.to_string()), {}};
    return std::nullopt;
  }
  if (all.kind != Kind::list || !all.element) return std::nullopt;
  if (std::optional<std::string> reason = incomparable(*all.element, wanted)) return ArgumentFault{1, *reason, {}};
  return std::nullopt;
}

std::optional<ArgumentFault> refine_join(Arguments arguments) {
  const ExprType& list = *arguments[0].type;
  if (list.kind != Kind::list || !list.element || list.element->kind == Kind::any) return std::nullopt;
  if ((kinds_of(*list.element) & ~kScalarKinds) == 0) return std::nullopt;
  return ArgumentFault{
      0, fmt::format("join() puts texts, numbers and booleans together, but this is {}", list.to_string()),
      "write to_json(...) for the whole list"};
}

std::optional<ArgumentFault> refine_default(Arguments arguments) {
  const ExprType& value = *arguments[0].type;
  const ExprType& fallback = *arguments[1].type;
  const Kinds together = kinds_of(value) & kinds_of(fallback) & static_cast<Kinds>(~kNullKind);
  if (together != 0 || value.kind == Kind::null || fallback.kind == Kind::null) return std::nullopt;
  return ArgumentFault{1,
                       fmt::format("the fallback is {}, but the value is {}", fallback.to_string(), value.to_string()),
                       "give both the same type"};
}

TypePtr result_default(Arguments arguments) {
  const TypePtr value = arguments[0].type;
  const TypePtr fallback = arguments[1].literal != nullptr ? without_values(arguments[1].type) : arguments[1].type;
  if (value->kind == Kind::null || value->kind == Kind::any) return value->kind == Kind::null ? fallback : value;
  ExprType present = *value;
  present.nullable = false;
  // A list of unknown items stays one, whatever the fallback is.
  return ExprType::unite(std::make_shared<const ExprType>(std::move(present)), fallback);
}

// Calls `on_text` and `on_place` for the parts of a format string; answers with what is wrong with it, if anything.
template <class OnText, class OnPlace>
std::optional<std::string> read_format(std::string_view format, std::size_t values, OnText on_text, OnPlace on_place) {
  for (std::size_t at = 0; at < format.size(); ++at) {
    const char c = format[at];
    if (c != '{' && c != '}') {
      const std::size_t end = std::min(format.find_first_of("{}", at), format.size());
      on_text(format.substr(at, end - at));
      at = end - 1;
    } else if (at + 1 < format.size() && format[at + 1] == c) {
      on_text(format.substr(at, 1));
      ++at;
    } else if (c == '}') {
      return "the format has a single \"}\"; write \"}}\" for a brace";
    } else {
      const std::size_t end = format.find('}', at);
      if (end == std::string_view::npos) return "the format has a \"{\" without its \"}\"; write \"{{\" for a brace";
      const std::string_view digits = format.substr(at + 1, end - at - 1);
      std::size_t index = 0;
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size())
        return fmt::format("the format has \"{{{}}}\"; a place is a number, as in \"{{0}}\"", digits);
      if (index >= values)
        return fmt::format("the format asks for value {{{}}}, but only {} {} given", index, values,
                           values == 1 ? "is" : "are");
      on_place(index);
      at = end;
    }
  }
  return std::nullopt;
}

std::optional<ArgumentFault> refine_format(Arguments arguments) {
  const Json* format = arguments[0].literal;
  if (format == nullptr || !format->is_string()) return std::nullopt;
  const std::optional<std::string> fault = read_format(text(*format), arguments.size() - 1, [](auto) {}, [](auto) {});
  return fault ? std::optional(ArgumentFault{0, *fault, {}}) : std::nullopt;
}

Result<Json> call_format(std::vector<Json>& arguments) {
  std::string out;
  const auto append = [&](std::string_view part) {
    if (out.size() <= kMaxTextBytes) out += part;
  };
  const std::optional<std::string> fault =
      read_format(text(arguments[0]), arguments.size() - 1, append,
                  [&](std::size_t index) { append(scalar_text(arguments[index + 1])); });
  if (fault) return Error("expression-format"_code, *fault, "correct the first argument of format()");
  if (out.size() > kMaxTextBytes) return text_too_long();
  return Json(std::move(out));
}

Result<Json> call_contains(std::vector<Json>& arguments) {
  const Json& all = arguments[0];
  const Json& wanted = arguments[1];
  if (all.is_array()) return Json(std::find(all.begin(), all.end(), wanted) != all.end());
  if (!wanted.is_string())
    return Error("expression-type"_code,
                 fmt::format("contains() searches a text for {}", describe_kinds(kinds_of(wanted))),
                 "search a text for a text, or a list for an item");
  return Json(text(all).find(text(wanted)) != std::string::npos);
}

Result<Json> call_starts_with(std::vector<Json>& arguments) {
  return Json(text(arguments[0]).starts_with(text(arguments[1])));
}
Result<Json> call_ends_with(std::vector<Json>& arguments) {
  return Json(text(arguments[0]).ends_with(text(arguments[1])));
}

Result<Json> call_length(std::vector<Json>& arguments) {
  const Json& value = arguments[0];
  if (!value.is_string()) return Json(static_cast<std::int64_t>(value.size()));
  const std::string& bytes = text(value);
  return Json(static_cast<std::int64_t>(std::count_if(
      bytes.begin(), bytes.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; })));
}

Result<Json> call_to_json(std::vector<Json>& arguments) {
  std::string out = dump_json(arguments[0]);
  if (out.size() > kMaxTextBytes) return text_too_long();
  return Json(std::move(out));
}

// nlohmann's dump() recurses, so that what it will be asked to print must be bounded on the way in.
bool too_deep(std::string_view json) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > kMaxJsonDepth) return true;
    } else if (!quoted && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

Result<Json> call_from_json(std::vector<Json>& arguments) {
  const std::string& bytes = text(arguments[0]);
  if (too_deep(bytes))
    return Error("expression-json"_code, fmt::format("the JSON text is nested more than {} levels deep", kMaxJsonDepth),
                 "give from_json() a flatter text");
  Json value = Json::parse(bytes, nullptr, false);
  if (value.is_discarded())
    return Error("expression-json"_code, "the text given to from_json() is no JSON",
                 "check the text; strings need double quotes in JSON");
  return value;
}

Result<Json> call_join(std::vector<Json>& arguments) {
  std::string out;
  bool first = true;
  for (const Json& item : arguments[0]) {
    if ((kinds_of(item) & kScalarKinds) == 0)
      return Error("expression-type"_code, fmt::format("join() met {} in its list", describe_kinds(kinds_of(item))),
                   "join texts, numbers and booleans only, or write to_json(...) for the whole list");
    if (!first) out += text(arguments[1]);
    first = false;
    out += scalar_text(item);
    if (out.size() > kMaxTextBytes) return text_too_long();
  }
  return Json(std::move(out));
}

Result<Json> call_keys(std::vector<Json>& arguments) {
  Json names = Json::array();
  for (const auto& [name, value] : arguments[0].items()) names.push_back(name);
  return names;
}

Result<Json> call_replace(std::vector<Json>& arguments) {
  const std::string& whole = text(arguments[0]);
  const std::string& from = text(arguments[1]);
  const std::string& to = text(arguments[2]);
  if (from.empty()) return Json(whole);
  std::string out;
  std::size_t at = 0;
  for (std::size_t found = whole.find(from); found != std::string::npos; found = whole.find(from, at)) {
    out.append(whole, at, found - at).append(to);
    at = found + from.size();
    if (out.size() > kMaxTextBytes) return text_too_long();
  }
  out.append(whole, at);
  return Json(std::move(out));
}

// Bytes of other letters stay as they are: what a letter's other case is depends on the language.
template <char first, char last, int shift>
Result<Json> change_case(std::vector<Json>& arguments) {
  std::string out = text(arguments[0]);
  for (char& c : out)
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  return Json(std::move(out));
}

TypePtr list_of_strings(Arguments) {
  return ExprType::list_of(ExprType::of_kind(Kind::string));
}

std::vector<ExprFunction> make_functions() {
  constexpr auto kBool = always_a<Kind::boolean>;
  constexpr auto kText = always_a<Kind::string>;
  const auto status = [&](std::string_view name, std::string_view signature, std::string_view summary) {
    ExprFunction function;
    function.info = {name, signature, summary};
    function.status = true;
    function.result = kBool;
    return function;
  };
  std::vector<ExprFunction> all = {
      {{"contains", "contains(list or string, value) -> boolean", "is the item in the list, or the text in the text?"},
       {kListKind | kStringKind, kAnyKind},
       false,
       false,
       kBool,
       refine_contains,
       call_contains},
      {{"default", "default(value, fallback) -> type of both",
        "the value, or the fallback when it is null or does not exist"},
       {kAnyKind, kAnyKind},
       false,
       false,
       result_default,
       refine_default,
       nullptr},
      {{"ends_with", "ends_with(string, string) -> boolean", "does the first text end with the second?"},
       {kStringKind, kStringKind},
       false,
       false,
       kBool,
       nullptr,
       call_ends_with},
      {{"format", "format(string, value...) -> string",
        "the text with {0}, {1}, ... replaced by the values; {{ is a brace"},
       {kStringKind, kScalarKinds},
       true,
       false,
       kText,
       refine_format,
       call_format},
      {{"from_json", "from_json(string) -> any", "the value that a JSON text describes"},
       {kStringKind},
       false,
       false,
       always_a<Kind::any>,
       nullptr,
       call_from_json},
      {{"join", "join(list, string) -> string", "the items in one text, with the string between them"},
       {kListKind, kStringKind},
       false,
       false,
       kText,
       refine_join,
       call_join},
      {{"keys", "keys(object) -> list of string", "the names of an object's fields, sorted"},
       {kObjectKind},
       false,
       false,
       list_of_strings,
       nullptr,
       call_keys},
      {{"length", "length(list, string or object) -> integer", "the number of items, characters or fields"},
       {kListKind | kStringKind | kObjectKind},
       false,
       false,
       always_a<Kind::integer>,
       nullptr,
       call_length},
      {{"lower", "lower(string) -> string", "the text with A-Z in lower case"},
       {kStringKind},
       false,
       false,
       kText,
       nullptr,
       change_case<'A', 'Z', 32>},
      {{"replace", "replace(string, old, new) -> string", "the text with every `old` replaced by `new`"},
       {kStringKind, kStringKind, kStringKind},
       false,
       false,
       kText,
       nullptr,
       call_replace},
      {{"starts_with", "starts_with(string, string) -> boolean", "does the first text begin with the second?"},
       {kStringKind, kStringKind},
       false,
       false,
       kBool,
       nullptr,
       call_starts_with},
      {{"to_json", "to_json(value) -> string", "the value as JSON text on one line"},
       {kAnyKind},
       false,
       false,
       kText,
       nullptr,
       call_to_json},
      {{"upper", "upper(string) -> string", "the text with a-z in upper case"},
       {kStringKind},
       false,
       false,
       kText,
       nullptr,
       change_case<'a', 'z', -32>},
      status("always", "always() -> boolean", "in `if:` only: run whatever happened before, also after a cancel"),
      status("cancelled", "cancelled() -> boolean", "in `if:` only: was the run cancelled?"),
      status("failure", "failure() -> boolean", "in `if:` only: did one of the step's needs fail?"),
      status("success", "success() -> boolean", "in `if:` only: did all of the step's needs succeed?"),
  };
  std::sort(all.begin(), all.end(),
            [](const ExprFunction& a, const ExprFunction& b) { return a.info.name < b.info.name; });
  return all;
}

const std::vector<ExprFunction>& functions() {
  static const std::vector<ExprFunction> all = make_functions();
  return all;
}

}  // namespace

Kinds kinds_of(const Json& value) {
  if (value.is_null()) return kNullKind;
  if (value.is_boolean()) return kBooleanKind;
  if (value.is_number()) return kNumberKind;
  if (value.is_string()) return kStringKind;
  return value.is_array() ? kListKind : kObjectKind;
}

Kinds kinds_of(const ExprType& type) {
  if (type.kind == Kind::any) {
    if (type.one_of.empty()) return kAnyKind;
    Kinds kinds = 0;
    for (const TypePtr& one : type.one_of) kinds |= kinds_of(*one);
    return kinds;
  }
  static constexpr Kinds kOf[] = {kAnyKind,    kNullKind,   kBooleanKind, kNumberKind,
                                  kNumberKind, kStringKind, kListKind,    kObjectKind};
  return static_cast<Kinds>(kOf[static_cast<std::size_t>(type.kind)] | (type.nullable ? kNullKind : 0));
}

std::string describe_kinds(Kinds kinds) {
  static constexpr std::pair<Kinds, std::string_view> kNames[] = {{kStringKind, "string"},   {kNumberKind, "number"},
                                                                  {kBooleanKind, "boolean"}, {kListKind, "list"},
                                                                  {kObjectKind, "object"},   {kNullKind, "null"}};
  std::string out;
  for (const auto& [kind, name] : kNames)
    if ((kinds & kind) != 0) out += (out.empty() ? "" : " or ") + std::string(name);
  return out;
}

const ExprFunction* find_function(std::string_view name) {
  const auto found = std::lower_bound(
      functions().begin(), functions().end(), name,
      [](const ExprFunction& function, std::string_view wanted) { return function.info.name < wanted; });
  return found != functions().end() && found->info.name == name ? &*found : nullptr;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const ExprFunction& function : functions()) names.emplace_back(function.info.name);
  return names;
}

const std::vector<FunctionInfo>& expression_functions() {
  static const std::vector<FunctionInfo> infos = [] {
    std::vector<FunctionInfo> all;
    for (const ExprFunction& function : functions()) all.push_back(function.info);
    return all;
  }();
  return infos;
}

std::optional<std::string> incomparable(const ExprType& a, const ExprType& b) {
  const Kinds left = kinds_of(a);
  const Kinds right = kinds_of(b);
  if (((left | right) & kNullKind) != 0 && (left == kNullKind || right == kNullKind)) return std::nullopt;
  if ((left & right & static_cast<Kinds>(~kNullKind)) == 0)
    return fmt::format("{} is compared with {}, which is never equal", a.to_string(), b.to_string());
  if (a.kind != Kind::string || b.kind != Kind::string || a.values.empty() || b.values.empty()) return std::nullopt;
  const auto in_b = [&](const std::string& value) {
    return std::find(b.values.begin(), b.values.end(), value) != b.values.end();
  };
  if (std::any_of(a.values.begin(), a.values.end(), in_b)) return std::nullopt;
  return fmt::format("{} is compared with {}, which is never equal", a.to_string(), b.to_string());
}

bool comparable(const Json& a, const Json& b) {
  return a.is_null() || b.is_null() || kinds_of(a) == kinds_of(b);
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? text(value) : dump_json(value);
}

Error text_too_long() {
  return Error("expression-limit"_code,
               fmt::format("the text that this expression builds is longer than {} MiB", kMaxTextBytes >> 20U),
               "pass the parts on one by one");
}

}  // namespace lockstep
