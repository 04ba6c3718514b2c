#include "engines/workspace/api_error.h"

#include <fmt/format.h>
#include <algorithm>

#include "engines/workspace/answer_json.h"

namespace lockstep {

namespace {

// None of them stands in a token, whatever its encoding.
constexpr std::string_view kBetweenWords = " ,;:\"'<>(){}[]&?";

bool contains_folded(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         }) != text.end();
}

std::string between(std::string_view body, std::string_view open, std::string_view close) {
  const std::size_t begin = body.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = body.find(close, begin + open.size());
  return std::string(body.substr(begin + open.size(), end == std::string_view::npos ? end : end - begin - open.size()));
}

// A code may be a number: the 401 of a workspace says "error_code": 401.
std::string word_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  return found->is_number() ? found->dump() : std::string();
}

std::string said_in_json(const Json& body) {
  if (!body.is_object()) return {};
  std::string code = word_of(body, "error_code");
  std::string message = word_of(body, "message");
  if (message.empty()) message = word_of(body, "detail");             // SCIM
  if (message.empty()) message = word_of(body, "error_description");  // OAuth
  if (message.empty()) message = word_of(body, "errorSummary");
  if (code.empty()) code = word_of(body, "error");  // OAuth; API 1.2 has the message there
  if (code.empty()) code = word_of(body, "errorCode");
  if (code.empty()) code = word_of(body, "scimType");
  if (const auto error = body.find("error"); error != body.end() && error->is_object()) return said_in_json(*error);
  // 401 and 403 say it twice: "error_code": 403.
  if (code.empty() || message.empty() || body.value("error_code", Json()).is_number())
    return message.empty() ? code : message;
  return code + ": " + message;
}

std::string with_said(const std::string& sentence, const HttpResponse& response) {
  const std::string words = said(response);
  return words.empty() ? sentence : sentence + ": " + words;
}

// Without its query, which may hold a token.
std::string place_of(std::string_view location) {
  return one_line(location.substr(0, location.find_first_of("?#")), 300);
}

}  // namespace

bool is_html(const HttpResponse& response) {
  if (const auto type = response.header("content-type"); type && contains_folded(*type, "text/html")) return true;
  const std::size_t first = response.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && response.body[first] == '<';
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
    if (line.size() >= most) {
      // Not in the middle of a word: half of a secret is one, and is not recognised where secrets are redacted.
      const std::size_t end = line.find_last_of(kBetweenWords);
      line.resize(end == std::string::npos ? 0 : end + 1);
      return line + "...";
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string said(const HttpResponse& response) {
  if (is_html(response)) {
    std::string text = between(response.body, "<pre>", "</pre>");
    if (text.empty()) text = between(response.body, "<title>", "</title>");
    return one_line(text, 300);
  }
  if (const std::optional<Json> json = parse_answer(response.body)) return one_line(said_in_json(*json));
  return one_line(response.body, 300);
}

bool refuses_token(const HttpResponse& response) {
  return response.status == 401 ||
         (response.status == 403 && said(response).find("nvalid access token") != std::string::npos);
}

Error refusal(const HttpResponse& response, std::string_view who, std::string_view what) {
  const int status = response.status;
  if (status >= 300 && status < 400) {
    const std::string location = place_of(response.header("location").value_or("nowhere"));
    const bool blocked =
        response.header("location").value_or("").find("private-link-validation-error") != std::string_view::npos;
    return {"workspace-redirected"_code,
            fmt::format("{} answered {} with a redirect ({}) to {}; redirects are not followed", who, what, status,
                        location),
            blocked ? "the workspace can only be reached through its private link: run from inside that network"
                    : "check the host: it should be the workspace's own address, as its pages show it"};
  }
  if (status == 401 || status == 403)
    return {"authentication-refused"_code,
            with_said(fmt::format("{} refused the authentication of {} ({})", who, what, status), response),
            status == 401
                ? "check that the token or service principal is valid and belongs to this workspace; `lockstep doctor` "
                  "shows which one was picked"
                : "a token that is wrong, expired or of another workspace is answered like this, too; else ask an "
                  "admin for the permission, for example CAN USE on the SQL warehouse"};
  if (is_html(response) && status < 500)
    return {
        "workspace-answer-html"_code,
        with_said(fmt::format("{} answered {} with an HTML page instead of JSON ({})", who, what, status), response),
        "most likely the host is wrong, or a login page or proxy stands in front of the workspace: check host and "
        "HTTPS_PROXY"};
  if (status == 429)
    return {"workspace-throttled"_code,
            with_said(fmt::format("{} throttles: it answered {} with 429", who, what), response),
            "run fewer statements at once (max_in_flight, max_workers), or try again later"};
  if (status == 404)
    return {"workspace-refused"_code, with_said(fmt::format("{} answered {} with 404", who, what), response),
            what.starts_with("GET ") ? "check the host; a statement and its result are gone an hour after its end"
                                     : "check host and warehouse_id"};
  if (status >= 500)
    return {"workspace-failed"_code, with_said(fmt::format("{} answered {} with {}", who, what, status), response),
            "the workspace is in trouble: look at its status page, and try again"};
  return {"workspace-refused"_code, with_said(fmt::format("{} refused {} with {}", who, what, status), response),
          "correct what the message names"};
}

Error throttling(const HttpResponse& response, double asked, std::string_view who, std::string_view what) {
  return {"workspace-throttled"_code,
          fmt::format("{} throttles: it answered {} with {} and asks to wait {:g} s, which is beyond the deadline", who,
                      what, response.status, asked),
          "give the step a longer `timeout`, or run fewer statements at once (max_in_flight, max_workers)"};
}

Error no_answer(const HttpFailure& failure, std::string_view who, std::string_view what) {
  using Kind = HttpFailure::Kind;
  const std::string detail = failure.detail.empty() ? std::string("no details") : one_line(failure.detail, 500);
  switch (failure.kind) {
    case Kind::cancelled:
      return {"cancelled"_code, fmt::format("stopped during {} to {}", what, who), "run again when you are ready"};
    case Kind::timeout:
      return {"timeout"_code, fmt::format("timeout: {} did not answer {} in time ({})", who, what, detail),
              "give it more time with `timeout`, or look whether the workspace is well"};
    case Kind::certificate:
      return {"workspace-certificate-refused"_code,
              fmt::format("the certificate of {} is not accepted: {}", who, detail),
              "check the host; behind a proxy that opens TLS, name its authority with ca_file"};
    case Kind::bad_url:
      return {"workspace-host-invalid"_code, fmt::format("{} cannot be sent to {}: {}", what, who, detail),
              "check the host: https://..., and http only for this machine itself"};
    case Kind::resolve:
    case Kind::refused:
    case Kind::connect:
    case Kind::handshake:
      return {"workspace-unreachable"_code, fmt::format("{} cannot be reached: {}", who, detail),
              "check host, network, VPN and HTTPS_PROXY"};
    case Kind::closed:
    case Kind::cut:
    case Kind::garbage:
    case Kind::too_large:
      break;
  }
  return {"workspace-connection-lost"_code, fmt::format("the answer of {} to {} was lost: {}", who, what, detail),
          "try again; if it stays so, look at proxies and load balancers between here and the workspace"};
}

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace lockstep
