// JSON Schema draft-07, the embedded files of schemas/, and two checks over them:
//  - walk():    our own traversal over a keyword subset, for diagnostics with positions;
//  - verdict(): valijson's answer, the authority. A test holds that the two agree.
// Thread-safe: all schemas are immutable after first use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/document.h"

namespace lockstep {

// One file of schemas/, by the stem of its name: "runbook", "report", "steps/provenance-sign", ...
// Null when there is none. The JSON is parsed once, on first use.
const Json* embedded_schema(std::string_view name);
std::vector<std::string> embedded_schema_names();

// A step type's two schemas: schemas/steps/<uses with '/' as '-'>.schema.json, definitions "with" and "outputs".
struct StepSchema {
  std::string uses;     // "provenance/sign"
  std::string summary;  // one line, from the file's description
  const Json* with;     // subschema; $refs in it are local to `root`
  const Json* outputs;
  const Json* root;
};
const StepSchema* step_schema(std::string_view uses);
const std::vector<StepSchema>& step_schemas();  // sorted by uses

// Reports every unknown key (with the nearest names), missing field, wrong type, value outside an enum or a range.
// A string that contains `${{` is accepted wherever any scalar or structure is: its type is checked by the expression
// checker. Where `x-lockstep-secret: true` marks a field, a literal string is an error that says what to write instead.
void walk_schema(const Node& node, const Json& schema, const Json& root, Diagnostics& diagnostics);

// True when valijson accepts the value. `schema` may be a subschema of `root`.
bool schema_verdict(const Json& value, const Json& schema, const Json& root);

// For values that come without a file (resolved inputs, outputs): every finding as one line "at /path: message".
std::vector<std::string> schema_findings(const Json& value, const Json& schema, const Json& root);

}  // namespace lockstep
