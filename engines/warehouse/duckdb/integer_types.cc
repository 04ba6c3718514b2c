#include "engines/warehouse/duckdb/integer_types.h"

namespace lockstep {

const IntegerType* find_integer_type(const DataType& type) {
  if (type.kind != DataType::Kind::scalar) return nullptr;
  for (const IntegerType& candidate : kIntegerTypes)
    if (candidate.name == type.name) return &candidate;
  return nullptr;
}

}  // namespace lockstep
