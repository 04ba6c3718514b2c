// Opens the connections of a run. The only place that knows which connection types exist.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engines/warehouse/warehouse.h"
#include "engines/workspace/http_client.h"
#include "engines/workspace/statements.h"
#include "engines/workspace/workspace_config.h"
#include "specs/document.h"
#include "specs/result.h"
#include "specs/secrets.h"

namespace lockstep {

struct ConnectionPlan {
  std::string name;
  std::string type;       // "duckdb", "databricks"
  Json settings;          // the connection's mapping, templates resolved, checked against the runbook schema
  std::string directory;  // absolute; relative paths start here
  // Catalogs some step of this run may write. All others are attached read-only, and are never created.
  std::set<std::string, std::less<>> writable;
  // A dry run: catalogs that the live run may write, and so would make when they are missing. They answer
  // "catalog-not-made-yet" instead of "catalog-not-found".
  std::set<std::string, std::less<>> made_by_live_run;
  // By catalog: where the runbook defines it, for messages: "runbook.yaml:7". May lack any.
  std::map<std::string, std::string, std::less<>> places = {};
};

// What connections to a workspace need beside their settings. The defaults are the real things.
struct WorkspaceServices {
  // Filled with every credential that is found, and every token that is fetched, before it is used; outlives the
  // warehouses. Null: nothing is redacted (tests).
  SecretSet* secrets = nullptr;
  std::string user_agent = "lockstep";
  std::shared_ptr<HttpTransport> transport = nullptr;  // null: the HTTP module's, opened with the first such connection
  Environment environment = nullptr;                   // null: the process's
  RetryPace retry;
  StatementPace pace;
};

// Opens nothing yet: each connection is opened when get() is first called. Unknown names answer "connection-unknown".
// On destruction, statements still running are interrupted and files are closed.
std::unique_ptr<Warehouses> plan_warehouses(std::vector<ConnectionPlan> plans, WorkspaceServices services = {});

// What can be told of a connection before it is opened: whether its settings, with the environment and the profile's
// file, name a workspace, a warehouse and a way to sign in. Sends nothing; `services`: the environment counts. All that
// is missing is in one error, with the first one's code.
// Errors: those of resolve_workspace_config(), "workspace-secret-too-short".
Result<void> check_settings(const ConnectionPlan& plan, const WorkspaceServices& services = {});

// A connection of type databricks, opened by itself: settings resolved, credentials chosen, nothing sent.
// `name` is shown; `settings` and `directory` as for resolve_workspace_config().
// Errors: those of resolve_workspace_config(), "workspace-secret-too-short", "engine-not-found".
Result<std::unique_ptr<Warehouse>> open_databricks(const std::string& name, const Json& settings,
                                                   const std::string& directory, const WorkspaceServices& services);

}  // namespace lockstep
