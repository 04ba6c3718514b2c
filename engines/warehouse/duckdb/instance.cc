#include "engines/warehouse/duckdb/instance.h"

#include <fmt/format.h>
#include <algorithm>
#include <thread>

#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/names.h"
#include "specs/nearest.h"

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
  if (cause.message.find("Extension \"") != std::string::npos)
    return {"catalog-unsupported"_code,
            fmt::format("catalog \"{}\" needs a DuckDB extension that is not part of Lockstep: {}", source.name,
                        cause.message),
            "name a lake whose metadata is a DuckDB file"};
  return {"catalog-not-readable"_code,
          fmt::format("catalog \"{}\" ({}) cannot be opened: {}", source.name, source.path, cause.message),
          "check that the file is a DuckDB database or DuckLake of this version, and its permissions"};
}

// "did you mean "prod.duckdb"?", from the files that lie where the catalog's should. A folder with very many files
// gives no hint: reading it all would take longer than the run.
std::string files_near(const std::string& path) {
  constexpr std::size_t kMostFiles = 1000;
  const std::filesystem::path wanted(path);
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator file(wanted.parent_path(), error), end; !error && file != end;
       file.increment(error)) {
    if (names.size() == kMostFiles) return {};
    std::string name = file->path().filename().string();
    if (!name.ends_with(".wal")) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  std::string hint = did_you_mean(wanted.filename().string(), names);
  return hint.empty() ? hint : hint + " ";
}

Error not_found(const CatalogSource& source) {
  std::string message = fmt::format("catalog \"{}\": there is no file {}", source.name, source.path);
  if (source.made_by_live_run)
    return {"catalog-not-made-yet"_code,
            fmt::format("catalog \"{}\" does not exist yet ({}); the live run makes it", source.name, source.path),
            "run without --dry-run, or make the catalog first, to see more"};
  if (source.kind == CatalogKind::lake && source.attach_writable && !source.data_path)
    return {"catalog-not-found"_code, std::move(message),
            fmt::format("to make a new lake, say where its data goes: {}: {{ path: 'ducklake:...', data_path: ... }}",
                        source.name)};
  if (!source.attach_writable)
    return {
        "catalog-not-found"_code, std::move(message),
        files_near(source.path) +
            "check the path (it starts at the runbook's folder); a catalog that this run only reads is never created"};
  return {"catalog-not-found"_code, std::move(message),
          files_near(source.path) + "check the path (it starts at the runbook's folder)"};
}

// Makes a folder and those above it; returns the ones that were missing, deepest first.
std::vector<std::filesystem::path> make_folder(const std::filesystem::path& folder) {
  std::error_code ignored;  // the attach that follows reports what is wrong
  std::vector<std::filesystem::path> missing;
  for (std::filesystem::path at = folder; !at.empty() && !std::filesystem::exists(at, ignored); at = at.parent_path())
    if (at.has_filename()) missing.push_back(at);
  std::filesystem::create_directories(folder, ignored);
  return missing;
}

// The folders a new catalog needs. Precondition: the source is writable.
std::vector<std::filesystem::path> make_folders(const CatalogSource& source) {
  std::vector<std::filesystem::path> made;
  if (source.data_path) made = make_folder(*source.data_path);
  const std::vector<std::filesystem::path> above = make_folder(std::filesystem::path(source.path).parent_path());
  made.insert(made.end(), above.begin(), above.end());
  return made;
}

// What a new database file holds before anything is written to it: three headers. [executed: DuckDB 1.5.5]
constexpr std::uintmax_t kHeaders = 3ULL * 4096;

bool holds_headers_only(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return !error && size <= kHeaders && !std::filesystem::exists(path + ".wal", error);
}

// Where the lake's own metadata says that its data lies, in the engine's words:
//   DATA_PATH parameter "/a/" does not match existing data path in the catalog "b/".
std::optional<std::string> other_data_path(const std::string& message) {
  constexpr std::string_view kBefore = "does not match existing data path in the catalog \"";
  const std::size_t found = message.find(kBefore);
  if (found == std::string::npos) return std::nullopt;
  const std::size_t start = found + kBefore.size();
  return message.substr(start, message.find('"', start) - start);
}

