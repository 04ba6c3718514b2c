// What a run is bound to ask of its environment, before its first step: an hour's work must not end at a missing token.
#pragma once

#include <vector>

#include "engines/warehouse/connections.h"
#include "runner/graph.h"
#include "specs/diagnostic.h"
#include "specs/expression.h"
#include "specs/runbook.h"

namespace lockstep {

// Reports every secret and environment variable that has no value in `scope` and that a connection or a step cannot do
// without: one finding a name, with all the places. Left out are steps that are sure to do nothing: their `if` is false
// whatever the run brings, or they need a step of which that is true, or their for_each has no items. `scope`: params,
// env and secrets, the rest unset or answering with an error; what only a run tells is left to the run.
void check_environment(const Runbook& runbook, const Graph& graph, EvalScope scope, bool dry_run,
                       Diagnostics& diagnostics);

// Reports what the connections lack that steps open (as above): a workspace without a host, a warehouse or credentials.
// One finding a connection, with everything that is missing; a warning where only steps open it that may not run, or
// may fail (continue_on_error). `accesses`: one entry a step; `scope`, `dry_run`: as above; `secrets` are kept out of
// the findings. Sends nothing.
void check_connections(const Runbook& runbook, const Graph& graph,
                       const std::vector<std::vector<CatalogAccess>>& accesses, EvalScope scope, bool dry_run,
                       const std::vector<ConnectionPlan>& plans, const SecretSet& secrets, Diagnostics& diagnostics);

}  // namespace lockstep
