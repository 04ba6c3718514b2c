#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "specs/json_member.h"

#include "specs/expression.h"

namespace lockstep {

namespace {

using Kind = ExprType::Kind;

constexpr int kMaxSchemaDepth = 24;

TypePtr make(ExprType type) {
  return std::make_shared<const ExprType>(std::move(type));
}

TypePtr or_null(const TypePtr& type) {
  if (type->nullable || type->kind == Kind::any || type->kind == Kind::null) return type;
  ExprType copy = *type;
  copy.nullable = true;
  return make(std::move(copy));
}

std::optional<Kind> kind_of(std::string_view name) {
  static constexpr std::pair<std::string_view, Kind> kNames[] = {
      {"null", Kind::null},     {"boolean", Kind::boolean}, {"integer", Kind::integer}, {"number", Kind::number},
      {"string", Kind::string}, {"array", Kind::list},      {"object", Kind::object}};
  for (const auto& [known, kind] : kNames)
    if (known == name) return kind;
  return std::nullopt;
}

// "#/definitions/x" inside root; null when it leads nowhere.
const Json* local_reference(const Json& schema, const Json& root) {
  const Json* reference = find_member(schema, "$ref");
  if (reference == nullptr || !reference->is_string()) return nullptr;
  const std::string& text = reference->get_ref<const std::string&>();
  if (!text.starts_with('#')) return nullptr;
  try {
    const Json::json_pointer pointer(text.substr(1));
    return root.contains(pointer) ? &root.at(pointer) : nullptr;
  } catch (const Json::exception&) {  // no JSON pointer: the schema's own test finds it
    return nullptr;
  }
}

class SchemaReader {
 public:
  explicit SchemaReader(const Json& root) : root_(root) {}

  TypePtr read(const Json& schema, int depth) {
    if (!schema.is_object() || depth > kMaxSchemaDepth) return ExprType::of_kind(Kind::any);
    if (schema.contains("$ref")) {
      const Json* target = local_reference(schema, root_);
      return target == nullptr ? ExprType::of_kind(Kind::any) : read(*target, depth + 1);
    }
    for (const char* keyword : {"oneOf", "anyOf"})
      if (const Json* choices = find_member(schema, keyword);
          choices != nullptr && choices->is_array() && !schema.contains("properties"))
        return any_of(*choices, depth);
    if (const Json* all = find_member(schema, "allOf");
        all != nullptr && all->is_array() && all->size() == 1 && !schema.contains("type"))
      return read((*all)[0], depth + 1);
    if (const Json* value = find_member(schema, "const"); value != nullptr) return literal(*value);
    if (const Json* values = find_member(schema, "enum"); values != nullptr && values->is_array())
      return enumeration(*values);
    const Json* type = find_member(schema, "type");
    if (type == nullptr) return schema.contains("properties") ? object(schema, depth) : ExprType::of_kind(Kind::any);
    if (type->is_string()) return named(type->get_ref<const std::string&>(), schema, depth);
    std::vector<TypePtr> types;
    if (type->is_array())
      for (const Json& name : *type)
        if (name.is_string()) types.push_back(named(name.get_ref<const std::string&>(), schema, depth));
    return choose(types);
  }

 private:
  static TypePtr literal(const Json& value) {
    return value.is_string() ? ExprType::string_of({value.get<std::string>()}) : ExprType::of_value(value);
  }

  static TypePtr enumeration(const Json& values) {
    std::vector<TypePtr> types;
    std::vector<std::string> texts;
    for (const Json& value : values) {
      if (value.is_string())
        texts.push_back(value.get<std::string>());
      else
        types.push_back(ExprType::of_value(value));
    }
    if (!texts.empty()) types.push_back(ExprType::string_of(std::move(texts)));
    return choose(types);
  }

  // One of several types: a plain type where they have one in common, a list of possibilities otherwise.
  static TypePtr choose(const std::vector<TypePtr>& types) {
    if (types.empty()) return ExprType::of_kind(Kind::any);
    TypePtr together = types[0];
    for (const TypePtr& type : types) together = ExprType::unite(together, type);
    if (together->kind != Kind::any) return together;
    ExprType any;
    for (const TypePtr& type : types) {
      if (type->kind == Kind::any && type->one_of.empty()) return ExprType::of_kind(Kind::any);
      if (type->one_of.empty())
        any.one_of.push_back(type);
      else
        any.one_of.insert(any.one_of.end(), type->one_of.begin(), type->one_of.end());
    }
    return make(std::move(any));
  }

  TypePtr any_of(const Json& choices, int depth) {
    std::vector<TypePtr> types;
    for (const Json& choice : choices) types.push_back(read(choice, depth + 1));
    return choose(types);
  }