bool is_relative(const std::string& path) {
  return !path.starts_with('/') && path.find("://") == std::string::npos;
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
  // A run must not depend on where it runs: the zone decides what TIMESTAMP WITH TIME ZONE prints and casts to.
  if (Result<void> set = instance->configure("TimeZone", "UTC"); !set) return std::move(set).error();
  // Commas separate folders in this setting, so a folder with a comma in its name cannot be a search path.
  if (directory.find(',') == std::string::npos) {
    Result<void> set = instance->configure("file_search_path", directory);
    if (!set) return std::move(set).error();
  }
  return instance;
}

DuckDbInstance::~DuckDbInstance() {
  if (database_ == nullptr) return;
  // Closing writes checkpoints, and for that DuckDB reads settings through a thread_local cache. When the program ends,
  // the main thread's is gone before static objects are; a thread of its own always has one.
  std::jthread([this] {
    remove_untouched();
    watchdog_.reset();
    api_.close(&database_);
  }).join();
}

// A catalog that came into being with the first look at it, and that no statement wrote to, is a slip in its path or
// the rest of a failed run. It goes while the engine still holds the file's lock: no other process can have written to
// it.
void DuckDbInstance::remove_untouched() {
  for (const Made& made : made_) {
    const std::string& path = made.source.path;
    std::error_code ignored;
    const bool gone = !std::filesystem::exists(path, ignored);  // it could not be made
    const bool untouched = made.source.kind == CatalogKind::file
                               ? holds_headers_only(path)
                               : made.lake_state && made.lake_state == lake_state(made.source);
    if (!gone && !untouched) continue;
    std::filesystem::remove(path, ignored);
    std::filesystem::remove(path + ".wal", ignored);
    // Only empty ones go.
    for (const std::filesystem::path& folder : made.folders) std::filesystem::remove(folder, ignored);
  }
}

