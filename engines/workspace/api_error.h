// What a server says when it does not do what it was asked: JSON of several ages, plain text, HTML. Pure functions.
// Shapes: the error readers of the Databricks SDKs (apierr/errors.go, errors/deserializer.py). All of it is untrusted:
// it is shown, never acted on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/workspace/http.h"
#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// Whether the response is a page for people: a login form, a proxy's notice.
bool is_html(const HttpResponse& response);

// Whether it is the token that is not accepted: 401, or the 403 "Invalid access token." that a workspace answers as
// well. Any other 403 is a permission that is missing, and a fresh token would not have it either.
bool refuses_token(const HttpResponse& response);

// "INVALID_PARAMETER_VALUE: ...", the text of a page, ...: whatever can be read, on one line; empty when nothing can.
std::string said(const HttpResponse& response);

// The error of a response that is no 2xx, or is a page. `who` is the server, "https://host"; `what` the request,
// "POST /api/2.0/sql/statements". Codes: "authentication-refused", "workspace-redirected", "workspace-answer-html",
// "workspace-throttled", "workspace-refused", "workspace-failed".
Error refusal(const HttpResponse& response, std::string_view who, std::string_view what);

// The error of a response that asks to wait for longer (`asked`, in s) than there is time. Code: "workspace-throttled".
Error throttling(const HttpResponse& response, double asked, std::string_view who, std::string_view what);

// The error of a request that got no response. Codes: "workspace-unreachable", "workspace-certificate-refused",
// "workspace-connection-lost", "timeout", "cancelled".
Error no_answer(const HttpFailure& failure, std::string_view who, std::string_view what);

// Header and cell texts of a server on one line, at most `most` bytes; what is longer is cut between two words.
std::string one_line(std::string_view text, std::size_t most = 2000);

// Without the blanks and line ends around it.
std::string trimmed(const std::string& text);

}  // namespace lockstep