  TypePtr named(const std::string& name, const Json& schema, int depth) {
    const std::optional<Kind> kind = kind_of(name);
    if (!kind) return ExprType::of_kind(Kind::any);
    if (*kind == Kind::object) return object(schema, depth);
    if (*kind != Kind::list) return ExprType::of_kind(*kind);
    const Json* items = find_member(schema, "items");
    return items == nullptr ? ExprType::of_kind(Kind::list) : ExprType::list_of(read(*items, depth + 1));
  }

  TypePtr object(const Json& schema, int depth) {
    ExprType type;
    type.kind = Kind::object;
    const Json* required = find_member(schema, "required");
    if (const Json* properties = find_member(schema, "properties"); properties != nullptr && properties->is_object()) {
      for (const auto& [name, field] : properties->items()) {
        const bool always =
            required != nullptr && std::find(required->begin(), required->end(), name) != required->end();
        const TypePtr field_type = read(field, depth + 1);
        type.fields.emplace(name, always ? field_type : or_null(field_type));
      }
    }
    const Json* others = find_member(schema, "additionalProperties");
    type.open = others == nullptr ? type.fields.empty() : !others->is_boolean() || others->get<bool>();
    if (others != nullptr && others->is_object()) type.element = read(*others, depth + 1);
    return make(std::move(type));
  }

