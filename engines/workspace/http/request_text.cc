#include "engines/workspace/http/request_text.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "engines/workspace/http/header_values.h"

namespace lockstep {

namespace {

// Written by request_text(), or never: the framing of the message is the transport's.
constexpr std::array<std::string_view, 9> kOwn{"Host",       "Content-Length",   "Transfer-Encoding",
                                               "Connection", "Accept-Encoding",  "Proxy-Authorization",
                                               "Expect",     "Proxy-Connection", "TE"};

bool has(const HttpHeaders& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return same_header_name(header.first, name); });
}

}  // namespace

std::optional<std::string> request_defect(const HttpRequest& request) {
  if (!is_token(request.method)) return fmt::format("'{}' is no HTTP method", printable_header(request.method));
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return fmt::format("'{}' is no name of a header", printable_header(name));
    if (std::any_of(value.begin(), value.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f'; }))
      return fmt::format("the value of the header '{}' holds a line break or another control character", name);
    if (std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) { return same_header_name(own, name); }))
      return fmt::format("the header '{}' is set by the transport", name);
  }
  return std::nullopt;
}

std::string request_text(const HttpRequest& request, const HttpUrl& url, const RequestForm& form) {
  const std::string host = url.host_header();
  std::string text;
  text.reserve(512 + request.body.size());
  text += request.method;
  text += ' ';
  if (form.whole_url) text.append("http://").append(host);
  text.append(url.target).append(" HTTP/1.1\r\nHost: ").append(host);
  if (!form.user_agent.empty() && !has(request.headers, "User-Agent"))
    text.append("\r\nUser-Agent: ").append(form.user_agent);
  text.append("\r\nAccept-Encoding: gzip");
  if (form.whole_url && !form.proxy_authorization.empty())
    text.append("\r\nProxy-Authorization: ").append(form.proxy_authorization);
  for (const auto& [name, value] : request.headers) text.append("\r\n").append(name).append(": ").append(value);
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE"))
    text.append("\r\nContent-Length: ").append(std::to_string(request.body.size()));
  text.append("\r\n\r\n").append(request.body);
  return text;
}

}  // namespace lockstep
