// Two types of one column, field by field: what differs inside, and which type the destination should get.
// Fields are matched by name (without case); their order never matters. Pure; thread-safe.
// Recursion is as deep as the types, whose depth Dialect::parse_type bounds.
#pragma once

#include <string>
#include <vector>

#include "engines/warehouse/dialect.h"
#include "engines/warehouse/type.h"

namespace lockstep {

// One difference. `path` starts below the column and is empty for the column itself; steps into a list or fixed array
// are "element", into a map "key" and "value".
struct FieldChange {
  enum class Kind { added, removed, type };
  Kind kind = Kind::type;
  ColumnPath path;
  DataType source;       // added, type
  DataType destination;  // removed, type
};

struct TypeMerge {
  DataType with_removed;     // the source's type, plus the fields that only the destination has
  DataType without_removed;  // the source's fields only; both keep the destination's field order
  std::vector<FieldChange> changes;
  std::vector<std::string> notes;  // fields in another order, or whose names differ only in case
};

TypeMerge merge_types(const DataType& source, const DataType& destination);

// "address.city"; "items.element.price".
std::string path_text(const ColumnPath& path);

}  // namespace lockstep
