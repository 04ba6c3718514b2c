#include "engines/warehouse/connections.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <array>
#include <mutex>
#include <set>
#include <thread>

#include "engines/warehouse/databricks/databricks_warehouse.h"
#include "engines/warehouse/duckdb/duckdb_warehouse.h"
#include "engines/workspace/host.h"
#include "engines/workspace/http_module.h"
#include "specs/json_dump.h"

namespace lockstep {

namespace {

// More than a warehouse runs at once, which queues the rest; a step's max_workers is what bounds it in practice.
constexpr std::size_t kWorkspaceInFlight = 64;

class PlannedWarehouses final : public Warehouses {
 public:
  PlannedWarehouses(std::vector<ConnectionPlan> plans, WorkspaceServices services)
      : plans_(std::move(plans)), services_(std::move(services)), written_(written_files(plans_)) {}

  Result<Warehouse*> get(std::string_view connection) override {
    std::lock_guard lock(mutex_);
    auto open = warehouses_.find(connection);
    if (open != warehouses_.end()) return open->second.get();
    for (const ConnectionPlan& plan : plans_)
      if (plan.name == connection) return open_now(plan);
    return Error("connection-unknown"_code, fmt::format("there is no connection \"{}\"", connection),
                 "name one of the runbook's `connections`");
  }

  Result<Warehouse*> open_inline(const Json& settings, const std::string& directory) override {
    Json given = Json::object();
    for (const auto& [key, value] : settings.items())
      if (!value.is_null()) given[key] = value;
    std::lock_guard lock(mutex_);
    const std::string key = dump_json(given);
    if (const auto open = inline_.find(key); open != inline_.end()) return open->second.get();
    const Result<HostUrl> host = parse_host(given.value("host", ""));
    Result<std::unique_ptr<Warehouse>> opened =
        open_databricks(host ? host->authority : "target_workspace", given, directory, services_);
    if (!opened) return std::move(opened).error().with_context("while opening `target_workspace`");
    return inline_.emplace(key, *std::move(opened)).first->second.get();
  }

 private:
  Result<Warehouse*> open_now(const ConnectionPlan& plan) {
    if (plan.type == "databricks") {
      Result<std::unique_ptr<Warehouse>> opened = open_databricks(plan.name, plan.settings, plan.directory, services_);
      if (!opened)
        return std::move(opened).error().with_context(fmt::format("while opening the connection \"{}\"", plan.name));
      return warehouses_.emplace(plan.name, *std::move(opened)).first->second.get();
    }
    if (plan.type != "duckdb")
      return Error("connection-not-available"_code,
                   fmt::format("connection \"{}\" has the type {}, which is not available in this version", plan.name,
                               plan.type),
                   "use a connection of type duckdb or databricks");
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
  const WorkspaceServices services_;
  std::set<std::string> written_;  // real paths
  std::unique_ptr<DuckDbInstance> duckdb_;
  std::map<std::string, std::unique_ptr<Warehouse>, std::less<>> warehouses_;  // after duckdb_: destroyed before it
  std::map<std::string, std::unique_ptr<Warehouse>, std::less<>> inline_;      // by their settings
};

Result<WorkspaceConfig> config_of(const Json& settings, const std::string& directory, const Environment& environment) {
  Result<WorkspaceConfig> config = resolve_workspace_config(settings, directory, environment);
  if (!config) return config;
  for (const auto& [key, value] : config->secrets())
    if (value.size() < 4)
      return Error("workspace-secret-too-short"_code,
                   fmt::format("{} (from {}) has fewer than 4 bytes, so it cannot be kept out of outputs", key,
                               config->origins[key]),
                   "check that it was given whole");
  return config;
}

std::string with_circumstances(const Error& error) {
  std::string text = error.message;
  for (const std::string& circumstance : error.context) text += fmt::format(" ({})", circumstance);
  return text;
}

// Whoever sets up a workspace wants to know everything that is missing at once.
Error all_in_one(const std::vector<Error>& problems) {
  constexpr std::array<std::array<std::string_view, 3>, 3> kMissing{
      {{"workspace-host-missing", "host", "DATABRICKS_HOST"},
       {"workspace-warehouse-missing", "warehouse_id", "DATABRICKS_WAREHOUSE_ID"},
       {"workspace-auth-missing", "token", "DATABRICKS_TOKEN"}}};
  std::vector<std::string> messages, remedies;
  std::vector<std::string_view> keys, variables;
  for (const Error& problem : problems) {
    messages.push_back(with_circumstances(problem));
    remedies.push_back(problem.remedy);
    for (const auto& [code, key, variable] : kMissing)
      if (problem.code == code) {
        keys.push_back(key);
        variables.push_back(variable);
      }
  }
  // What is only missing has one remedy.
  const std::string remedy =
      problems.size() > 1 && keys.size() == problems.size()
          ? fmt::format("give {} in the connection (a token as ${{{{ secrets.NAME }}}}), name a profile, or set {}",
                        fmt::join(keys, ", "), fmt::join(variables, ", "))
          : fmt::format("{}", fmt::join(remedies, "; "));
  return {Code{problems.front().code}, fmt::format("{}", fmt::join(messages, "; ")), remedy};
}

Environment environment_of(const WorkspaceServices& services) {
  return services.environment ? services.environment : process_environment();
}

}  // namespace

Result<void> check_settings(const ConnectionPlan& plan, const WorkspaceServices& services) {
  if (plan.type != "databricks") return {};
  const Environment environment = environment_of(services);
  const Result<WorkspaceConfig> config = config_of(plan.settings, plan.directory, environment);
  if (config) return {};
  const std::vector<Error> problems = workspace_config_problems(plan.settings, plan.directory, environment);
  return problems.empty() ? config.error() : all_in_one(problems);
}

std::unique_ptr<Warehouses> plan_warehouses(std::vector<ConnectionPlan> plans, WorkspaceServices services) {
  return std::make_unique<PlannedWarehouses>(std::move(plans), std::move(services));
}

Result<std::unique_ptr<Warehouse>> open_databricks(const std::string& name, const Json& settings,
                                                   const std::string& directory, const WorkspaceServices& services) {
  WorkspaceOptions options;
  options.pace = services.retry;
  options.environment = environment_of(services);
  if (services.secrets != nullptr)
    // A token that is too short to be hidden was refused below; the server gives none.
    options.on_secret = [set = services.secrets](std::string_view key, std::string_view value) {
      (void)set->add(key, value);
    };
  Result<WorkspaceConfig> config = config_of(settings, directory, options.environment);
  if (!config) return std::move(config).error();
  std::shared_ptr<HttpTransport> transport = services.transport;
  if (transport == nullptr) {
    TransportSettings http = transport_settings_from_environment();
    http.user_agent = services.user_agent;
    Result<std::shared_ptr<HttpTransport>> opened = http_transport(http);
    if (!opened) return std::move(opened).error();
    transport = *std::move(opened);
  }
  const std::size_t budget = settings.value("max_in_flight", kWorkspaceInFlight);
  auto workspace = std::make_unique<Workspace>(*std::move(config), std::move(transport), std::move(options));
  return std::unique_ptr<Warehouse>(
      std::make_unique<DatabricksWarehouse>(name, std::move(workspace), budget, services.pace));
}

}  // namespace lockstep
