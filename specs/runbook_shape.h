// What the builder needs to know of a step type, drawn from its schema once. Private to specs/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "specs/expression.h"
#include "specs/schema.h"

namespace lockstep {

// A field of `with` that names a catalog (`x-lockstep-catalog`).
struct CatalogField {
  std::string name;
  bool writes = false;
  std::string connection_field;  // the field that names the catalog's connection; empty: the step's own
};

struct StepShape {
  const StepSchema* schema = nullptr;
  TypePtr outputs;
  TypePtr outputs_of_items;  // for_each: the list of them
  std::vector<CatalogField> catalogs;
  bool runs_sql = false;  // `statement` is SQL of the user's
};

// Null for an unknown step type. Thread-safe; the pointer stays valid.
const StepShape* step_shape(std::string_view uses);

// Step types that the documentation names and this version does not have.
const std::vector<std::string>& planned_step_types();

}  // namespace lockstep
