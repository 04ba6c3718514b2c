#include "engines/workspace/oauth.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <algorithm>
#include <charconv>

#include "engines/file.h"
#include "engines/workspace/answer_json.h"
#include "engines/workspace/api_error.h"
#include "engines/workspace/host.h"
#include "specs/json_member.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMostTokenBytes = 1ULL << 20U;
// The application "AzureDatabricks" in every Entra tenant, the same in all Azure clouds.
constexpr std::string_view kAzureDatabricks = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

struct AzureCloud {
  std::string_view login;
  std::string_view management;
};

// Public, of the US government, of China. [Databricks SDK for Go: common/environment/azure.go]
AzureCloud cloud_of(const std::string& host) {
  if (host.ends_with(".databricks.azure.us"))
    return {"https://login.microsoftonline.us", "https://management.core.usgovcloudapi.net/"};
  if (host.ends_with(".databricks.azure.cn"))
    return {"https://login.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/"};
  return {"https://login.microsoftonline.com", "https://management.core.windows.net/"};
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// A number or decimal text.
std::chrono::seconds lifetime_of(const Json& json) {
  constexpr std::int64_t kHour = 3600;
  std::int64_t seconds = kHour;
  if (const auto found = json.find("expires_in"); found != json.end()) {
    if (found->is_number_integer()) seconds = found->get<std::int64_t>();
    if (found->is_string()) {
      const auto& text = found->get_ref<const std::string&>();
      std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 24 * kHour));
}

std::string origin_of(const std::string& url) {
  const Result<HostUrl> host = parse_host(url);
  return host ? fmt::format("{}://{}", host->scheme, host->authority) : std::string("the token's server");
}

Error no_id_token(const std::string& why, const std::string& remedy) {
  return {"authentication-refused"_code, fmt::format("authentication is not possible: {}", why), remedy};
}

}  // namespace

struct TokenFetcher::Form {
  std::vector<std::pair<std::string, std::string>> fields;
  [[nodiscard]] std::string encoded() const {
    std::string text;
    for (const auto& [name, value] : fields)
      text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, percent_encoded(value));
    return text;
  }
};

TokenFetcher::TokenFetcher(WorkspaceConfig config, std::shared_ptr<HttpClient> client, Environment environment,
                           OnSecret on_secret)
    : config_(std::move(config)),
      client_(std::move(client)),
      environment_(std::move(environment)),
      on_secret_(std::move(on_secret)) {}

HttpRequest TokenFetcher::request(std::string method, std::string url) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers.emplace_back("Accept", "application/json");
  request.ca_file = config_.ca_file;
  request.max_response_bytes = kMostTokenBytes;
  return request;
}

Result<FetchedToken> TokenFetcher::fetch(const Call& call) const {
  switch (config_.method) {
    case AuthMethod::oauth_m2m: {
      Result<std::string> endpoint = token_endpoint(call);
      if (!endpoint) return std::move(endpoint).error();
      const std::string basic = base64(percent_encoded(config_.credential("client_id")) + ":" +
                                       percent_encoded(config_.credential("client_secret")));
      // A server may echo it, and inside it the secret is not found: it is percent-encoded under the base64.
      if (on_secret_) on_secret_("client_credentials", basic);
      return post(*endpoint, {{{"grant_type", "client_credentials"}, {"scope", "all-apis"}}}, basic, call);
    }
    case AuthMethod::azure_client_secret:
      return entra(kAzureDatabricks, call);
    default:
      return exchange(call);
  }
}

Result<std::string> TokenFetcher::token_endpoint(const Call& call) const {
  const HttpAnswer answer = client_->send(request("GET", config_.host + "/oidc/.well-known/oauth-authorization-server"),
                                          RequestClass::idempotent, call);
  const std::string_view what = "the discovery of its token endpoint";
  if (!answer.response) return no_answer(answer.failure, config_.host, what);
  if (answer.throttled_for) return throttling(*answer.response, *answer.throttled_for, config_.host, what);
  if (answer.response->status == 200 && !is_html(*answer.response))
    if (const std::optional<Json> json = parse_answer(answer.response->body); json && json->is_object())
      if (std::string endpoint = text_member(*json, "token_endpoint"); !endpoint.empty()) {
        // The document is not more to be trusted than its server: the secret goes over https, or nowhere else.
        if (endpoint.starts_with("https://") || endpoint.starts_with(config_.host + "/")) return endpoint;
        return Error(
            "authentication-refused"_code,
            fmt::format("authentication is not possible: {} names a token endpoint that is not https", config_.host),
            "check the host");
      }
  if (answer.response->status >= 300 && answer.response->status < 400)
    return refusal(*answer.response, config_.host, what);
  return config_.host + "/oidc/v1/token";  // where a workspace has it
}

