#include "specs/runbook_shape.h"

#include <algorithm>

namespace lockstep {

namespace {

// The names of the reconciliation request; a step type without those fields uses its own connection for both.
constexpr std::pair<std::string_view, std::string_view> kConnectionFields[] = {{"source_catalog", "source"},
                                                                               {"destination_catalog", "target"}};

std::string connection_field(const Json& properties, std::string_view catalog_field) {
  for (const auto& [catalog, connection] : kConnectionFields) {
    if (catalog != catalog_field) continue;
    const auto found = properties.find(connection);
    if (found != properties.end() && found->contains("x-lockstep-connection")) return std::string(connection);
  }
  return {};
}

StepShape make_shape(const StepSchema& schema) {
  StepShape shape;
  shape.schema = &schema;
  shape.outputs = ExprType::from_schema(*schema.outputs, *schema.root);
  shape.outputs_of_items = ExprType::list_of(shape.outputs);
  const auto properties = schema.with->find("properties");
  if (properties == schema.with->end()) return shape;
  for (const auto& [name, field] : properties->items()) {
    const auto mark = field.find("x-lockstep-catalog");
    if (mark != field.end()) shape.catalogs.push_back({name, *mark == "write", connection_field(*properties, name)});
  }
  shape.runs_sql = schema.uses.starts_with("sql/");
  return shape;
}

}  // namespace

const StepShape* step_shape(std::string_view uses) {
  static const std::vector<StepShape> shapes = [] {
    std::vector<StepShape> all;
    for (const StepSchema& schema : step_schemas()) all.push_back(make_shape(schema));
    return all;
  }();
  const auto found =
      std::find_if(shapes.begin(), shapes.end(), [&](const StepShape& shape) { return shape.schema->uses == uses; });
  return found == shapes.end() ? nullptr : &*found;
}

const std::vector<std::string>& planned_step_types() {
  static const std::vector<std::string> names = {
      "ai/clone-builder",       "clone/catalog",        "continuous-sync/plan",   "continuous-sync/start",
      "continuous-sync/status", "continuous-sync/stop", "streaming-clone/deploy", "streaming-clone/generate"};
  return names;
}

}  // namespace lockstep
