#include "engines/workspace/workspace_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "engines/file.h"
#include "engines/workspace/host.h"
#include "engines/workspace/profile_file.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMostFileBytes = 4ULL << 20U;

struct Attribute {
  const char* key;       // of a profile
  const char* variable;  // of the environment
  bool in_runbook;
  bool auth;  // with one of these set, an unnamed profile is not looked for
  bool secret;
};

constexpr std::array kAttributes{
    Attribute{"host", "DATABRICKS_HOST", true, true, false},
    Attribute{"warehouse_id", "DATABRICKS_WAREHOUSE_ID", true, false, false},
    Attribute{"token", "DATABRICKS_TOKEN", true, true, true},
    Attribute{"username", "DATABRICKS_USERNAME", false, true, false},
    Attribute{"password", "DATABRICKS_PASSWORD", false, true, true},
    Attribute{"client_id", "DATABRICKS_CLIENT_ID", true, true, false},
    Attribute{"client_secret", "DATABRICKS_CLIENT_SECRET", true, true, true},
    Attribute{"auth_type", "DATABRICKS_AUTH_TYPE", false, false, false},
    Attribute{"audience", "DATABRICKS_TOKEN_AUDIENCE", false, false, false},
    Attribute{"azure_workspace_resource_id", "DATABRICKS_AZURE_RESOURCE_ID", false, true, false},
    Attribute{"azure_client_id", "ARM_CLIENT_ID", false, true, false},
    Attribute{"azure_client_secret", "ARM_CLIENT_SECRET", false, true, true},
    Attribute{"azure_tenant_id", "ARM_TENANT_ID", false, true, false},
    Attribute{"oidc_token_env", "DATABRICKS_OIDC_TOKEN_ENV", false, true, false},
    Attribute{"databricks_id_token_filepath", "DATABRICKS_OIDC_TOKEN_FILEPATH", false, true, false},
};

constexpr std::array kMethods{AuthMethod::pat,      AuthMethod::oauth_m2m, AuthMethod::github_oidc,
                              AuthMethod::env_oidc, AuthMethod::file_oidc, AuthMethod::azure_client_secret};

class Resolver {
 public:
  Resolver(const Json& settings, const std::string& directory, const Environment& environment)
      : settings_(settings), directory_(directory), environment_(environment) {}

  // What stands against it; empty: take() gives all of it.
  std::vector<Error> resolve() {
    read_runbook();
    // Who says `auth_method: profile` wants that profile, and not a token that the environment has for another host.
    const bool profile_first = text_member(settings_, "auth_method") == "profile";
    if (!profile_first) read_environment();
    if (Result<void> read = read_profile(); !read) return {std::move(read).error()};
    if (profile_first) read_environment();
    add_id_tokens();
    std::vector<Error> problems;
    for (const Result<void>& checked : {place_host(), place_warehouse(), choose_method()})
      if (!checked) problems.push_back(checked.error());
    return problems;
  }

  WorkspaceConfig take() { return std::move(config_); }

 private:
  [[nodiscard]] bool has(std::string_view key) const { return config_.credentials.contains(key); }
  [[nodiscard]] bool from_runbook(std::string_view key) const {
    const auto origin = config_.origins.find(key);
    return origin != config_.origins.end() && origin->second == kRunbook;
  }
  void set(const std::string& key, const std::string& value, const std::string& origin) {
    if (value.empty() || has(key)) return;
    config_.credentials[key] = value;
    config_.origins[key] = origin;
  }

  void read_runbook() {
    for (const Attribute& attribute : kAttributes)
      if (attribute.in_runbook) set(attribute.key, text_member(settings_, attribute.key), std::string(kRunbook));
  }

  void read_environment() {
    for (const Attribute& attribute : kAttributes)
      set(attribute.key, environment_(attribute.variable), attribute.variable);
  }

  [[nodiscard]] bool file_is_skipped() const {
    if (text_member(settings_, "auth_method") == "profile") return false;
    return std::any_of(kAttributes.begin(), kAttributes.end(),
                       [this](const Attribute& attribute) { return attribute.auth && has(attribute.key); });
  }

