#include "engines/warehouse/duckdb/api.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <cstdlib>
#include <filesystem>

namespace lockstep {

namespace {

constexpr std::string_view kVersion = "1.5.5";

std::string library_path() {
  if (const char* given = std::getenv("LOCKSTEP_DUCKDB_LIB"); given != nullptr && *given != '\0') return given;
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "lib/lockstep/libduckdb.so").string();
}

Result<DuckDbApi> load() {
  const std::string path = library_path();
  const std::string remedy =
      "run `./dev build`, which puts the engine in place, or name the library in LOCKSTEP_DUCKDB_LIB";
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error("engine-not-found"_code, fmt::format("DuckDB cannot be loaded: {}", dlerror()), remedy);
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
