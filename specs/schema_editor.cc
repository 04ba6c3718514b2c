#include "specs/schema.h"
#include "specs/schema_expressions.h"

namespace lockstep {

namespace {

constexpr std::string_view kLocal = "#/definitions/";

// "provenance-sign": a name for definitions that need no escaping in a JSON pointer.
std::string slug(std::string_view uses) {
  std::string result(uses);
  for (char& c : result)
    if (c == '/') c = '-';
  return result;
}

// Points a step file's local $refs at their place in the bundle, and drops our own marks.
void relocate(Json& schema, const std::string& prefix) {
  if (schema.is_array()) {
    for (Json& one : schema) relocate(one, prefix);
    return;
  }
  if (!schema.is_object()) return;
  if (const auto ref = schema.find("$ref"); ref != schema.end() && ref->is_string()) {
    const std::string& target = ref->get_ref<const std::string&>();
    *ref = std::string(kLocal) + prefix + target.substr(kLocal.size());
  }
  for (auto& [key, one] : schema.items())
    if (key != "examples" && key != "default") relocate(one, prefix);
}

// Where an editor would mark an expression as an error although it is fine. Plain strings and mappings take it as it is
// or are not worth the poorer completion.
bool refuses_expressions(const Json& place) {
  if (place.contains("enum")) return true;
  const auto type = place.find("type");
  if (type == place.end()) return false;
  const Json types = type->is_array() ? *type : Json::array({*type});
  for (const Json& one : types)
    if (one == "string" || one == "object") return false;
  return true;
}

}  // namespace

Json editor_schema() {
  Json bundle = *embedded_schema("runbook");
  Json& definitions = bundle["definitions"];
  Json choices = Json::array();
  for (const StepSchema& step : step_schemas()) {
    const std::string prefix = slug(step.uses) + ".";
    for (const auto& [name, definition] : step.root->at("definitions").items()) {
      if (name == "outputs") continue;
      Json copy = definition;
      relocate(copy, prefix);
      definitions[prefix + name] = std::move(copy);
    }
    Json with = Json{{"$ref", std::string(kLocal) + prefix + "with"}};
    choices.push_back(Json{{"if", {{"properties", {{"uses", {{"const", step.uses}}}}}, {"required", {"uses"}}}},
                           {"then", {{"properties", {{"with", std::move(with)}}}}}});
  }
  const Json expression{{"type", "string"}, {"pattern", "\\$\\{\\{"}, {"description", "An expression."}};
  Json result = widen_schema(bundle, expression, refuses_expressions);
  // The few places where an expression makes no sense.
  result["properties"]["steps"] = bundle["properties"]["steps"];
  result["definitions"]["param"] = bundle["definitions"]["param"];
  Json& step = result["definitions"]["step"];
  step["properties"]["uses"] = bundle["definitions"]["step"]["properties"]["uses"];
  step["allOf"] = std::move(choices);
  return result;
}

}  // namespace lockstep
