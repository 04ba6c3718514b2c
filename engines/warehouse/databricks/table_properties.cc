#include "engines/warehouse/databricks/table_properties.h"

#include <algorithm>
#include <set>

#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

std::string property(const Dependents& dependents, const std::string& name) {
  const std::string folded = fold_name(name);
  for (const auto& [known, value] : dependents.properties)
    if (fold_name(known) == folded) return fold_name(value);
  return {};
}

// 'enabled' is what older writers set; the protocol prints 'supported'.
bool feature_listed(const Dependents& dependents, const std::string& name) {
  const std::string value = property(dependents, "delta.feature." + name);
  return value == "supported" || value == "enabled";
}

void needed_by(const DataType& type, std::set<TableFeature>& features);

// Characters that Parquet's field names cannot have [DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES].
void needed_by_name(const std::string& name, std::set<TableFeature>& features) {
  if (name.find_first_of(" ,;{}()\n\t=") != std::string::npos) features.insert(TableFeature::column_mapping);
}

void needed_by(const DataType& type, std::set<TableFeature>& features) {
  if (type.kind == DataType::Kind::scalar && type.name == "TIMESTAMP_NTZ") features.insert(TableFeature::timestamp_ntz);
  if (type.kind == DataType::Kind::scalar && type.name == "VARIANT") features.insert(TableFeature::variant_type);
  for (const TypeField& field : type.fields) {
    if (type.kind == DataType::Kind::structure) needed_by_name(field.name, features);
    needed_by(field.type, features);
  }
}

}  // namespace

bool delta_has_feature(const Dependents& dependents, TableFeature feature) {
  switch (feature) {
    case TableFeature::type_widening:  // the property, not the feature: turned off, it blocks further changes
      return property(dependents, "delta.enableTypeWidening") == "true";
    case TableFeature::column_mapping: {
      const std::string mode = property(dependents, "delta.columnMapping.mode");
      return mode == "name" || mode == "id";
    }
    case TableFeature::column_defaults:
      return feature_listed(dependents, "allowColumnDefaults");
    case TableFeature::timestamp_ntz:
      return feature_listed(dependents, "timestampNtz");
    case TableFeature::variant_type:
      return feature_listed(dependents, "variantType") || feature_listed(dependents, "variantType-preview");
  }
  return false;
}

std::pair<std::string, std::string> delta_feature_property(TableFeature feature) {
  if (feature == TableFeature::type_widening) return {"delta.enableTypeWidening", "true"};
  if (feature == TableFeature::column_mapping) return {"delta.columnMapping.mode", "name"};
  return {"delta.feature." + std::string(table_feature_name(feature)), "supported"};
}

std::vector<TableFeature> delta_features_for_addition(const std::vector<std::string>& path, const DataType& type) {
  std::set<TableFeature> features;
  if (!path.empty()) needed_by_name(path.back(), features);
  needed_by(type, features);
  return {features.begin(), features.end()};
}

}  // namespace lockstep
