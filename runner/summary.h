// The closing summary: every step's status, time and key figure, and what the run came to. Redacted and escaped.
#pragma once

#include <string>

#include "runner/report.h"
#include "runner/style.h"
#include "specs/secrets.h"

namespace lockstep {

// Ends with a line feed. Errors are told by the reporters when they happen; the summary names them once more, shortly.
std::string summary_text(const RunReport& report, const Style& style, const SecretSet& secrets);

}  // namespace lockstep