  Result<void> read_profile() {
    std::string name = text_member(settings_, "profile");
    std::string chosen_by(kRunbook);
    if (name.empty()) {
      name = environment_("DATABRICKS_CONFIG_PROFILE");
      chosen_by = "DATABRICKS_CONFIG_PROFILE";
    }
    if (name.empty() && file_is_skipped()) return {};
    const std::string path = profile_path();
    if (!std::filesystem::exists(path)) {
      if (name.empty()) return {};
      return unknown_profile(name, chosen_by, path, "which does not exist");
    }
    Result<std::string> text = read_file(path, kMostFileBytes);
    if (!text) return std::move(text).error();
    Result<ProfileFile> file = parse_profile_file(path, *text);
    if (!file) return std::move(file).error();
    const bool named = !name.empty();
    if (!named) {
      chosen_by = path;
      name = "DEFAULT";
      if (const auto own = file->profiles.find("__settings__"); own != file->profiles.end())
        if (const auto chosen = own->second.find("default_profile"); chosen != own->second.end()) name = chosen->second;
    }
    const auto profile = file->profiles.find(name);
    if (profile == file->profiles.end() || name == "__settings__") {
      if (!named && name == "DEFAULT") return {};
      return unknown_profile(name, chosen_by, path, fmt::format("which has: {}", names_of(*file)));
    }
    config_.origins["profile"] = fmt::format("{} (named by {})", name, chosen_by);
    for (const Attribute& attribute : kAttributes)
      if (const auto value = profile->second.find(attribute.key); value != profile->second.end())
        set(attribute.key, value->second, fmt::format("profile {} of {}", name, path));
    return {};
  }

  [[nodiscard]] std::string profile_path() const {
    std::string path = environment_("DATABRICKS_CONFIG_FILE");
    if (path.empty()) path = "~/.databrickscfg";
    if (path.starts_with("~/")) path = environment_("HOME") + path.substr(1);
    return path;
  }

  static std::string names_of(const ProfileFile& file) {
    std::vector<std::string> names;
    for (const auto& [name, profile] : file.profiles)
      if (name != "__settings__") names.push_back(name);
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  }

  static Error unknown_profile(const std::string& name, const std::string& chosen_by, const std::string& path,
                               const std::string& found) {
    return {"workspace-profile-unknown"_code,
            fmt::format("the profile \"{}\", named by {}, is not in {}, {}", name, chosen_by, path, found),
            "name one of its profiles, add it with `databricks configure`, or give host and credentials in the "
            "connection"};
  }

