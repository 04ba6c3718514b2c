#include "engines/evolution/evolution_steps.h"
#include "engines/provenance/provenance_steps.h"
#include "engines/query/query_steps.h"
#include "engines/reconciliation/reconciliation_steps.h"
#include "engines/step.h"

namespace lockstep {

const std::vector<StepType>& step_types() {
  static const std::vector<StepType> types = [] {
    std::vector<StepType> all;
    for (const std::vector<StepType>& room :
         {evolution_step_types(), reconciliation_step_types(), provenance_step_types(), query_step_types()})
      all.insert(all.end(), room.begin(), room.end());
    std::sort(all.begin(), all.end(), [](const StepType& a, const StepType& b) { return a.uses < b.uses; });
    return all;
  }();
  return types;
}

const StepType* find_step_type(std::string_view uses) {
  for (const StepType& type : step_types())
    if (type.uses == uses) return &type;
  return nullptr;
}

}  // namespace lockstep
