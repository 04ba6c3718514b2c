#include "specs/schema_words.h"

#include <algorithm>
#include <vector>

#include "specs/json_dump.h"

namespace lockstep::schema_words {

namespace {

constexpr std::size_t kLongestEcho = 60;

// At most kLongestEcho code points.
std::string cut(std::string_view text) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && ++points > kLongestEcho) return std::string(text.substr(0, i)) + "...";
  }
  return std::string(text);
}

std::string_view type_name(std::string_view type) {
  if (type == "string") return "a string";
  if (type == "integer") return "an integer";
  if (type == "number") return "a number";
  if (type == "boolean") return "true or false";
  if (type == "array") return "a list";
  if (type == "object") return "a mapping";
  return "null";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

bool allows(const Json& schema, std::string_view type) {
  const auto types = schema.find("type");
  if (types == schema.end()) return true;
  if (types->is_string()) return types->get_ref<const std::string&>() == type;
  return std::any_of(types->begin(), types->end(), [&](const Json& one) { return one == type; });
}

// An example as YAML: a plain word where that is safe, otherwise JSON, which is YAML too.
std::string as_yaml(const Json& value) {
  if (!value.is_string()) return dump_json(value);
  const std::string& text = value.get_ref<const std::string&>();
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
           c == '-' || c == '.';
  };
  const bool letter_first = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
  return letter_first && std::all_of(text.begin(), text.end(), plain) ? text : dump_json(value);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return dump_json(Json(cut(text)));
}

std::string in_quotes(const Node& node) {
  if (node.kind == Node::Kind::string) return in_quotes(node.scalar.get_ref<const std::string&>());
  return node.is_scalar() ? cut(dump_json(node.scalar)) : std::string(describe(node.kind));
}

std::string expected_type(const Json& type) {
  if (type.is_string()) return std::string(type_name(type.get_ref<const std::string&>()));
  std::vector<std::string> names;
  for (const Json& one : type)
    if (one != "null") names.emplace_back(type_name(one.get_ref<const std::string&>()));
  return names.empty() ? "null" : join(names);
}

std::string found_type(const Node& node) {
  return node.kind == Node::Kind::null ? "empty" : std::string(describe(node.kind));
}

std::string example_line(std::string_view key, const Json& schema) {
  const auto examples = schema.find("examples");
  if (examples == schema.end() || examples->empty()) return {};
  const std::string value = as_yaml(examples->front());
  return key.empty() ? value : std::string(key) + ": " + value;
}

std::string explain(std::string_view key, const Json& schema) {
  std::string text;
  const auto description = schema.find("description");
  if (description != schema.end()) text = description->get_ref<const std::string&>();
  const std::string example = example_line(key, schema);
  if (!example.empty()) text += (text.empty() ? "for example: " : " For example: ") + example;
  return text;
}

std::string type_hint(std::string_view key, const Node& node, const Json& schema) {
  if (node.kind == Node::Kind::string && !allows(schema, "string")) {
    const std::string& text = node.scalar.get_ref<const std::string&>();
    if (text.size() <= kLongestEcho) {
      const Json value = Json::parse(text, nullptr, false);
      const bool fits = (value.is_number_integer() && (allows(schema, "integer") || allows(schema, "number"))) ||
                        (value.is_number_float() && allows(schema, "number")) ||
                        (value.is_boolean() && allows(schema, "boolean"));
      if (fits) return "write it without quotes: " + text;
    }
    if (allows(schema, "boolean")) return "write true or false";
  }
  if (node.is_scalar() && node.kind != Node::Kind::null) {
    if (node.kind != Node::Kind::string && allows(schema, "string")) return "put it in quotes";
    if (allows(schema, "array")) return "write a list, even of one: [ ... ]";
  }
  return explain(key, schema);
}

std::string choices(const Json& values) {
  std::vector<std::string> words;
  for (const Json& value : values) words.push_back(cut(dump_json(value)));
  return join(words);
}

}  // namespace lockstep::schema_words