  // Where the id tokens of federation come from is told by the environment, whoever set the rest.
  void add_id_tokens() {
    set("github_token_url", environment_("ACTIONS_ID_TOKEN_REQUEST_URL"), "ACTIONS_ID_TOKEN_REQUEST_URL");
    set("github_token", environment_("ACTIONS_ID_TOKEN_REQUEST_TOKEN"), "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    if (!has("oidc_token_env") && !environment_("DATABRICKS_OIDC_TOKEN").empty())
      set("oidc_token_env", "DATABRICKS_OIDC_TOKEN", "DATABRICKS_OIDC_TOKEN");
  }

  Result<void> place_host() {
    const std::string host = config_.credential("host");
    if (host.empty())
      return Error("workspace-host-missing"_code, "nothing says which Databricks workspace to talk to",
                   "write host: https://... in the connection, name a profile, or set DATABRICKS_HOST");
    Result<std::string> normal = normalise_host(host);
    if (!normal)
      return std::move(normal).error().with_context(fmt::format("the host comes from {}", config_.origins["host"]));
    config_.host = *std::move(normal);
    config_.ca_file = text_member(settings_, "ca_file");
    if (!config_.ca_file.empty() && config_.ca_file.front() != '/')
      config_.ca_file = (std::filesystem::path(directory_) / config_.ca_file).lexically_normal().string();
    return {};
  }

  Result<void> place_warehouse() {
    config_.warehouse_id = config_.credential("warehouse_id");
    // Its page shows the "HTTP path" as well: /sql/1.0/warehouses/0123456789abcdef.
    if (config_.warehouse_id.starts_with("/sql/"))
      config_.warehouse_id = config_.warehouse_id.substr(config_.warehouse_id.rfind('/') + 1);
    if (config_.warehouse_id.empty())
      return Error(
          "workspace-warehouse-missing"_code, "nothing says which SQL warehouse runs the statements",
          "write warehouse_id: ... in the connection, or set DATABRICKS_WAREHOUSE_ID; the warehouse's page in the "
          "workspace shows its id");
    return {};
  }

  [[nodiscard]] bool complete(AuthMethod method) const {
    switch (method) {
      case AuthMethod::pat:
        return has("token");
      case AuthMethod::oauth_m2m:
        return has("client_id") && has("client_secret");
      case AuthMethod::github_oidc:
        return has("client_id") && has("github_token_url") && has("github_token");
      case AuthMethod::env_oidc:
        return has("oidc_token_env");
      case AuthMethod::file_oidc:
        return has("databricks_id_token_filepath");
      case AuthMethod::azure_client_secret:
        return has("azure_client_id") && has("azure_client_secret");
    }
    return false;
  }

  static std::string needs_of(AuthMethod method) {
    switch (method) {
      case AuthMethod::pat:
        return "a token (`token`, DATABRICKS_TOKEN)";
      case AuthMethod::oauth_m2m:
        return "client_id and client_secret (DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET)";
      case AuthMethod::github_oidc:
        return "client_id, and a GitHub Actions job with `permissions: id-token: write`";
      case AuthMethod::env_oidc:
        return "an id token in DATABRICKS_OIDC_TOKEN, or in the variable that DATABRICKS_OIDC_TOKEN_ENV names";
      case AuthMethod::file_oidc:
        return "the path of an id token's file in DATABRICKS_OIDC_TOKEN_FILEPATH";
      case AuthMethod::azure_client_secret:
        return "client_id and client_secret of the connection, or ARM_CLIENT_ID and ARM_CLIENT_SECRET";
    }
    return {};
  }

  Result<void> choose(AuthMethod method, const std::string& why) {
    // The connection's own pair is Entra's when it says so.
    if (method == AuthMethod::azure_client_secret && from_runbook("client_secret")) {
      config_.credentials["azure_client_id"] = config_.credential("client_id");
      config_.credentials["azure_client_secret"] = config_.credential("client_secret");
      config_.origins["azure_client_id"] = config_.origins["azure_client_secret"] = kRunbook;
    }
    if (!complete(method))
      return Error(
          "workspace-auth-incomplete"_code,
          fmt::format("authentication by {} (chosen by {}) needs {}", to_string(method), why, needs_of(method)),
          "give what is missing, or another auth_method");
    config_.method = method;
    config_.origins["auth_method"] = why;
    return {};
  }

  Result<void> choose_method() {
    std::string named = text_member(settings_, "auth_method");
    std::string why(kRunbook);
    if (named == "service_principal")
      return choose(complete(AuthMethod::oauth_m2m) || !complete(AuthMethod::azure_client_secret)
                        ? AuthMethod::oauth_m2m
                        : AuthMethod::azure_client_secret,
                    why);
    if (named == "profile") named.clear();
    if (named.empty()) {
      if (from_runbook("token") && from_runbook("client_secret")) return several({"pat", "oauth-m2m"});
      if (from_runbook("token")) return choose(AuthMethod::pat, "`token` in the runbook");
      if (from_runbook("client_secret")) return choose(AuthMethod::oauth_m2m, "`client_secret` in the runbook");
      // A client_id alone belongs to an id token.
      if (from_runbook("client_id"))
        for (const AuthMethod method :
             {AuthMethod::oauth_m2m, AuthMethod::github_oidc, AuthMethod::env_oidc, AuthMethod::file_oidc})
          if (complete(method)) return choose(method, "`client_id` in the runbook");
      named = config_.credential("auth_type");
      if (!named.empty()) why = config_.origins["auth_type"];
    }
    if (!named.empty()) {
      for (const AuthMethod method : kMethods)
        if (named == to_string(method)) return choose(method, why);
      return Error("workspace-auth-invalid"_code,
                   fmt::format("the authentication method \"{}\" (from {}) is not one of lockstep's", named, why),
                   "use pat, oauth-m2m, github-oidc, env-oidc, file-oidc or azure-client-secret");
    }
    return first_complete();
  }

  Result<void> first_complete() {
    std::vector<AuthMethod> found;
    for (const AuthMethod method : kMethods)
      if (complete(method)) found.push_back(method);
    // Every job on GitHub has the means of github-oidc: they are no sign that they are wanted beside others.
    if (found.size() > 1) std::erase(found, AuthMethod::github_oidc);
    if (found.size() > 1) {
      std::vector<std::string> names;
      names.reserve(found.size());
      for (const AuthMethod method : found) names.emplace_back(to_string(method));
      return several(names);
    }
    if (found.size() == 1) return choose(found.front(), "what is set");
    if (has("username") || has("password"))
      return Error("workspace-auth-invalid"_code, "signing in with user name and password is not supported",
                   "use a service principal (client_id and client_secret) or a token");
    for (const char* half : {"client_id", "client_secret"})
      if (has(half)) {
        const char* other = half == std::string_view("client_id") ? "client_secret" : "client_id";
        return Error(
            "workspace-auth-incomplete"_code,
            fmt::format("{} (from {}) has no {} beside it to sign in with", half, config_.origins[half], other),
            fmt::format("give {} as well, in the connection, the profile or DATABRICKS_{}", other,
                        half == std::string_view("client_id") ? "CLIENT_SECRET" : "CLIENT_ID"));
      }
    if (const auto profile = config_.origins.find("profile"); profile != config_.origins.end())
      return Error("workspace-auth-missing"_code,
                   fmt::format("nothing says how to sign in{}: the profile {} has no credentials",
                               config_.host.empty() ? "" : " to " + config_.host, profile->second),
                   "add a token, or client_id and client_secret, to the profile, give them in the connection, or set "
                   "DATABRICKS_TOKEN");
    return Error("workspace-auth-missing"_code,
                 fmt::format("nothing says how to sign in{}: no authentication is configured",
                             config_.host.empty() ? "" : " to " + config_.host),
                 "give `token: ${{ secrets.NAME }}`, or client_id and client_secret, in the connection; or name a "
                 "profile; or set DATABRICKS_TOKEN");
  }

  static Error several(const std::vector<std::string>& names) {
    return {"workspace-auth-invalid"_code,
            fmt::format("more than one authentication method is configured: {}", fmt::join(names, " and ")),
            "say which one with auth_method, or take the others out"};
  }

  static constexpr std::string_view kRunbook = "the runbook";
  const Json& settings_;
  const std::string& directory_;
  const Environment& environment_;
  WorkspaceConfig config_;
};

}  // namespace

