// From the runbook's `connections` to plans that can be opened.
#pragma once

#include <vector>

#include "engines/warehouse/connections.h"
#include "runner/cli/load.h"
#include "runner/run_secrets.h"

namespace lockstep {

// Connections may use params, env and secrets, but nothing that only a run knows. The catalogs that steps write are
// writable; in a dry run none is.
Result<std::vector<ConnectionPlan>> plan_connections(const LoadedRunbook& loaded, const RunSecrets& secrets,
                                                     bool dry_run);

}  // namespace lockstep
