#include "engines/warehouse/table_features.h"

namespace lockstep {

std::string_view table_feature_name(TableFeature feature) {
  switch (feature) {
    case TableFeature::type_widening:
      return "typeWidening";
    case TableFeature::column_mapping:
      return "columnMapping";
    case TableFeature::column_defaults:
      return "allowColumnDefaults";
    case TableFeature::timestamp_ntz:
      return "timestampNtz";
    case TableFeature::variant_type:
      return "variantType";
  }
  return {};
}

std::optional<TableFeature> find_table_feature(std::string_view name) {
  for (const TableFeature feature : kTableFeatures)
    if (table_feature_name(feature) == name) return feature;
  return std::nullopt;
}

}  // namespace lockstep
