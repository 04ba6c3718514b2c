#include "specs/schema_expressions.h"

#include "specs/expression.h"

namespace lockstep {

namespace {

using Wanted = std::function<bool(const Json& place)>;

// Rewrites the places inside one schema. Schemas are our own files, a few levels deep.
class Widening {
 public:
  Widening(const Json& placeholder, const Wanted& wanted) : placeholder_(placeholder), wanted_(wanted) {}

  void inside(Json& schema, bool in_branch) const {
    if (!schema.is_object()) return;
    for (const char* map : {"properties", "definitions"})
      if (schema.contains(map))
        for (auto& [name, rule] : schema[map].items()) {
          const bool is_definition = map[0] == 'd';
          // Definitions are the targets of $ref; the place that refers is widened, not the target. A branch's
          // constants tell it from the others, also when the branch is a definition.
          is_definition ? inside(rule, true) : place(rule, in_branch);
        }
    for (const char* one : {"items", "additionalProperties"})
      if (schema.contains(one)) place(schema[one], false);
    for (const char* branches : {"oneOf", "anyOf"})
      if (schema.contains(branches))
        for (Json& branch : schema[branches]) inside(branch, true);
  }

 private:
  void place(Json& schema, bool in_branch) const {
    if (!schema.is_object() || (in_branch && schema.contains("const"))) return;
    inside(schema, false);
    if (wanted_(schema)) schema = Json{{"anyOf", Json::array({std::move(schema), placeholder_})}};
  }

  const Json& placeholder_;
  const Wanted& wanted_;
};

}  // namespace

Json widen_schema(const Json& schema, const Json& placeholder, const Wanted& wanted) {
  Json result = schema;
  Widening(placeholder, wanted).inside(result, false);
  return result;
}

Json with_placeholders(const Json& value) {
  if (value.is_string())
    return looks_like_template(value.get_ref<const std::string&>()) ? Json(kExpressionPlaceholder) : value;
  if (value.is_array()) {
    Json result = Json::array();
    for (const Json& item : value) result.push_back(with_placeholders(item));
    return result;
  }
  if (value.is_object()) {
    Json result = Json::object();
    for (const auto& [key, member] : value.items()) result[key] = with_placeholders(member);
    return result;
  }
  return value;
}

}  // namespace lockstep
