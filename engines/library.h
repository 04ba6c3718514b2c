// Shared libraries that are opened on first use. What a start does not need is not linked: libduckdb would cost 10 ms
// at every start of the program, Poco with TLS 3.5 ms.
#pragma once

#include <string>
#include <string_view>

#include "specs/result.h"

namespace lockstep {

// Where a library lies: named by the environment variable, else ../lib/lockstep/FILE beside the program's folder.
std::string library_path(const char* variable, std::string_view file);

// Opens it for good: it is never closed. `what` is for people ("DuckDB"). Errors: "engine-not-found".
Result<void*> open_library(const std::string& path, std::string_view what, const char* variable);

// The remedy for a library that is missing or of another build.
std::string library_remedy(const char* variable);

}  // namespace lockstep