Result<FetchedToken> TokenFetcher::exchange(const Call& call) const {
  const std::string endpoint = config_.host + "/oidc/v1/token";
  const std::string audience = config_.credential("audience");
  Result<std::string> subject = id_token(audience.empty() ? endpoint : audience, call);
  if (!subject) return std::move(subject).error();
  if (on_secret_) on_secret_("id_token", *subject);
  Form form{{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
             {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
             {"subject_token", *subject},
             {"scope", "all-apis"}}};
  // Absent for an account-wide federation policy.
  if (const std::string client = config_.credential("client_id"); !client.empty())
    form.fields.emplace_back("client_id", client);
  return post(endpoint, form, {}, call);
}

Result<std::string> TokenFetcher::id_token(const std::string& audience, const Call& call) const {
  if (config_.method == AuthMethod::github_oidc) return github_id_token(audience, call);
  if (config_.method == AuthMethod::env_oidc) {
    const std::string variable = config_.credential("oidc_token_env");
    std::string token = trimmed(environment_(variable));
    if (token.empty())
      return no_id_token(fmt::format("the environment variable {} holds no id token", variable),
                         "let the job write its id token there");
    return token;
  }
  // Read each time: whoever rotates the token rewrites the file.
  const std::string path = config_.credential("databricks_id_token_filepath");
  Result<std::string> text = read_file(path, kMostTokenBytes);
  if (!text) return std::move(text).error().with_context("while reading the id token for the authentication");
  std::string token = trimmed(*text);
  if (token.empty()) return no_id_token(fmt::format("the file {} holds no id token", path), "let the job write it");
  return token;
}

Result<std::string> TokenFetcher::github_id_token(const std::string& audience, const Call& call) const {
  const std::string base = config_.credential("github_token_url");
  const char joint = base.find('?') == std::string::npos ? '?' : '&';
  HttpRequest asked = request("GET", fmt::format("{}{}audience={}", base, joint, percent_encoded(audience)));
  asked.headers.emplace_back("Authorization", "Bearer " + config_.credential("github_token"));
  const HttpAnswer answer = client_->send(asked, RequestClass::idempotent, call);
  const std::string_view what = "the request for an id token";
  if (!answer.response) return no_answer(answer.failure, origin_of(base), what);
  if (answer.throttled_for) return throttling(*answer.response, *answer.throttled_for, origin_of(base), what);
  if (answer.response->status != 200 || is_html(*answer.response))
    return refusal(*answer.response, origin_of(base), what);
  const std::optional<Json> json = parse_answer(answer.response->body);
  std::string token = json ? text_member(*json, "value") : std::string();
  if (token.empty())
    return no_id_token("GitHub's answer holds no id token", "give the job `permissions: id-token: write`");
  return token;
}

Result<std::string> TokenFetcher::entra_tenant(const Call& call) const {
  if (std::string tenant = config_.credential("azure_tenant_id"); !tenant.empty()) return tenant;
  // The workspace's own sign-in redirects to its tenant; the redirect is read, not followed.
  const HttpAnswer answer = client_->send(request("GET", config_.host + "/aad/auth"), RequestClass::idempotent, call);
  if (!answer.response) return no_answer(answer.failure, config_.host, "the question for its Entra tenant");
  const std::string_view location = answer.response->header("location").value_or("");
  const std::size_t name = location.find("://");
  const std::size_t path = name == std::string_view::npos ? name : location.find('/', name + 3);
  if (path == std::string_view::npos)
    return no_id_token(fmt::format("{} does not tell its Entra tenant", config_.host), "set ARM_TENANT_ID");
  std::string tenant(location.substr(path + 1, location.find_first_of("/?#", path + 1) - path - 1));
  if (tenant.empty())
    return no_id_token(fmt::format("{} does not tell its Entra tenant", config_.host), "set ARM_TENANT_ID");
  return tenant;
}

Result<FetchedToken> TokenFetcher::fetch_for_management(const Call& call) const {
  return entra(cloud_of(config_.host).management, call);
}

Result<FetchedToken> TokenFetcher::entra(std::string_view resource, const Call& call) const {
  Result<std::string> tenant = entra_tenant(call);
  if (!tenant) return std::move(tenant).error();
  return post(fmt::format("{}/{}/oauth2/token", cloud_of(config_.host).login, percent_encoded(*tenant)),
              {{{"grant_type", "client_credentials"},
                {"client_id", config_.credential("azure_client_id")},
                {"client_secret", config_.credential("azure_client_secret")},
                {"resource", std::string(resource)}}},
              {}, call);
}

Result<FetchedToken> TokenFetcher::post(const std::string& endpoint, const Form& form, const std::string& basic,
                                        const Call& call) const {
  HttpRequest asked = request("POST", endpoint);
  asked.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  if (!basic.empty()) asked.headers.emplace_back("Authorization", "Basic " + basic);
  asked.body = form.encoded();
  const HttpAnswer answer = client_->send(asked, RequestClass::idempotent, call);
  const std::string who = origin_of(endpoint);
  const std::string_view what = "the request for an access token";
  if (!answer.response) return no_answer(answer.failure, who, what);
  const HttpResponse& response = *answer.response;
  if (answer.throttled_for) return throttling(response, *answer.throttled_for, who, what);
  if (response.status == 400 && !is_html(response)) {
    const std::string words = said(response);
    return Error("authentication-refused"_code,
                 fmt::format("authentication by {} failed: {} refused the credentials{}{}", to_string(config_.method),
                             who, words.empty() ? "" : ": ", words),
                 "check client_id, client_secret or the federation policy; `lockstep doctor` shows which were picked");
  }
  if (response.status != 200 || is_html(response)) return refusal(response, who, what);
  const std::optional<Json> json = parse_answer(response.body);
  FetchedToken token;
  if (json && json->is_object()) {
    token.value = text_member(*json, "access_token");
    token.lifetime = lifetime_of(*json);
  }
  if (token.value.empty())
    return Error("authentication-refused"_code, fmt::format("authentication failed: {} gave no access token", who),
                 "check the host");
  return token;
}

}  // namespace lockstep
