#include "engines/provenance/json_value.h"

#include <fmt/format.h>
#include <charconv>

#include "engines/provenance/canonical_writer.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/python_number.h"

namespace lockstep {

namespace {

bool has_surrogate(std::string_view text) {
  // A surrogate is encoded as ED A0..BF xx; every other character behind an ED has a second byte below A0.
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1))
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  return false;
}

}  // namespace

bool feed_json(const Json& value, ValueSink& sink, std::size_t max_depth) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return sink.boolean(value.get<bool>());
    case Json::value_t::number_integer:
      return sink.integer(std::to_string(value.get<std::int64_t>()));
    case Json::value_t::number_unsigned:
      return sink.integer(std::to_string(value.get<std::uint64_t>()));
    case Json::value_t::number_float:
      return sink.floating(value.get<double>());
    case Json::value_t::string:
      return sink.string(value.get_ref<const std::string&>());
    case Json::value_t::object: {
      if (max_depth == 0 || !sink.begin_object()) return false;
      for (const auto& [name, member] : value.items())
        if (!sink.key(name) || !feed_json(member, sink, max_depth - 1)) return false;
      return sink.end_object();
    }
    case Json::value_t::array: {
      if (max_depth == 0 || !sink.begin_list()) return false;
      for (const Json& item : value)
        if (!feed_json(item, sink, max_depth - 1)) return false;
      return sink.end_list();
    }
    default:
      return sink.null();
  }
}

Result<std::string> canonical_text(const Json& value, std::size_t max_depth) {
  CanonicalWriter writer;
  if (feed_json(value, writer, max_depth)) return writer.take();
  return Error("json-not-readable"_code,
               writer.problem().empty() ? fmt::format("nested deeper than {} levels", max_depth) : writer.problem(),
               "give text in UTF-8, nested no deeper than 100 levels");
}

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  JsonBuilder builder;
  Result<void> read = read_json_text(text, builder, max_depth);
  if (!read) return std::move(read).error();
  return builder.take();
}

Json* JsonBuilder::place(Json value) {
  if (open_.empty()) {
    root_ = std::move(value);
    return &root_;
  }
  Json& parent = *open_.back();
  if (parent.is_array()) {
    parent.push_back(std::move(value));
    return &parent.back();
  }
  Json& member = parent[key_];
  member = std::move(value);
  return &member;
}

bool JsonBuilder::begin(Json empty) {
  open_.push_back(place(std::move(empty)));
  return true;
}

bool JsonBuilder::null() {
  return place(Json()) != nullptr;
}
bool JsonBuilder::boolean(bool value) {
  return place(value) != nullptr;
}
bool JsonBuilder::floating(double value) {
  return place(value) != nullptr;
}

bool JsonBuilder::integer(std::string_view digits) {
  std::int64_t number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc())
    return place(number) != nullptr;
  std::uint64_t large = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), large).ec == std::errc() && digits[0] != '-')
    return place(large) != nullptr;
  return place(parse_float(digits)) != nullptr;
}

bool JsonBuilder::string(std::string_view text) {
  if (has_surrogate(text)) return refuse("a string with half a surrogate pair");
  return place(std::string(text)) != nullptr;
}

bool JsonBuilder::begin_object() {
  return begin(Json::object());
}

bool JsonBuilder::key(std::string_view name) {
  if (has_surrogate(name)) return refuse("a key with half a surrogate pair");
  key_ = name;
  return true;
}

bool JsonBuilder::begin_list() {
  return begin(Json::array());
}

bool JsonBuilder::end_object() {
  open_.pop_back();
  return true;
}

bool JsonBuilder::end_list() {
  return end_object();
}

}  // namespace lockstep
