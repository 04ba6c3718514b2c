#include "engines/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <cstdlib>
#include <filesystem>

namespace lockstep {

std::string library_path(const char* variable, std::string_view file) {
  if (const char* given = std::getenv(variable); given != nullptr && *given != '\0') return given;
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "lib/lockstep" / file).string();
}

std::string library_remedy(const char* variable) {
  return fmt::format("run `./dev build`, which puts the engine in place, or name the library in {}", variable);
}

Result<void*> open_library(const std::string& path, std::string_view what, const char* variable) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error("engine-not-found"_code, fmt::format("{} cannot be loaded: {}", what, dlerror()),
                 library_remedy(variable));
  return library;
}

}  // namespace lockstep
