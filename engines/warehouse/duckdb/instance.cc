#include "engines/warehouse/duckdb/instance.h"

#include <fmt/format.h>
#include <filesystem>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

// The engine's words: Could not set lock on file "x": Conflicting lock is held in /usr/bin/y (PID 7) ...
bool is_lock_conflict(const std::string& message) {
  return message.find("Could not set lock on file") != std::string::npos;
}

Error not_attached(const CatalogSource& source, const Error& cause) {
  if (cause.code == "timeout" || cause.code == "cancelled") return cause;
  if (is_lock_conflict(cause.message))
    return {"catalog-locked"_code,
            fmt::format("catalog \"{}\" is in use by another process: {}", source.name, cause.message),
            "wait for that process or stop it; only one process at a time can write a DuckDB file"};
  return {"catalog-not-readable"_code,
          fmt::format("catalog \"{}\" ({}) cannot be opened: {}", source.name, source.path, cause.message),
          "check that the file is a DuckDB database or DuckLake of this version, and its permissions"};
}

Error not_found(const CatalogSource& source) {
  std::string message = fmt::format("catalog \"{}\": there is no file {}", source.name, source.path);
  if (source.made_by_live_run)
    return {"catalog-not-made-yet"_code,
            fmt::format("catalog \"{}\" does not exist yet ({}); the live run makes it", source.name, source.path),
            "run without --dry-run, or make the catalog first, to see more"};
  if (source.kind == CatalogKind::lake && source.writable && !source.data_path)
    return {"catalog-not-found"_code, std::move(message),
            fmt::format("to make a new lake, say where its data goes: {}: {{ path: 'ducklake:...', data_path: ... }}",
                        source.name)};
  if (!source.writable)
    return {"catalog-not-found"_code, std::move(message),
            "check the path (it starts at the runbook's folder); a catalog that this run only reads is never created"};
  return {"catalog-not-found"_code, std::move(message), "check the path (it starts at the runbook's folder)"};
}

// Makes the folders a new catalog needs. Precondition: the source is writable.
void make_folders(const CatalogSource& source) {
  std::error_code ignored;  // the attach that follows reports what is wrong
  std::filesystem::create_directories(std::filesystem::path(source.path).parent_path(), ignored);
  if (source.data_path) std::filesystem::create_directories(*source.data_path, ignored);
}

std::string real_path(const CatalogSource& source) {
  if (!source.local) return source.path;
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::weakly_canonical(source.path, error);
  return error ? source.path : resolved.string();
}

}  // namespace

DuckDbInstance::DuckDbInstance(const DuckDbApi& api)
    : api_(api), file_dialect_(CatalogKind::file, api.version), lake_dialect_(CatalogKind::lake, api.version) {}

Result<std::unique_ptr<DuckDbInstance>> DuckDbInstance::open(const std::string& directory) {
  Result<const DuckDbApi*> api = duckdb_api();
  if (!api) return std::move(api).error();
  std::unique_ptr<DuckDbInstance> instance(new DuckDbInstance(**api));
  duckdb_config config = nullptr;
  if ((*api)->create_config(&config) != DuckDBSuccess)
    return Error("engine-failed"_code, "DuckDB gave no configuration", "report this");
  // Nothing is fetched at run time.
  (*api)->set_config(config, "autoinstall_known_extensions", "false");
  (*api)->set_config(config, "autoload_known_extensions", "false");
  (*api)->set_config(config, "allow_community_extensions", "false");
  char* error = nullptr;
  duckdb_state state = (*api)->open_ext(nullptr, &instance->database_, config, &error);
  (*api)->destroy_config(&config);
  if (state != DuckDBSuccess)
    return Error("engine-failed"_code, fmt::format("DuckDB did not start: {}", (*api)->take_text(error)),
                 "report this");
  instance->watchdog_ = std::make_unique<Watchdog>(**api);
  // Commas separate folders in this setting, so a folder with a comma in its name cannot be a search path.
  if (directory.find(',') == std::string::npos) {
    Result<void> set = instance->configure("file_search_path", directory);
    if (!set) return std::move(set).error();
  }
  return instance;
}

DuckDbInstance::~DuckDbInstance() {
  watchdog_.reset();
  if (database_ != nullptr) api_.close(&database_);
}

Result<std::unique_ptr<DuckDbSession>> DuckDbInstance::connect() {
  return DuckDbSession::connect(api_, *watchdog_, database_);
}

Result<void> DuckDbInstance::configure(const std::string& setting, const std::string& value) {
  Result<std::unique_ptr<DuckDbSession>> session = connect();
  if (!session) return std::move(session).error();
  Result<Rows> done = (*session)->run({"SET GLOBAL " + setting + " = " + quote_duckdb_literal(value), {}, 1}, {});
  if (!done)
    return Error("connection-setting-invalid"_code,
                 fmt::format("DuckDB does not take {}: {}: {}", setting, value, done.error().message),
                 "correct the connection's setting");
  return {};
}

Result<const DuckDbDialect*> DuckDbInstance::attach(const CatalogSource& source, const Call& call) {
  std::lock_guard lock(mutex_);
  const DuckDbDialect* dialect = source.kind == CatalogKind::file ? &file_dialect_ : &lake_dialect_;
  std::string path = real_path(source);
  if (auto known = attached_.find(fold_name(source.name)); known != attached_.end()) {
    if (known->second.path == path) return dialect;
    return Error(
        "catalog-name-clash"_code,
        fmt::format("two connections call different files \"{}\": {} and {}", source.name, known->second.path, path),
        "give one of the two catalogs another name");
  }
  for (const auto& [name, attached] : attached_)
    if (attached.path == path)
      return Error("catalog-name-clash"_code,
                   fmt::format("\"{}\" and \"{}\" are the same file: {}", name, source.name, path),
                   "use one name for one file");
  if (Result<void> done = attach_now(source, call); !done) return std::move(done).error();
  attached_.emplace(fold_name(source.name), Attached{path, source.kind});
  return dialect;
}

Result<void> DuckDbInstance::attach_now(const CatalogSource& source, const Call& call) {
  Result<std::unique_ptr<DuckDbSession>> session = connect();
  if (!session) return std::move(session).error();
  bool may_create = source.writable && (source.kind == CatalogKind::file || source.data_path);
  std::error_code error;
  if (source.local && !std::filesystem::exists(source.path, error)) {
    if (!may_create) return not_found(source);
    make_folders(source);
  }
  if (source.kind == CatalogKind::lake && !lake_loaded_) {
    Result<Rows> loaded = (*session)->run({"LOAD " + quote_duckdb_literal(api_.extension_path), {}, 1}, call);
    if (!loaded)
      return Error("engine-not-found"_code,
                   fmt::format("the DuckLake extension cannot be loaded: {}", loaded.error().message),
                   "run `./dev build`, which puts it beside the engine");
    lake_loaded_ = true;
  }
  Result<Rows> done = (*session)->run({source.attach_statement(), {}, 1}, call);
  if (!done) return not_attached(source, done.error());
  return {};
}

}  // namespace lockstep
