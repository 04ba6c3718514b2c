// What is needed to talk to a workspace, and where each value came from.
//
// Precedence, value by value: the runbook, then DATABRICKS_* and ARM_* in the environment, then the profile. The file
// of profiles is not read at all when no profile is named and the runbook or the environment already sets a host or a
// credential: DATABRICKS_HOST alone switches it off. (The rules of the Databricks SDKs; see docs/runbook.md.)
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// In the order in which they are chosen when nothing names one.
enum class AuthMethod { pat, oauth_m2m, github_oidc, env_oidc, file_oidc, azure_client_secret };
std::string_view to_string(AuthMethod method);  // "pat", "oauth-m2m", ...

// A variable's value; empty: not set.
using Environment = std::function<std::string(const std::string& name)>;
Environment process_environment();

struct WorkspaceConfig {
  std::string host;  // "https://adb-1.azuredatabricks.net", with the port when it is not the scheme's; no path
  std::string warehouse_id;
  std::string ca_file;  // absolute; empty: none
  AuthMethod method = AuthMethod::pat;
  // Credentials by the profile's key: "token", "client_id", "client_secret", "azure_client_id", ..., and for the id
  // tokens of federation "oidc_token_env", "databricks_id_token_filepath", "github_token_url", "github_token".
  std::map<std::string, std::string, std::less<>> credentials;
  // Where the values came from, by the same keys, and "host", "warehouse_id", "auth_method", "profile":
  // "the runbook", "DATABRICKS_TOKEN", "profile dr of /home/me/.databrickscfg". Never a secret.
  std::map<std::string, std::string, std::less<>> origins;

  [[nodiscard]] std::string credential(std::string_view key) const;
  // What no output may show: name and value.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> secrets() const;
};

// `settings`: the connection's mapping, or a step's `target_workspace`; templates are resolved. `directory`: absolute;
// a relative ca_file starts there. Reads the environment and the profile's file, sends nothing.
// Errors: "workspace-host-missing", "workspace-host-invalid", "workspace-warehouse-missing", "workspace-auth-missing",
// "workspace-auth-incomplete", "workspace-auth-invalid", "workspace-profile-unknown", "workspace-profile-invalid".
Result<WorkspaceConfig> resolve_workspace_config(const Json& settings, const std::string& directory,
                                                 const Environment& environment);
// Everything that stands against it, the error of resolve_workspace_config() first; empty: nothing does.
std::vector<Error> workspace_config_problems(const Json& settings, const std::string& directory,
                                             const Environment& environment);

// "https://" when there is no scheme; path, query and user part are dropped. http only to loopback.
// Errors: "workspace-host-invalid".
Result<std::string> normalise_host(std::string_view given);

}  // namespace lockstep
