// The process's one DuckDB instance, shared by all connections of type duckdb of a run. Thread-safe.
// One instance, because two instances of one process open a file twice without noticing each other.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engines/warehouse/duckdb/api.h"
#include "engines/warehouse/duckdb/catalog_source.h"
#include "engines/warehouse/duckdb/duckdb_dialect.h"
#include "engines/warehouse/duckdb/session.h"
#include "engines/warehouse/duckdb/watchdog.h"

namespace lockstep {

class DuckDbInstance {
 public:
  // `directory`: where relative paths inside SQL start (file_search_path).
  static Result<std::unique_ptr<DuckDbInstance>> open(const std::string& directory);
  ~DuckDbInstance();
  DuckDbInstance(const DuckDbInstance&) = delete;
  DuckDbInstance& operator=(const DuckDbInstance&) = delete;

  Result<std::unique_ptr<DuckDbSession>> connect();

  // Attaches a catalog once; later calls for the same name and file cost nothing. Several catalogs can be attached at
  // the same time, which is worth it: reading 1,000 tables' metadata takes a quarter of a second each. Errors:
  // "catalog-not-found", "catalog-locked", "catalog-name-clash" (one name for two files, or two names for one),
  // "catalog-not-readable", "catalog-data-path" (the lake says that its data lies elsewhere), "catalog-unsupported" (an
  // extension is missing).
  Result<const DuckDbDialect*> attach(const CatalogSource& source, const Call& call);

  // "threads" or "memory_limit" from a connection's settings.
  Result<void> configure(const std::string& setting, const std::string& value);

 private:
  struct Attached {
    std::string path;
    CatalogKind kind;
    bool ready = false;  // false: a thread is at it
  };

  // A catalog whose file this run made, and the folders it made for it, deepest first.
  struct Made {
    CatalogSource source;
    std::vector<std::filesystem::path> folders;
    std::optional<std::string> lake_state;
  };

  explicit DuckDbInstance(const DuckDbApi& api);
  // Waits while another thread attaches the same name. True: it is ready; false: the caller is to attach it.
  Result<bool> claim(const CatalogSource& source, const Call& call);
  Result<void> attach_now(const CatalogSource& source, const Call& call);
  Result<void> attach_lake(DuckDbSession& session, const CatalogSource& source, const Call& call);
  void remove_untouched();
  void note_lake_state(const CatalogSource& lake);
  std::optional<std::string> lake_state(const CatalogSource& lake);
  Result<void> load_lake_extension(DuckDbSession& session, const Call& call);

  const DuckDbApi& api_;
  duckdb_database database_ = nullptr;
  std::unique_ptr<Watchdog> watchdog_;
  DuckDbDialect file_dialect_;
  DuckDbDialect lake_dialect_;
  std::mutex mutex_;
  std::condition_variable_any attach_ended_;
  std::map<std::string, Attached> attached_;  // by lower-case name
  std::vector<Made> made_;
  std::mutex lake_mutex_;
  bool lake_loaded_ = false;
};

}  // namespace lockstep
