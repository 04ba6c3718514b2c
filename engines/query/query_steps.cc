#include "engines/query/query_steps.h"

#include "engines/query/sql_query.h"

namespace lockstep {

std::vector<StepType> query_step_types() {
  std::vector<StepType> types;
  types.push_back({"sql/query", make_sql_query, true});
  return types;
}

}  // namespace lockstep
