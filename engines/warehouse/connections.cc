#include "engines/warehouse/connections.h"

#include <fmt/format.h>
#include <mutex>
#include <set>
#include <thread>

#include "engines/warehouse/duckdb/duckdb_warehouse.h"

namespace lockstep {

namespace {

class PlannedWarehouses final : public Warehouses {
 public:
  explicit PlannedWarehouses(std::vector<ConnectionPlan> plans)
      : plans_(std::move(plans)), written_(written_files(plans_)) {}

  Result<Warehouse*> get(std::string_view connection) override {
    std::lock_guard lock(mutex_);
    auto open = warehouses_.find(connection);
    if (open != warehouses_.end()) return open->second.get();
    for (const ConnectionPlan& plan : plans_)
      if (plan.name == connection) return open_now(plan);
    return Error("connection-unknown"_code, fmt::format("there is no connection \"{}\"", connection),
                 "name one of the runbook's `connections`");
  }

 private:
  Result<Warehouse*> open_now(const ConnectionPlan& plan) {
    if (plan.type != "duckdb")
      return Error("connection-not-available"_code,
                   fmt::format("connection \"{}\" has the type {}, which is not available in this version", plan.name,
                               plan.type),
                   "use a connection of type duckdb");
    if (duckdb_ == nullptr) {
      Result<std::unique_ptr<DuckDbInstance>> instance = DuckDbInstance::open(plan.directory);
      if (!instance) return std::move(instance).error();
      duckdb_ = *std::move(instance);
    }
    for (const char* setting : {"threads", "memory_limit"}) {
      if (!plan.settings.contains(setting)) continue;
      const Json& value = plan.settings[setting];
      Result<void> set = duckdb_->configure(setting, value.is_string() ? value.get<std::string>() : value.dump());
      if (!set) return std::move(set).error();
    }
    Result<std::map<std::string, CatalogSource>> sources = read_catalog_sources(plan);
    if (!sources) return std::move(sources).error();
    for (auto& [key, source] : sources.value()) source.attach_writable = written_.contains(source.real_path());
    std::size_t budget = plan.settings.value("max_in_flight", std::max(4U, std::thread::hardware_concurrency()));
    auto warehouse = std::make_unique<DuckDbWarehouse>(plan.name, *duckdb_, *std::move(sources), budget);
    return warehouses_.emplace(plan.name, std::move(warehouse)).first->second.get();
  }

  // A file is attached once, so in the way that suits all connections that name it.
  static std::set<std::string> written_files(const std::vector<ConnectionPlan>& plans) {
    std::set<std::string> files;
    for (const ConnectionPlan& plan : plans) {
      if (plan.type != "duckdb") continue;
      Result<std::map<std::string, CatalogSource>> sources = read_catalog_sources(plan);
      if (!sources) continue;  // told when that connection is opened
      for (const auto& [key, source] : *sources)
        if (source.writable) files.insert(source.real_path());
    }
    return files;
  }

  std::mutex mutex_;
  std::vector<ConnectionPlan> plans_;
  std::set<std::string> written_;  // real paths
  std::unique_ptr<DuckDbInstance> duckdb_;
  std::map<std::string, std::unique_ptr<Warehouse>, std::less<>> warehouses_;  // after duckdb_: destroyed before it
};

}  // namespace

std::unique_ptr<Warehouses> plan_warehouses(std::vector<ConnectionPlan> plans) {
  return std::make_unique<PlannedWarehouses>(std::move(plans));
}

}  // namespace lockstep
