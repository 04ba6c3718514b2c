#include "engines/warehouse/duckdb/api.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <filesystem>

#include "engines/library.h"

namespace lockstep {

namespace {

constexpr std::string_view kVersion = "1.5.5";

constexpr const char* kVariable = "LOCKSTEP_DUCKDB_LIB";

Result<DuckDbApi> load() {
  const std::string path = library_path(kVariable, "libduckdb.so");
  const std::string remedy = library_remedy(kVariable);
  Result<void*> opened = open_library(path, "DuckDB", kVariable);
  if (!opened) return opened.error();
  void* library = *opened;
  DuckDbApi api;
#define LOCKSTEP_DUCKDB_LOAD(name)                                                                             \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, "duckdb_" #name));                            \
  if (api.name == nullptr)                                                                                     \
    return Error("engine-version"_code,                                                                        \
                 fmt::format("'{}' has no function duckdb_" #name ", so it is not DuckDB {}", path, kVersion), \
                 remedy);
  LOCKSTEP_DUCKDB_FUNCTIONS(LOCKSTEP_DUCKDB_LOAD)
#undef LOCKSTEP_DUCKDB_LOAD
  std::string version = api.library_version();
  if (version.starts_with('v')) version.erase(0, 1);
  if (version != kVersion)
    return Error("engine-version"_code, fmt::format("'{}' is DuckDB {}, not {}", path, version, kVersion), remedy);
  api.version = version;
  api.extension_path = (std::filesystem::path(path).parent_path() / "ducklake.duckdb_extension").string();
  return api;
}

}  // namespace

std::string DuckDbApi::take_text(char* text) const {
  if (text == nullptr) return {};
  std::string taken(text);
  free(text);
  return taken;
}

Result<const DuckDbApi*> duckdb_api() {
  static const Result<DuckDbApi> loaded = load();
  if (!loaded) return loaded.error();
  return &loaded.value();
}

}  // namespace lockstep
