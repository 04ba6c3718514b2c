// Who we are for a workspace: the Authorization header of every request.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engines/call.h"
#include "engines/workspace/http_client.h"
#include "engines/workspace/workspace_config.h"
#include "specs/result.h"

namespace lockstep {

// Told of every secret before it is used for the first time: name and value. Called from any thread.
using OnSecret = std::function<void(std::string_view name, std::string_view value)>;

// Thread-safe.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // "Bearer ...". Errors: "authentication-refused" and those of a request ("workspace-unreachable", "timeout", ...);
  // no error's text holds a credential.
  virtual Result<std::string> header(const Call& call) = 0;
  // The server did not accept this header. True: header() will give another one.
  virtual bool renew(std::string_view refused_header) = 0;
};

// `client` and `environment` are used as long as the source lives; nothing is fetched yet.
std::unique_ptr<TokenSource> make_token_source(const WorkspaceConfig& config, std::shared_ptr<HttpClient> client,
                                               Environment environment, OnSecret on_secret);

// The token for Azure's own management that goes with it, where the workspace is named by its Azure resource id and the
// sign-in is Entra's; null otherwise.
std::unique_ptr<TokenSource> make_management_token_source(const WorkspaceConfig& config,
                                                          std::shared_ptr<HttpClient> client, Environment environment,
                                                          OnSecret on_secret);

}  // namespace lockstep
