// The fields that the three steps share. Inputs were checked against the step's schema before; what is read here is
// still checked, since a step may also be made by code.
#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "engines/evolution/alteration.h"
#include "engines/evolution/difference.h"
#include "engines/evolution/execution.h"
#include "engines/evolution/rename.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

struct EvolutionInputs {
  std::string source_catalog;  // empty for apply
  std::string destination_catalog;
  std::string schema_name;  // empty for evolve-catalog
  std::string table_name;   // empty for evolve-catalog
  bool dry_run = true;
  bool drop_removed = false;
  std::size_t max_workers = 4;
  ReadBack read_back = ReadBack::always;
  Renames renames;
  IgnoredAspects ignored;
  std::set<TableFeature> enable_features;
  [[nodiscard]] AlterationPolicy policy() const { return {drop_removed, enable_features}; }
};

// Absent and null fields keep the defaults above. Errors: "input-invalid", "rename-invalid".
Result<EvolutionInputs> read_inputs(const Json& inputs);

}  // namespace lockstep
