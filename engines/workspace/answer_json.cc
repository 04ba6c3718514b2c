#include "engines/workspace/answer_json.h"

#include <simdjson.h>
#include <mutex>
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

// A parser whose memory is warm: to touch new pages takes as long as to parse what goes into them. Each thread has one
// for small bodies, all share one for those of a catalog's metadata; the largest ones get one of their own.
class ParserLease {
 public:
  explicit ParserLease(std::size_t bytes) {
    constexpr std::size_t kSmall = std::size_t{256} << 10;
    constexpr std::size_t kShared = std::size_t{2} << 20;
    thread_local simdjson::dom::parser small;
    static simdjson::dom::parser shared;
    if (bytes <= kSmall) {
      parser_ = &small;
      return;
    }
    if (bytes <= kShared) lock_ = std::unique_lock(shared_mutex(), std::try_to_lock);
    parser_ = lock_.owns_lock() ? &shared : &own_;
  }
  simdjson::dom::parser* operator->() { return parser_; }

 private:
  static std::mutex& shared_mutex() {
    static std::mutex mutex;
    return mutex;
  }
  std::unique_lock<std::mutex> lock_;
  simdjson::dom::parser own_;
  simdjson::dom::parser* parser_ = nullptr;
};

}  // namespace

std::optional<Json> parse_answer(const std::string& body) {
  ParserLease parser(body.size());
  if (parser->max_depth() != kDeepest + 1 && parser->allocate(body.size(), kDeepest + 1) != simdjson::SUCCESS)
    return parse_slowly(body);
  Element element;
  const bool padded = body.capacity() - body.size() >= simdjson::SIMDJSON_PADDING;
  if (parser->parse(body.data(), body.size(), !padded).get(element) != simdjson::SUCCESS) return parse_slowly(body);
  return json_of(element);
}

}  // namespace lockstep
