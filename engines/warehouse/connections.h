// Opens the connections of a run. The only place that knows which connection types exist.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engines/warehouse/warehouse.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

struct ConnectionPlan {
  std::string name;
  std::string type;       // "duckdb"
  Json settings;          // the connection's mapping, templates resolved, checked against the runbook schema
  std::string directory;  // absolute; relative paths start here
  // Catalogs some step of this run may write. All others are attached read-only, and are never created.
  std::set<std::string, std::less<>> writable;
  // A dry run: catalogs that the live run may write, and so would make when they are missing. They answer
  // "catalog-not-made-yet" instead of "catalog-not-found".
  std::set<std::string, std::less<>> made_by_live_run;
};

// Opens nothing yet: each connection is opened when get() is first called. Unknown names answer "connection-unknown".
// On destruction, statements still running are interrupted and files are closed.
std::unique_ptr<Warehouses> plan_warehouses(std::vector<ConnectionPlan> plans);

}  // namespace lockstep
