// The checks of a connection to a workspace: configuration, sign-in, clock, latency, warehouse, a statement, catalogs.
#pragma once

#include "engines/warehouse/checkup.h"

namespace lockstep {

void check_databricks(const CheckupRequest& request, const WorkspaceServices& services, const Call& call,
                      const OnCheck& on_check);

}  // namespace lockstep
