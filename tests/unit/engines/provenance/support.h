// What the tests of this folder share.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engines/step.h"

namespace lockstep {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lockstep-provenance-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = "") const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

// Sets CLONE_XS_SIGNING_SECRET, or unsets it, until the end of the scope.
class SigningSecret {
 public:
  explicit SigningSecret(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    set(value);
  }
  ~SigningSecret() { set(before_ ? before_->c_str() : nullptr); }
  SigningSecret(const SigningSecret&) = delete;
  SigningSecret& operator=(const SigningSecret&) = delete;

 private:
  static constexpr const char* kName = "CLONE_XS_SIGNING_SECRET";
  static void set(const char* value) {
    if (value != nullptr)
      ::setenv(kName, value, 1);
    else
      ::unsetenv(kName);
  }
  std::optional<std::string> before_;
};

// A step's surroundings: no connection, a log that keeps what it is told.
struct StepRoom {
  class NoWarehouses : public Warehouses {
   public:
    Result<Warehouse*> get(std::string_view) override { return Error("connection-unknown"_code, "signing needs none"); }
  };
  class Log : public ActionLog {
   public:
    Result<void> started(const Action& action) override {
      events.push_back("started " + action.target);
      return {};
    }
    Result<void> finished(const Action& action, const std::optional<Error>& error) override {
      events.push_back((error ? "failed " : "finished ") + action.target);
      return {};
    }
    std::vector<std::string> events;
  };

  NoWarehouses warehouses;
  Log log;
  SecretSet secrets;
  StepContext context{warehouses, "", "/", RunIdentity{"run", "step", 1}, Call{}, log, secrets, {}, nullptr};
};

}  // namespace lockstep
