// JSON Schema draft-07, the embedded files of schemas/, and two checks over them:
//  - walk_schema():    our own traversal over a keyword subset, for diagnostics with positions;
//  - schema_verdict(): valijson's answer, the authority, or a SchemaAcceptor's yes. A test holds that all three agree.
// check_schema() is both, for files; schema_findings() is both, for values without a file.
// Thread-safe: all schemas are immutable after first use.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/document.h"

namespace lockstep {

// One file of schemas/, by the stem of its name: "runbook", "report", "steps/provenance-sign", ...
// Null when there is none. The JSON is parsed once, on first use; the pointer stays valid.
const Json* embedded_schema(std::string_view name);
std::vector<std::string> embedded_schema_names();

// The keywords that the files of schemas/ may use; the walk understands exactly these. `format`, `description` and the
// other annotations are never checked.
std::span<const std::string_view> schema_keywords();

// Follows local $refs. A schema with a $ref has no other keyword that counts (draft-07). Null for a dangling one.
const Json* resolve_schema(const Json& schema, const Json& root);

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

// One file for editors (yaml-language-server): the runbook's schema, with every step type's inputs behind its `uses`,
// and `${{ }}` accepted where a number, a flag or a list is wanted. Self-contained. Never used for checking, because
// neither the walk nor valijson gives good answers to its if/then; schemas/editor.json holds it for modelines.
Json editor_schema();

struct SchemaWalk {
  // Where a missing key of the outermost mapping is reported, such as the `with` key. Line 0: at the mapping's start.
  Span at;
  // How messages name the outermost value ("with"); empty: the file itself.
  std::string name;
};

// Reports every unknown key (with the nearest names), missing field, wrong type, value outside an enum or a range.
// A string that contains `${{` is accepted wherever any scalar or structure is: its type is checked by the expression
// checker. Where `x-lockstep-secret: true` marks a field, a literal is an error that says what to write instead; no
// message ever holds the literal, but its span does: renderers of source lines blank the spans of "secret-literal".
// After 10,000 findings it gives up and says so.
void walk_schema(const Node& node, const Json& schema, const Json& root, Diagnostics& diagnostics,
                 const SchemaWalk& walk = {});

// Whether a string that holds `${{` stands for any value (a file as written) or for itself (a resolved value).
enum class Expressions { literal, accepted };

// True when valijson accepts the value, or would: a SchemaAcceptor is asked first. `schema` may be a subschema of
// `root`. Compiled schemas are kept when `root` is an embedded one.
bool schema_verdict(const Json& value, const Json& schema, const Json& root,
                    Expressions expressions = Expressions::literal);

// walk_schema(), and the verdict over the same value: should valijson refuse what the walk found nothing in, that is
// an error as well ("schema-refused").
void check_schema(const Node& node, const Json& schema, const Json& root, Diagnostics& diagnostics,
                  const SchemaWalk& walk = {});

// For values that come without a file (resolved inputs, outputs): every finding as one line "at /path: message".
// Literals in fields marked as secret are fine here: they came from `secrets`. Empty when valijson accepts, too.
std::vector<std::string> schema_findings(const Json& value, const Json& schema, const Json& root);

}  // namespace lockstep
