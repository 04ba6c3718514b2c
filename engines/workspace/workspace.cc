#include "engines/workspace/workspace.h"

#include <fmt/format.h>
#include <algorithm>

#include "engines/workspace/answer_json.h"
#include "engines/workspace/api_error.h"
#include "engines/workspace/host.h"
#include "specs/duration_text.h"
#include "specs/json_dump.h"
#include "specs/secrets.h"

namespace lockstep {

namespace {

// A server that accepts a request and never answers must not hold a step without a timeout for ever.
class LimitedTransport final : public HttpTransport {
 public:
  LimitedTransport(std::shared_ptr<HttpTransport> inner, std::chrono::milliseconds limit)
      : inner_(std::move(inner)), limit_(limit) {}
  HttpResult send(const HttpRequest& request, const Call& call) override {
    Call limited = call;
    const SteadyTime latest = std::chrono::steady_clock::now() + limit_;
    limited.deadline = call.deadline ? std::min(*call.deadline, latest) : latest;
    return inner_->send(request, limited);
  }
  [[nodiscard]] TransportFigures figures() const override { return inner_->figures(); }

 private:
  std::shared_ptr<HttpTransport> inner_;
  std::chrono::milliseconds limit_;
};

// How the SDKs of Databricks send it. [Databricks SDK for Go: config/oauth_visitors.go]
constexpr const char* kManagementToken = "X-Databricks-Azure-SP-Management-Token";
constexpr std::string_view kBearer = "Bearer ";

std::string what_of(const ApiRequest& request) {
  return request.method + " " + request.path.substr(0, request.path.find('?'));
}

HttpClient::OnWait announce(const Call& call) {
  if (!call.trace || !call.trace->on_wait) return nullptr;
  return [trace = call.trace](std::string_view why, std::chrono::milliseconds wait,
                              std::optional<std::chrono::milliseconds> left) {
    trace->on_wait(fmt::format("{}; again in {}{}", why, duration_text(wait),
                               left ? fmt::format(", for {} at most", duration_text(*left)) : ""));
  };
}

// Of a presigned address: everything behind its path, as a whole and each value. Values that are short are words.
std::unique_ptr<SecretSet> secrets_of_link(const std::string& url, const HttpHeaders& headers) {
  constexpr std::size_t kWord = 8;
  auto secrets = std::make_unique<SecretSet>();
  const auto add = [&secrets](std::string_view value) {
    if (value.size() > kWord) (void)secrets->add("link", value);
  };
  std::string_view rest(url);
  rest = rest.substr(std::min(rest.find('?'), rest.size()));
  if (!rest.empty()) rest.remove_prefix(1);
  add(rest);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const std::size_t equals = pair.find('=');
    add(equals == std::string_view::npos ? pair : pair.substr(equals + 1));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
  for (const auto& [name, value] : headers) add(value);
  return secrets;
}

ApiAnswer answer_of(const HttpAnswer& http, const std::string& who, const std::string& what) {
  ApiAnswer answer;
  answer.may_have_run = http.may_have_run;
  answer.peer_certificate_expiry = http.peer_certificate_expiry;
  if (!http.response) {
    answer.error = no_answer(http.failure, who, what);
    return answer;
  }
  const HttpResponse& response = *http.response;
  answer.status = response.status;
  answer.date = response.header("Date").value_or("");
  if (response.status < 200 || response.status > 299 || is_html(response)) {
    answer.throttled = http.throttled_for.has_value();
    answer.error =
        answer.throttled ? throttling(response, *http.throttled_for, who, what) : refusal(response, who, what);
    return answer;
  }
  answer.json = response.body.empty() ? std::optional<Json>(Json::object()) : parse_answer(response.body);
  if (answer.json) return answer;
  answer.may_have_run = true;
  answer.error = Error("workspace-answer-invalid"_code, fmt::format("the answer of {} to {} is no JSON", who, what),
                       "check the host and the proxies between here and the workspace");
  return answer;
}

}  // namespace

Workspace::Workspace(WorkspaceConfig config, std::shared_ptr<HttpTransport> transport, WorkspaceOptions options)
    : config_(std::move(config)), options_(std::move(options)) {
  client_ = std::make_shared<HttpClient>(std::make_shared<LimitedTransport>(transport, options_.attempt_limit),
                                         options_.pace);
  patient_client_ = std::make_shared<HttpClient>(
      std::make_shared<LimitedTransport>(std::move(transport), options_.large_attempt_limit), options_.pace);
  if (options_.on_secret)
    for (const auto& [name, value] : config_.secrets()) options_.on_secret(name, value);
  const Environment environment = options_.environment ? options_.environment : process_environment();
  tokens_ = make_token_source(config_, client_, environment, options_.on_secret);
  management_tokens_ = make_management_token_source(config_, client_, environment, options_.on_secret);
}

Workspace::~Workspace() = default;

Result<HttpHeaders> Workspace::credentials(const Call& call) {
  Result<std::string> header = tokens_->header(call);
  if (!header) return std::move(header).error();
  HttpHeaders headers{{"Authorization", *std::move(header)}};
  if (!management_tokens_) return headers;
  const Result<std::string> management = management_tokens_->header(call);
  if (!management) return management.error();
  headers.emplace_back(kManagementToken, management->substr(kBearer.size()));
  headers.emplace_back("X-Databricks-Azure-Workspace-Resource-Id", config_.credential("azure_workspace_resource_id"));
  return headers;
}

bool Workspace::renew(const HttpHeaders& refused) {
  bool renewed = false;
  for (const auto& [name, value] : refused) {
    if (name == "Authorization") renewed = tokens_->renew(value) || renewed;
    if (name == kManagementToken) renewed = management_tokens_->renew(std::string(kBearer) + value) || renewed;
  }
  return renewed;
}

HttpAnswer Workspace::attempt(const ApiRequest& request, RequestClass what, const HttpHeaders& credentials,
                              const Call& call) {
  HttpRequest http;
  http.method = request.method;
  http.url = config_.host + request.path;
  http.headers = credentials;
  http.headers.emplace_back("Accept", "application/json");
  http.ca_file = config_.ca_file;
  http.linger = request.linger;
  if (request.large) http.max_response_bytes = 512ULL << 20U;
  if (request.body) {
    http.headers.emplace_back("Content-Type", "application/json");
    http.body = dump_json(*request.body);
  }
  Call patient = call;
  if (what == RequestClass::submit && !patient.deadline)
    patient.deadline = std::chrono::steady_clock::now() + options_.submit_patience;
  return (request.large ? patient_client_ : client_)->send(http, what, patient, announce(call));
}

ApiAnswer Workspace::send(const ApiRequest& request, RequestClass what, const Call& call) {
  const std::string words = what_of(request);
  for (bool again = true;; again = false) {
    Result<HttpHeaders> signed_by = credentials(call);
    if (!signed_by) {
      ApiAnswer none;
      none.error = std::move(signed_by).error();
      return none;
    }
    const HttpAnswer http = attempt(request, what, *signed_by, call);
    if (again && http.response && refuses_token(*http.response) && renew(*signed_by)) continue;
    return answer_of(http, config_.host, words);
  }
}

ApiAnswer Workspace::fetch(const std::string& url, const HttpHeaders& headers, const Call& call) {
  HttpRequest http;
  http.url = url;
  http.headers = headers;
  http.ca_file = config_.ca_file;
  http.max_response_bytes = 512ULL << 20U;
  const Result<HostUrl> host = parse_host(url);
  // The address itself is the credential.
  if (host && host->scheme != "https" && !is_loopback(host->name)) {
    ApiAnswer refused;
    refused.error = Error("workspace-host-invalid"_code,
                          fmt::format("a part of the result is offered at http://{}, and http is used for this machine "
                                      "itself only",
                                      host->authority),
                          "ask the workspace's admin why its results are offered without TLS");
    return refused;
  }
  const std::string who = host ? fmt::format("{}://{}", host->scheme, host->authority) : "the result's storage";
  ApiAnswer answer = answer_of(patient_client_->send(http, RequestClass::idempotent, call, announce(call)), who,
                               "the request for a part of the result");
  // The storage may repeat what it was asked for.
  if (answer.error) answer.error->message = secrets_of_link(url, headers)->redact(answer.error->message);
  return answer;
}

}  // namespace lockstep
