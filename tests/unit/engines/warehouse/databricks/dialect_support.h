// Shared by the tests of the Databricks dialect: the dialect, a table's name, types from their text.
#pragma once

#include <string_view>

#include "engines/warehouse/databricks/databricks_dialect.h"

namespace lockstep {

inline const DatabricksDialect kDialect;
inline const TableName kOrders{"prod", "sales", "orders"};

inline DataType type(std::string_view text) {
  return kDialect.parse_type(text);
}

}  // namespace lockstep
