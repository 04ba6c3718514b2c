#include <algorithm>

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

bool has_type(const Json& place, std::string_view type) {
  const auto types = place.find("type");
  if (types == place.end()) return false;
  return types->is_array() ? std::find(types->begin(), types->end(), type) != types->end() : *types == type;
}

// Where an editor would mark an expression as an error although it is fine. Plain strings take it as it is.
bool refuses_expressions(const Json& place) {
  return place.contains("enum") || (place.contains("type") && !has_type(place, "string"));
}

// Of the runbook's own mappings none is likely to be an expression, and completion is better without the alternative.
bool refuses_expressions_outside(const Json& place) {
  return refuses_expressions(place) && !has_type(place, "object");
}

}  // namespace

Json editor_schema() {
  const Json& bundle = *embedded_schema("runbook");
  const Json expression{{"type", "string"}, {"pattern", "\\$\\{\\{"}, {"description", "An expression."}};
  Json inputs = Json::object();
  Json choices = Json::array();
  for (const StepSchema& step : step_schemas()) {
    const std::string prefix = slug(step.uses) + ".";
    for (const auto& [name, definition] : step.root->at("definitions").items()) {
      if (name == "outputs") continue;
      Json copy = definition;
      relocate(copy, prefix);
      inputs[prefix + name] = widen_schema(copy, expression, refuses_expressions);
    }
    Json with = Json{{"$ref", std::string(kLocal) + prefix + "with"}};
    choices.push_back(Json{{"if", {{"properties", {{"uses", {{"const", step.uses}}}}}, {"required", {"uses"}}}},
                           {"then", {{"properties", {{"with", std::move(with)}}}}}});
  }
  Json result = widen_schema(bundle, expression, refuses_expressions_outside);
  result["definitions"].update(inputs);
  // The few places where an expression makes no sense.
  result["properties"]["steps"] = bundle["properties"]["steps"];
  result["definitions"]["param"] = bundle["definitions"]["param"];
  Json& step = result["definitions"]["step"];
  step["properties"]["uses"] = bundle["definitions"]["step"]["properties"]["uses"];
  step["allOf"] = std::move(choices);
  return result;
}

}  // namespace lockstep