// Differs after whatever was done to a lake: every commit makes a snapshot, and its options are beside them.
std::optional<std::string> DuckDbInstance::lake_state(const CatalogSource& lake) {
  Result<std::unique_ptr<DuckDbSession>> session = connect();
  if (!session) return std::nullopt;
  Result<Rows> state = (*session)->run(
      {"SELECT concat((SELECT count(*) FROM " + quote_duckdb_identifier(lake.name) +
           ".snapshots()), ' ', (SELECT string_agg(concat(key, '=', value), ' ' ORDER BY key, value) FROM " +
           quote_duckdb_identifier("__ducklake_metadata_" + lake.name) + ".ducklake_metadata))",
       {},
       1},
      {});
  if (!state || state->rows.size() != 1 || !state->rows[0][0].is_string()) return std::nullopt;
  return state->rows[0][0].get<std::string>();
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

Result<bool> DuckDbInstance::claim(const CatalogSource& source, const Call& call) {
  const std::string key = fold_name(source.name);
  const std::string path = source.real_path();
  std::unique_lock lock(mutex_);
  auto nobody_at_it = [this, &key] {
    auto known = attached_.find(key);
    return known == attached_.end() || known->second.ready;
  };
  const bool waited = call.deadline ? attach_ended_.wait_until(lock, call.stop, *call.deadline, nobody_at_it)
                                    : attach_ended_.wait(lock, call.stop, nobody_at_it);
  if (!waited)
    return call.stopped()
               ? Error("cancelled"_code, "stopped while a catalog was being opened", "run again when you are ready")
               : Error("timeout"_code, "timeout while a catalog was being opened", "give the step a longer `timeout`");
  if (auto known = attached_.find(key); known != attached_.end()) {
    if (known->second.path == path && known->second.kind == source.kind) return true;
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
  attached_.emplace(key, Attached{path, source.kind, false});
  return false;
}

Result<const DuckDbDialect*> DuckDbInstance::attach(const CatalogSource& source, const Call& call) {
  const DuckDbDialect* dialect = source.kind == CatalogKind::file ? &file_dialect_ : &lake_dialect_;
  Result<bool> ready = claim(source, call);
  if (!ready) return std::move(ready).error();
  if (*ready) return dialect;
  Result<void> done = attach_now(source, call);
  {
    std::lock_guard lock(mutex_);
    if (done)
      attached_[fold_name(source.name)].ready = true;
    else
      attached_.erase(fold_name(source.name));
  }
  attach_ended_.notify_all();
  if (!done) return std::move(done).error();
  return dialect;
}

Result<void> DuckDbInstance::attach_now(const CatalogSource& source, const Call& call) {
  Result<std::unique_ptr<DuckDbSession>> session = connect();
  if (!session) return std::move(session).error();
  std::error_code error;
  if (source.local && !std::filesystem::exists(source.path, error)) {
    if (!source.may_create()) return not_found(source);
    std::vector<std::filesystem::path> folders = make_folders(source);
    std::lock_guard lock(mutex_);
    made_.push_back({source, std::move(folders), std::nullopt});
  }
  if (source.kind == CatalogKind::lake) {
    if (Result<void> done = attach_lake(**session, source, call); !done) return done;
    note_lake_state(source);
    // A lake reads its tables at the first look at any of them. Done here, that happens for several lakes at once. The
    // table does not exist; that it is not found is the answer.
    (void)(*session)->run({"FROM " + quote_duckdb_identifier(source.name) + ".main." +
                               quote_duckdb_identifier("lockstep looks for no table of this name"),
                           {},
                           1},
                          call);
    return {};
  }
  if (Result<Rows> done = (*session)->run({source.attach_statement(), {}, 1}, call); !done)
    return not_attached(source, done.error());
  return {};
}

// Of a lake that this run made, as it is before anything is done to it.
void DuckDbInstance::note_lake_state(const CatalogSource& lake) {
  const auto is_it = [&lake](const Made& made) { return made.source.path == lake.path; };
  {
    std::lock_guard lock(mutex_);
    if (std::none_of(made_.begin(), made_.end(), is_it)) return;
  }
  std::optional<std::string> state = lake_state(lake);
  std::lock_guard lock(mutex_);
  std::find_if(made_.begin(), made_.end(), is_it)->lake_state = std::move(state);
}

Result<void> DuckDbInstance::load_lake_extension(DuckDbSession& session, const Call& call) {
  std::lock_guard lock(lake_mutex_);
  if (lake_loaded_) return {};
  if (Result<Rows> loaded = session.run({"LOAD " + quote_duckdb_literal(api_.extension_path), {}, 1}, call); !loaded)
    return Error("engine-not-found"_code,
                 fmt::format("the DuckLake extension cannot be loaded: {}", loaded.error().message),
                 "run `./dev build`, which puts it beside the engine");
  lake_loaded_ = true;
  return {};
}

// A lake made with a relative data path keeps it as it was written, relative to the folder its maker stood in. Here it
// is read as relative to the runbook's folder, as every other path.
Result<void> DuckDbInstance::attach_lake(DuckDbSession& session, const CatalogSource& source, const Call& call) {
  if (Result<void> loaded = load_lake_extension(session, call); !loaded) return loaded;
  Result<Rows> done = session.run({source.attach_statement(), {}, 1}, call);
  if (!done) {
    const std::optional<std::string> stored = other_data_path(done.error().message);
    if (!stored || !source.data_path) return not_attached(source, done.error());
    if (absolute_path(source.directory, *stored + "/") != *source.data_path)
      return Error("catalog-data-path"_code,
                   fmt::format("the lake \"{}\" keeps its data in {}, and the runbook says {}", source.name, *stored,
                               *source.data_path),
                   "correct or leave out data_path; if the folder was moved, set data_path in the table "
                   "ducklake_metadata of the lake's metadata file");
    done = session.run({source.attach_statement(true), {}, 1}, call);
    if (!done) return not_attached(source, done.error());
    return {};
  }
  if (source.data_path) return {};
  const std::string metadata = quote_duckdb_identifier("__ducklake_metadata_" + source.name);
  Result<Rows> stored =
      session.run({"SELECT value FROM " + metadata + ".ducklake_metadata WHERE key = 'data_path'", {}, 1}, call);
  if (!stored || stored->rows.empty() || !stored->rows[0][0].is_string()) return {};
  const std::string data_path = stored->rows[0][0].get<std::string>();
  if (!is_relative(data_path)) return {};
  CatalogSource placed = source;
  placed.data_path = absolute_path(source.directory, data_path);
  if (Result<Rows> gone = session.run({"DETACH " + quote_duckdb_identifier(source.name), {}, 1}, call); !gone)
    return not_attached(source, gone.error());
  if (done = session.run({placed.attach_statement(true), {}, 1}, call); !done)
    return not_attached(source, done.error());
  return {};
}

}  // namespace lockstep
