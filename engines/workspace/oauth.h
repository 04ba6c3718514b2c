// How each method of authentication gets its access token. Thread-safe: no state beside what is given.
// Sources: OAuth machine-to-machine and token federation of Databricks, the v1 endpoint of Entra ID, id tokens of
// GitHub Actions; each as the Databricks SDK for Go does it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engines/workspace/http_client.h"
#include "engines/workspace/token_cache.h"
#include "engines/workspace/workspace_config.h"

namespace lockstep {

class TokenFetcher {
 public:
  // `on_secret` is told of id tokens and of the Basic credentials; the access token is the cache's to tell.
  TokenFetcher(WorkspaceConfig config, std::shared_ptr<HttpClient> client, Environment environment, OnSecret on_secret);
  // Errors: "authentication-refused" (the credentials are not accepted, or an id token is missing), and those of a
  // request.
  Result<FetchedToken> fetch(const Call& call) const;
  // A token of Entra's for Azure's own management, which lets a service principal in that is no user of the workspace.
  Result<FetchedToken> fetch_for_management(const Call& call) const;

 private:
  struct Form;
  Result<std::string> token_endpoint(const Call& call) const;
  Result<FetchedToken> exchange(const Call& call) const;
  Result<std::string> id_token(const std::string& audience, const Call& call) const;
  Result<std::string> github_id_token(const std::string& audience, const Call& call) const;
  Result<std::string> entra_tenant(const Call& call) const;
  Result<FetchedToken> entra(std::string_view resource, const Call& call) const;
  Result<FetchedToken> post(const std::string& endpoint, const Form& form, const std::string& basic,
                            const Call& call) const;
  [[nodiscard]] HttpRequest request(std::string method, std::string url) const;

  const WorkspaceConfig config_;
  const std::shared_ptr<HttpClient> client_;
  const Environment environment_;
  const OnSecret on_secret_;
};

}  // namespace lockstep
