#include "specs/schema_acceptor.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "specs/schema.h"

namespace lockstep {

namespace {

constexpr int kDeepest = 100;

// Bits, as a schema may name several.
constexpr unsigned kNull = 1;
constexpr unsigned kBoolean = 2;
constexpr unsigned kInteger = 4;
constexpr unsigned kFraction = 8;
constexpr unsigned kText = 16;
constexpr unsigned kList = 32;
constexpr unsigned kObject = 64;
constexpr unsigned kAnyType = 127;

std::optional<unsigned> type_named(const Json& name) {
  static constexpr std::array<std::pair<std::string_view, unsigned>, 7> kTypes{{{"null", kNull},
                                                                                {"boolean", kBoolean},
                                                                                {"integer", kInteger},
                                                                                {"number", kInteger | kFraction},
                                                                                {"string", kText},
                                                                                {"array", kList},
                                                                                {"object", kObject}}};
  if (!name.is_string()) return std::nullopt;
  for (const auto& [known, type] : kTypes)
    if (name == known) return type;
  return std::nullopt;
}

// 0: of no type that a schema knows.
unsigned type_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return kNull;
    case Json::value_t::boolean:
      return kBoolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return kInteger;
    case Json::value_t::number_float:  // 1.0 is an integer too: where one is wanted, the answer is "not sure"
      return kFraction;
    case Json::value_t::string:
      return kText;
    case Json::value_t::array:
      return kList;
    case Json::value_t::object:
      return kObject;
    default:
      return 0;
  }
}

bool is_annotation(const std::string& keyword) {
  static constexpr std::array kNotes{"$schema", "title", "description", "examples", "default", "definitions", "format"};
  return keyword.starts_with("x-") || std::find(kNotes.begin(), kNotes.end(), keyword) != kNotes.end();
}

}  // namespace

struct SchemaAcceptor::Place {
  struct Property {
    std::string name;
    const Place* place = nullptr;
    bool required = false;
  };

  bool understood = true;
  unsigned types = kAnyType;
  std::optional<std::int64_t> least;              // of integers
  std::optional<std::vector<std::string>> texts;  // the only ones, when there are any
  std::vector<Property> properties;               // in the order of names, as the members of a value are
  std::size_t required = 0;
  bool closed = false;           // no other members
  const Place* items = nullptr;  // null: any

  [[nodiscard]] bool accepts(const Json& value, int depth) const {
    if (!understood || depth == 0 || (types & type_of(value)) == 0) return false;
    if (value.is_object()) return accepts_members(value.get_ref<const Json::object_t&>(), depth);
    if (value.is_array())
      return items == nullptr ||
             std::all_of(value.begin(), value.end(), [&](const Json& item) { return items->accepts(item, depth - 1); });
    if (texts && value.is_string())
      return std::find(texts->begin(), texts->end(), value.get_ref<const std::string&>()) != texts->end();
    if (least && value.is_number()) return value.is_number_integer() && value >= *least;
    return true;
  }

  [[nodiscard]] bool accepts_members(const Json::object_t& members, int depth) const {
    std::size_t there = 0;  // of the required ones
    auto property = properties.begin();
    for (const auto& [name, member] : members) {
      while (property != properties.end() && property->name < name) ++property;
      if (property == properties.end() || property->name != name) {
        if (closed) return false;
        continue;
      }
      if (property->place != nullptr && !property->place->accepts(member, depth - 1)) return false;
      there += property->required ? 1 : 0;
    }
    return there == required;
  }

  Property& property(const std::string& name) {
    const auto before = [](const Property& a, const std::string& b) { return a.name < b; };
    auto place = std::lower_bound(properties.begin(), properties.end(), name, before);
    if (place == properties.end() || place->name != name) place = properties.insert(place, {name, nullptr, false});
    return *place;
  }

  void take_types(const Json& names) {
    unsigned named = 0;
    for (const Json& name : names.is_array() ? names : Json::array({names})) {
      const std::optional<unsigned> type = type_named(name);
      understood = understood && type;
      named |= type.value_or(0);
    }
    types &= named;
  }

  void take_values(const Json& values) {
    unsigned allowed = 0;
    texts.emplace();
    for (const Json& value : values) {
      allowed |= type_of(value);
      if (value.is_string()) texts->push_back(value.get<std::string>());
    }
    understood = understood && (allowed & ~(kText | kNull)) == 0U;
    types &= allowed;
  }
};

SchemaAcceptor::SchemaAcceptor(const Json& schema, const Json& root) : start_(place(schema, root)) {}
SchemaAcceptor::~SchemaAcceptor() = default;

bool SchemaAcceptor::accepts(const Json& value) const {
  return start_->accepts(value, kDeepest);
}

const SchemaAcceptor::Place* SchemaAcceptor::place(const Json& schema, const Json& root) {
  const Json* resolved = resolve_schema(schema, root);
  const auto [found, is_new] = places_.emplace(resolved, nullptr);
  if (is_new) {
    found->second = std::make_unique<Place>();
    if (resolved == nullptr || !resolved->is_object())
      found->second->understood = false;
    else
      fill(*found->second, *resolved, root);
  }
  return found->second.get();
}

void SchemaAcceptor::fill(Place& place, const Json& schema, const Json& root) {
  for (const auto& [keyword, rule] : schema.items()) {
    if (is_annotation(keyword)) continue;
    if (keyword == "type") {
      place.take_types(rule);
    } else if (keyword == "enum" && rule.is_array()) {
      place.take_values(rule);
    } else if (keyword == "minimum" && rule.is_number_integer()) {
      place.least = rule.get<std::int64_t>();
    } else if (keyword == "items" && rule.is_object()) {
      place.items = this->place(rule, root);
    } else if (keyword == "additionalProperties" && rule.is_boolean()) {
      place.closed = !rule.get<bool>();
    } else if (keyword == "properties" && rule.is_object()) {
      for (const auto& [name, property] : rule.items()) place.property(name).place = this->place(property, root);
    } else if (keyword == "required" && rule.is_array()) {
      for (const Json& name : rule) {
        if (!name.is_string()) {
          place.understood = false;
          continue;
        }
        Place::Property& property = place.property(name.get<std::string>());
        place.required += property.required ? 0 : 1;
        property.required = true;
      }
    } else {
      place.understood = false;
    }
  }
  // A property that is required, and that `properties` does not name, is closed out by additionalProperties: false.
  for (const Place::Property& property : place.properties)
    if (place.closed && property.place == nullptr) place.understood = false;
}

}  // namespace lockstep
