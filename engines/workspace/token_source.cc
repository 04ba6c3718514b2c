#include "engines/workspace/token_source.h"

#include "engines/workspace/oauth.h"
#include "engines/workspace/token_cache.h"

namespace lockstep {

namespace {

class PersonalAccessToken final : public TokenSource {
 public:
  explicit PersonalAccessToken(const std::string& token) : header_("Bearer " + token) {}
  Result<std::string> header(const Call& /*call*/) override { return header_; }
  bool renew(std::string_view /*refused_header*/) override { return false; }

 private:
  const std::string header_;
};

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const WorkspaceConfig& config, std::shared_ptr<HttpClient> client,
                                               Environment environment, OnSecret on_secret) {
  if (config.method == AuthMethod::pat) return std::make_unique<PersonalAccessToken>(config.credential("token"));
  auto fetcher = std::make_shared<TokenFetcher>(config, std::move(client), std::move(environment), on_secret);
  return std::make_unique<CachedTokenSource>([fetcher](const Call& call) { return fetcher->fetch(call); },
                                             std::move(on_secret));
}

std::unique_ptr<TokenSource> make_management_token_source(const WorkspaceConfig& config,
                                                          std::shared_ptr<HttpClient> client, Environment environment,
                                                          OnSecret on_secret) {
  if (config.method != AuthMethod::azure_client_secret || config.credential("azure_workspace_resource_id").empty())
    return nullptr;
  auto fetcher = std::make_shared<TokenFetcher>(config, std::move(client), std::move(environment), on_secret);
  return std::make_unique<CachedTokenSource>(
      [fetcher](const Call& call) { return fetcher->fetch_for_management(call); }, std::move(on_secret));
}

}  // namespace lockstep
