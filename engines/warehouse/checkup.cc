#include "engines/warehouse/checkup.h"

#include <fmt/format.h>

#include "engines/warehouse/databricks/databricks_checkup.h"

namespace lockstep {

namespace {

// Opening a file or a lake proves that it is there, readable and of a version that the engine knows.
void check_embedded(const CheckupRequest& request, const Call& call, const OnCheck& on_check) {
  ConnectionPlan plan = request.plan;
  plan.writable.clear();  // looked at read-only: nothing comes into being
  const Json catalogs = plan.settings.value("catalogs", Json::object());
  const std::string name = plan.name;
  const std::unique_ptr<Warehouses> warehouses = plan_warehouses({std::move(plan)});
  Result<Warehouse*> warehouse = warehouses->get(name);
  if (!warehouse) {
    on_check({"engine", Check::Status::failed, warehouse.error().message, warehouse.error().remedy});
    return;
  }
  on_check({"engine", Check::Status::ok, "the embedded engine is there", ""});
  for (const auto& [catalog, settings] : catalogs.items()) {
    const Result<const Dialect*> dialect = (*warehouse)->open(catalog, call);
    Check check{"catalog " + catalog, Check::Status::ok, "", ""};
    if (dialect) {
      check.found = std::string((*dialect)->name());
    } else if (dialect.error().code == "catalog-not-found" && request.written.contains(catalog)) {
      check.status = Check::Status::warning;
      check.found = dialect.error().message;
      check.remedy = "a step of this runbook writes it, so that a live run makes it";
    } else {
      check.status = Check::Status::failed;
      check.found = dialect.error().message;
      check.remedy = dialect.error().remedy;
    }
    on_check(check);
  }
}

}  // namespace

std::string_view to_string(Check::Status status) {
  switch (status) {
    case Check::Status::ok:
      return "ok";
    case Check::Status::warning:
      return "warning";
    case Check::Status::failed:
      return "failed";
    case Check::Status::skipped:
      return "skipped";
    case Check::Status::unknown:
      return "unknown";
  }
  return "skipped";
}

void check_connection(const CheckupRequest& request, const WorkspaceServices& services, const Call& call,
                      const OnCheck& on_check) {
  if (request.plan.type == "databricks")
    check_databricks(request, services, call, on_check);
  else
    check_embedded(request, call, on_check);
}

}  // namespace lockstep