std::string_view to_string(AuthMethod method) {
  switch (method) {
    case AuthMethod::pat:
      return "pat";
    case AuthMethod::oauth_m2m:
      return "oauth-m2m";
    case AuthMethod::github_oidc:
      return "github-oidc";
    case AuthMethod::env_oidc:
      return "env-oidc";
    case AuthMethod::file_oidc:
      return "file-oidc";
    case AuthMethod::azure_client_secret:
      return "azure-client-secret";
  }
  return "unknown";
}

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

std::string WorkspaceConfig::credential(std::string_view key) const {
  const auto found = credentials.find(key);
  return found == credentials.end() ? std::string() : found->second;
}

std::vector<std::pair<std::string, std::string>> WorkspaceConfig::secrets() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const Attribute& attribute : kAttributes)
    if (const std::string value = credential(attribute.key); attribute.secret && !value.empty())
      found.emplace_back(attribute.key, value);
  if (const std::string value = credential("github_token"); !value.empty()) found.emplace_back("github_token", value);
  return found;
}

Result<WorkspaceConfig> resolve_workspace_config(const Json& settings, const std::string& directory,
                                                 const Environment& environment) {
  Resolver resolver(settings, directory, environment);
  std::vector<Error> problems = resolver.resolve();
  if (!problems.empty()) return std::move(problems.front());
  return resolver.take();
}

std::vector<Error> workspace_config_problems(const Json& settings, const std::string& directory,
                                             const Environment& environment) {
  return Resolver(settings, directory, environment).resolve();
}

}  // namespace lockstep
