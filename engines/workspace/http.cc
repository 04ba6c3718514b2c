#include "engines/workspace/http.h"

#include <algorithm>
#include <array>

namespace lockstep {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool HttpRequest::carries_credentials() const {
  static constexpr std::array<std::string_view, 5> kSecret{"authorization", "proxy-authorization", "cookie",
                                                           "x-api-key", "x-databricks-azure-sp-management-token"};
  if (std::any_of(headers.begin(), headers.end(), [](const auto& header) {
        return std::any_of(kSecret.begin(), kSecret.end(),
                           [&](std::string_view name) { return same_header_name(name, header.first); });
      }))
    return true;
  // A token request of OAuth holds the secret in its body.
  return body.find("client_secret=") != std::string::npos || body.find("subject_token=") != std::string::npos ||
         body.find("client_assertion=") != std::string::npos;
}

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_header_name(key, name)) return value;
  return std::nullopt;
}

}  // namespace lockstep
