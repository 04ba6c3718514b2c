#include "engines/workspace/http_module.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <cstdlib>
#include <map>
#include <mutex>

#include "engines/library.h"

namespace lockstep {

namespace {

constexpr const char* kVariable = "LOCKSTEP_HTTP_LIB";
constexpr const char* kFunction = "lockstep_http_transport";

struct Module {
  HttpTransport* (*make)(std::uint32_t contract, const TransportSettings* settings) = nullptr;
};

Result<Module> load() {
  const std::string path = library_path(kVariable, "liblockstep_http.so");
  Result<void*> opened = open_library(path, "the HTTP module", kVariable);
  if (!opened) {
    Error error = std::move(opened).error();
    error.remedy += "; where libPoco is named as missing, install Debian's libpoconetssl80";
    return error;
  }
  Module module;
  module.make = reinterpret_cast<decltype(module.make)>(dlsym(*opened, kFunction));
  if (module.make == nullptr)
    return Error("engine-version"_code, fmt::format("'{}' has no function {}", path, kFunction),
                 library_remedy(kVariable));
  return module;
}

std::string from_environment(const char* lower, const char* upper) {
  for (const char* name : {lower, upper})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  return {};
}

}  // namespace

TransportSettings transport_settings_from_environment() {
  TransportSettings settings;
  settings.https_proxy = from_environment("https_proxy", "HTTPS_PROXY");
  settings.http_proxy = from_environment("http_proxy", "HTTP_PROXY");
  settings.no_proxy = from_environment("no_proxy", "NO_PROXY");
  return settings;
}

Result<std::shared_ptr<HttpTransport>> http_transport(const TransportSettings& settings) {
  static const Result<Module> loaded = load();
  if (!loaded) return loaded.error();
  // Never destroyed: connections must be gone before OpenSSL is, and at exit nobody keeps that order
  // (pocoproject/poco#3562).
  static std::mutex mutex;
  static auto& transports = *new std::map<TransportSettings, std::shared_ptr<HttpTransport>>;
  std::lock_guard lock(mutex);
  std::shared_ptr<HttpTransport>& transport = transports[settings];
  if (!transport) {
    transport.reset(loaded->make(kHttpContract, &settings));
    if (!transport)
      return Error("engine-version"_code, "the HTTP module is of another build than this program",
                   library_remedy(kVariable));
  }
  return transport;
}

}  // namespace lockstep
