// A workspace: requests to its REST API, signed, with every failure as an Error that says what to do.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engines/call.h"
#include "engines/workspace/http_client.h"
#include "engines/workspace/token_source.h"
#include "engines/workspace/workspace_config.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

struct ApiRequest {
  std::string method = "GET";
  std::string path;          // "/api/2.0/...", query included, percent-encoded
  std::optional<Json> body;  // sent as JSON
  bool large = false;        // its answer may take minutes to arrive: a chunk of a result
  std::optional<HttpLinger> linger = std::nullopt;
};

struct ApiAnswer {
  std::optional<Json> json;  // of a 2xx; without one there is an error
  std::optional<Error> error;
  int status = 0;                       // of the last response; 0: none came
  std::string date;                     // its Date header, as sent; empty: none
  std::string peer_certificate_expiry;  // see HttpResult
  // Submits only: the request may have been executed, although it failed or its answer could not be read.
  bool may_have_run = false;
  bool throttled = false;  // the server asks to wait for longer than there is time
};

struct WorkspaceOptions {
  RetryPace pace;
  OnSecret on_secret;       // told of the configuration's secrets at once, and of every token fetched; may be null
  Environment environment;  // null: the process's
  // How long one attempt of a request may take, a step's own deadline aside. Larger than any wait_timeout.
  std::chrono::milliseconds attempt_limit{75'000};
  std::chrono::milliseconds large_attempt_limit{600'000};
  // How long a submit is tried that is refused or throttled, where the step has no deadline.
  std::chrono::milliseconds submit_patience{300'000};
};

// Thread-safe.
class Workspace {
 public:
  Workspace(WorkspaceConfig config, std::shared_ptr<HttpTransport> transport, WorkspaceOptions options = {});
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] const WorkspaceConfig& config() const { return config_; }

  // A token that is refused: once more with a fresh one where there is one, then "authentication-refused", as for any
  // 401 and 403.
  ApiAnswer send(const ApiRequest& request, RequestClass what, const Call& call);

  // A presigned address of the result's storage: no credentials are sent but `headers`. The address is a secret: no
  // error shows more of it than its host. `status` tells an expired one (403) from others.
  ApiAnswer fetch(const std::string& url, const HttpHeaders& headers, const Call& call);

 private:
  // The headers that say who we are.
  Result<HttpHeaders> credentials(const Call& call);
  // They were refused. True: others may do better.
  bool renew(const HttpHeaders& refused);
  HttpAnswer attempt(const ApiRequest& request, RequestClass what, const HttpHeaders& credentials, const Call& call);

  const WorkspaceConfig config_;
  const WorkspaceOptions options_;
  std::shared_ptr<HttpClient> client_;
  std::shared_ptr<HttpClient> patient_client_;  // for large answers
  std::unique_ptr<TokenSource> tokens_;
  std::unique_ptr<TokenSource> management_tokens_;  // null: none are needed
};

}  // namespace lockstep