  const Json& root_;
};

std::string_view kind_name(Kind kind) {
  static constexpr std::array<std::string_view, 8> kNames = {"any",    "null",   "boolean", "integer",
                                                             "number", "string", "list",    "object"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string quote_all(const std::vector<std::string>& values) {
  std::string text;
  for (std::size_t i = 0; i < values.size() && i < 12; ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", values[i]);
  return values.size() > 12 ? text + ", ..." : text;
}

bool numeric(Kind kind) {
  return kind == Kind::integer || kind == Kind::number;
}

TypePtr unite_objects(const ExprType& a, const ExprType& b) {
  ExprType type;
  type.kind = Kind::object;
  type.nullable = a.nullable || b.nullable;
  type.open = a.open || b.open;
  for (const auto& [name, field] : a.fields) {
    const auto other = b.fields.find(name);
    if (other != b.fields.end())
      type.fields.emplace(name, ExprType::unite(field, other->second));
    else
      type.fields.emplace(name, b.open ? ExprType::of_kind(Kind::any) : or_null(field));
  }
  for (const auto& [name, field] : b.fields)
    if (!a.fields.contains(name)) type.fields.emplace(name, a.open ? ExprType::of_kind(Kind::any) : or_null(field));
  if (a.open && b.open && a.element && b.element) type.element = ExprType::unite(a.element, b.element);
  return make(std::move(type));
}

}  // namespace

TypePtr ExprType::of_kind(Kind kind) {
  static const std::array<TypePtr, 8> kTypes = [] {
    std::array<TypePtr, 8> types;
    for (std::size_t i = 0; i < types.size(); ++i) {
      ExprType type;
      type.kind = static_cast<Kind>(i);
      type.open = type.kind == Kind::object;
      types.at(i) = make(std::move(type));
    }
    return types;
  }();
  return kTypes.at(static_cast<std::size_t>(kind));
}

TypePtr ExprType::list_of(TypePtr element) {
  ExprType type;
  type.kind = Kind::list;
  type.element = std::move(element);
  return make(std::move(type));
}

TypePtr ExprType::string_of(std::vector<std::string> values) {
  ExprType type;
  type.kind = Kind::string;
  type.values = std::move(values);
  return make(std::move(type));
}

TypePtr ExprType::from_schema(const Json& schema, const Json& root) {
  return SchemaReader(root).read(schema, 0);
}

TypePtr ExprType::of_value(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return of_kind(Kind::null);
    case Json::value_t::boolean:
      return of_kind(Kind::boolean);
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return of_kind(Kind::integer);
    case Json::value_t::number_float:
      return of_kind(Kind::number);
    case Json::value_t::string:
      return of_kind(Kind::string);
    case Json::value_t::array: {
      if (value.empty()) return of_kind(Kind::list);
      TypePtr element = of_value(value[0]);
      for (const Json& item : value) element = unite(element, of_value(item));
      return list_of(element);
    }
    case Json::value_t::object: {
      ExprType type;
      type.kind = Kind::object;
      for (const auto& [name, field] : value.items()) type.fields.emplace(name, of_value(field));
      return make(std::move(type));
    }
    default:
      return of_kind(Kind::any);
  }
}

TypePtr ExprType::unite(const TypePtr& a, const TypePtr& b) {
  if (a == b) return a;
  if (a->kind == Kind::null) return or_null(b);
  if (b->kind == Kind::null) return or_null(a);
  if (numeric(a->kind) && numeric(b->kind)) {
    const TypePtr wide = a->kind == b->kind ? of_kind(a->kind) : of_kind(Kind::number);
    return a->nullable || b->nullable ? or_null(wide) : wide;
  }
  if (a->kind != b->kind || a->kind == Kind::any) return of_kind(Kind::any);
  if (a->kind == Kind::object) return unite_objects(*a, *b);
  ExprType type = *a;
  type.nullable = a->nullable || b->nullable;
  if (a->kind == Kind::list) type.element = a->element && b->element ? unite(a->element, b->element) : nullptr;
  if (a->values.empty() || b->values.empty()) {
    type.values.clear();
  } else {
    for (const std::string& value : b->values)
      if (std::find(type.values.begin(), type.values.end(), value) == type.values.end()) type.values.push_back(value);
  }
  return make(std::move(type));
}

std::string ExprType::to_string() const {
  std::string text;
  if (kind == Kind::list && element && element->kind != Kind::any) {
    text = fmt::format("list of {}", element->to_string());
  } else if (kind == Kind::object && !fields.empty()) {
    text = "object {";
    std::size_t shown = 0;
    for (const auto& [name, field] : fields) {
      if (shown == 8) break;
      text += shown++ == 0 ? name : ", " + name;
    }
    text += open || shown < fields.size() ? ", ...}" : "}";
  } else if (kind == Kind::string && !values.empty()) {
    text = fmt::format("string ({})", quote_all(values));
  } else if (kind == Kind::any && !one_of.empty()) {
    for (const TypePtr& type : one_of) text += (text.empty() ? "" : " or ") + type->to_string();
  } else {
    text = kind_name(kind);
  }
  return nullable ? text + " or null" : text;
}

std::optional<std::string> misfit(const ExprType& from, const ExprType& to) {
  if (!to.one_of.empty() || !from.one_of.empty()) {
    const auto possible = [&](const ExprType& a, const ExprType& b) { return !misfit(a, b); };
    const bool fits = !from.one_of.empty() ? std::any_of(from.one_of.begin(), from.one_of.end(),
                                                         [&](const TypePtr& type) { return possible(*type, to); })
                                           : std::any_of(to.one_of.begin(), to.one_of.end(),
                                                         [&](const TypePtr& type) { return possible(from, *type); });
    if (fits) return std::nullopt;
    return fmt::format("{} is given where {} is needed", from.to_string(), to.to_string());
  }
  if (from.kind == Kind::any || to.kind == Kind::any) return std::nullopt;
  const bool to_null = to.nullable || to.kind == Kind::null;
  if (from.kind == Kind::null && to_null) return std::nullopt;
  if (from.kind != to.kind && !(from.kind == Kind::integer && to.kind == Kind::number))
    return fmt::format("{} is given where {} is needed", from.to_string(), to.to_string());
  if (from.nullable && !to_null)
    return fmt::format("{} is given where {} is needed; it may be null", from.to_string(), to.to_string());
  if (from.kind == Kind::list && from.element && to.element) {
    if (std::optional<std::string> reason = misfit(*from.element, *to.element))
      return fmt::format("a list is given whose items do not fit: {}", *reason);
  }
  if (from.kind == Kind::string && !from.values.empty() && !to.values.empty()) {
    const auto allowed = [&](const std::string& value) {
      return std::find(to.values.begin(), to.values.end(), value) != to.values.end();
    };
    if (std::none_of(from.values.begin(), from.values.end(), allowed))
      return fmt::format("{} is given where one of {} is needed", quote_all(from.values), quote_all(to.values));
  }
  if (from.kind != Kind::object) return std::nullopt;
  for (const auto& [name, field] : from.fields) {
    const auto wanted = to.fields.find(name);
    if (wanted == to.fields.end()) {
      if (!to.open)
        return fmt::format("an object is given whose field \"{}\" does not exist in {}", name, to.to_string());
      if (!to.element) continue;
    }
    const ExprType& place = wanted == to.fields.end() ? *to.element : *wanted->second;
    if (std::optional<std::string> reason = misfit(*field, place))
      return fmt::format("an object is given whose field \"{}\" does not fit: {}", name, *reason);
  }
  for (const auto& [name, field] : to.fields)
    if (!from.open && !field->nullable && field->kind != Kind::any && !from.fields.contains(name))
      return fmt::format("an object is given without the field \"{}\"", name);
  return std::nullopt;
}

}  // namespace lockstep
