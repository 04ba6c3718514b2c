#include "engines/evolution/inputs.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace lockstep {
namespace {

const Json* given(const Json& inputs, const char* field) {
  const auto found = inputs.find(field);
  return found == inputs.end() || found->is_null() ? nullptr : &*found;
}

Error invalid(const char* field, const char* wanted) {
  return Error("input-invalid"_code, fmt::format("\"{}\" is not {}", field, wanted),
               "see the step's fields with: lockstep schema STEP");
}

Result<IgnoredAspects> read_ignored(const Json& inputs) {
  IgnoredAspects ignored;
  const Json* list = given(inputs, "ignore");
  if (list == nullptr) return ignored;
  constexpr const char* kWanted = "a list of \"comment\", \"default\" and \"nullability\"";
  if (!list->is_array()) return invalid("ignore", kWanted);
  for (const Json& item : *list) {
    if (item == "comment")
      ignored.comment = true;
    else if (item == "default")
      ignored.default_value = true;
    else if (item == "nullability")
      ignored.nullability = true;
    else
      return invalid("ignore", kWanted);
  }
  return ignored;
}

Result<std::set<TableFeature>> read_features(const Json& inputs) {
  std::set<TableFeature> features;
  const Json* list = given(inputs, "enable_features");
  if (list == nullptr) return features;
  constexpr const char* kWanted =
      "a list of \"typeWidening\", \"columnMapping\", \"allowColumnDefaults\", \"timestampNtz\" and \"variantType\"";
  if (!list->is_array()) return invalid("enable_features", kWanted);
  for (const Json& item : *list) {
    const std::optional<TableFeature> feature =
        item.is_string() ? find_table_feature(item.get_ref<const std::string&>()) : std::nullopt;
    if (!feature) return invalid("enable_features", kWanted);
    features.insert(*feature);
  }
  return features;
}

}  // namespace

Result<EvolutionInputs> read_inputs(const Json& inputs) {
  EvolutionInputs read;
  for (auto [field, target] :
       {std::pair{"source_catalog", &read.source_catalog}, std::pair{"destination_catalog", &read.destination_catalog},
        std::pair{"schema_name", &read.schema_name}, std::pair{"table_name", &read.table_name}})
    if (const Json* value = given(inputs, field)) {
      if (!value->is_string()) return invalid(field, "a text");
      *target = value->get<std::string>();
    }
  for (auto [field, target] : {std::pair{"dry_run", &read.dry_run}, std::pair{"drop_removed", &read.drop_removed}})
    if (const Json* value = given(inputs, field)) {
      if (!value->is_boolean()) return invalid(field, "true or false");
      *target = value->get<bool>();
    }
  if (const Json* value = given(inputs, "read_back")) {
    if (*value != "always" && *value != "in_doubt") return invalid("read_back", "\"always\" or \"in_doubt\"");
    if (*value == "in_doubt") read.read_back = ReadBack::in_doubt;
  }
  if (const Json* value = given(inputs, "max_workers")) {
    constexpr std::int64_t kMost = 256;
    if (!value->is_number_integer() || value->get<std::int64_t>() < 1 || value->get<std::int64_t>() > kMost)
      return invalid("max_workers", "a whole number from 1 to 256");
    read.max_workers = value->get<std::size_t>();
  }
  Result<IgnoredAspects> ignored = read_ignored(inputs);
  if (!ignored) return std::move(ignored).error();
  read.ignored = *ignored;
  Result<std::set<TableFeature>> features = read_features(inputs);
  if (!features) return std::move(features).error();
  read.enable_features = std::move(features).value();
  const Json* map = given(inputs, "rename");
  Result<Renames> renames = Renames::from_json(map == nullptr ? Json() : *map);
  if (!renames) return std::move(renames).error();
  read.renames = std::move(renames).value();
  return read;
}

}  // namespace lockstep
