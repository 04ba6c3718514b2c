#include "engines/workspace/answer_json.h"

#include <simdjson.h>
#include <string_view>

namespace lockstep {

namespace {

constexpr std::size_t kDeepest = 100;

// Copying or printing a tree recurses: one that is nested millions deep would end the process.
bool too_deep(std::string_view body) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

using Element = simdjson::dom::element;
using Kind = simdjson::dom::element_type;

// The kinds of numbers are those of nlohmann's own parser.
Json json_of(const Element& element) {  // NOLINT(misc-no-recursion): no deeper than kDeepest
  switch (element.type()) {
    case Kind::ARRAY: {
      const simdjson::dom::array items = element.get_array().value_unsafe();
      Json::array_t list;
      list.reserve(items.size());
      for (const Element item : items) list.push_back(json_of(item));
      return list;
    }
    case Kind::OBJECT: {
      const simdjson::dom::object members = element.get_object().value_unsafe();
      Json::object_t object;
      for (const auto& [key, value] : members) object.insert_or_assign(std::string(key), json_of(value));
      return object;
    }
    case Kind::STRING:
      return std::string(element.get_string().value_unsafe());
    case Kind::INT64: {
      const std::int64_t number = element.get_int64().value_unsafe();
      return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
    }
    case Kind::UINT64:
      return element.get_uint64().value_unsafe();
    case Kind::DOUBLE:
      return element.get_double().value_unsafe();
    case Kind::BOOL:
      return element.get_bool().value_unsafe();
    case Kind::NULL_VALUE:
      break;
  }
  return nullptr;
}

// What simdjson does not read is left to nlohmann's parser: integers beyond 64 bits, a byte order mark.
std::optional<Json> parse_slowly(std::string_view body) {
  if (too_deep(body)) return std::nullopt;
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace

std::optional<Json> parse_answer(const std::string& body) {
  constexpr std::size_t kKept = std::size_t{256} << 10;  // bytes: for bodies up to this size a thread keeps the memory
  thread_local simdjson::dom::parser kept;
  simdjson::dom::parser large;
  simdjson::dom::parser& parser = body.size() <= kKept ? kept : large;
  if (parser.max_depth() != kDeepest + 1 && parser.allocate(body.size(), kDeepest + 1) != simdjson::SUCCESS)
    return parse_slowly(body);
  Element element;
  const bool padded = body.capacity() - body.size() >= simdjson::SIMDJSON_PADDING;
  if (parser.parse(body.data(), body.size(), !padded).get(element) != simdjson::SUCCESS) return parse_slowly(body);
  return json_of(element);
}

}  // namespace lockstep
