// Which type changes a Delta table executes in place.
//
// The matrix is Delta 4's [Delta PROTOCOL.md "Type Widening", TypeWidening.scala of 4.x, Databricks Runtime 15.4 and
// later]; VARCHAR and CHAR follow Spark's ALTER COLUMN (longer VARCHAR, STRING), and need no feature. Pure functions.
#pragma once

#include <vector>

#include "engines/warehouse/dialect.h"

namespace lockstep {

TypeChange databricks_type_change(const DataType& from, const DataType& to);

// What a table must have for a leaf to change so.
std::vector<TableFeature> databricks_features_for_type_change(const DataType& from, const DataType& to);

}  // namespace lockstep
