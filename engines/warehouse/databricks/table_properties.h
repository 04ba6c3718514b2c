// Where a Delta table says what features it has: TBLPROPERTIES. Pure functions over names; thread-safe.
// [Delta documentation: column mapping, type widening, default columns, table features.]
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/table_features.h"
#include "engines/warehouse/type.h"

namespace lockstep {

// False where the properties say no, and where they are not known.
bool delta_has_feature(const Dependents& dependents, TableFeature feature);

// The property that turns the feature on, as {name, value}.
std::pair<std::string, std::string> delta_feature_property(TableFeature feature);

// What a table must have to hold a column or field of the name and type.
std::vector<TableFeature> delta_features_for_addition(const std::vector<std::string>& path, const DataType& type);

}  // namespace lockstep
