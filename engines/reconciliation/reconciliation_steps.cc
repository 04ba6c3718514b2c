#include "engines/reconciliation/reconciliation_steps.h"

#include "engines/reconciliation/cross_metastore.h"

namespace lockstep {

std::vector<StepType> reconciliation_step_types() {
  std::vector<StepType> types;
  types.push_back({"reconciliation/cross-metastore", make_cross_metastore, true});
  return types;
}

}  // namespace lockstep
