// A request as it goes over the wire.
#pragma once

#include <optional>
#include <string>

#include "engines/workspace/http.h"
#include "engines/workspace/http_url.h"

namespace lockstep {

// Why the request cannot be sent as it is: a method or header that would become something else on the wire (line
// breaks), or one that the transport sets itself. Values are not shown: they may be secrets.
std::optional<std::string> request_defect(const HttpRequest& request);

struct RequestForm {
  std::string user_agent;
  bool whole_url = false;           // to an http proxy
  std::string proxy_authorization;  // with it; may be empty
};
// Head and body. Precondition: no defect.
std::string request_text(const HttpRequest& request, const HttpUrl& url, const RequestForm& form);

}  // namespace lockstep
