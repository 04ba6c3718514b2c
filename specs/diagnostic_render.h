// Findings for people and for tools. Pure functions, thread-safe. The order of the findings is kept.
#pragma once

#include <string>

#include "specs/diagnostic.h"
#include "specs/document.h"

namespace lockstep {

// For a terminal or a log, each finding as
//
//   runbook.yaml:3:5: error: unknown key "need" in a step [unknown-key]
//     3 |     need: [load]
//       |     ^^^^
//   hint: did you mean "needs"?
//
// with its related places as notes, and "1 error, 2 warnings" at the end. Empty for no findings. Whatever comes from a
// file is made printable (utf8.h), long lines are cut around the caret. `colour`: with ANSI escapes.
std::string render_text(const Diagnostics& diagnostics, bool colour);

// {format_version, valid, error_count, warning_count, diagnostics: [...]} in the shape of `terraform validate -json`
// (https://developer.hashicorp.com/terraform/internals/machine-readable-ui#diagnostic): severity, summary, detail,
// range {filename, start {line, column, byte}, end}, snippet; and `code` and `related` [{message, range}]. `range` has
// no start and end when a finding is about the whole file, and is absent when it is about no file.
Json render_json(const Diagnostics& diagnostics);

// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/). The fingerprint of a result does not depend on its
// line number, so that a finding that only moved stays the same one.
Json render_sarif(const Diagnostics& diagnostics);

// Workflow commands of GitHub Actions, one line a finding:
// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
std::string render_github(const Diagnostics& diagnostics);

}  // namespace lockstep
