// The typed runbook: what a validated file means. Built once, then read-only and shared by all threads.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/document.h"
#include "specs/expression.h"
#include "specs/result.h"

namespace lockstep {

using Milliseconds = std::chrono::milliseconds;

struct Param {
  std::string name;
  std::string type;  // string | integer | number | boolean | list | object
  std::string description;
  std::optional<Json> default_value;
  std::vector<Json> choices;  // enum; empty: any
  Span span;
};

struct ConnectionSpec {
  std::string name;
  std::string type;  // duckdb | databricks
  const Node* node;  // the connection's mapping, inside the runbook's document
  Span span;
};

struct RetryPolicy {
  int max_attempts = 1;
  Milliseconds backoff{1000};
  Milliseconds max_backoff{30000};
  std::vector<std::string> on;  // error codes or classes; empty: whatever is marked as retriable
};

struct Need {
  std::size_t step;  // index into Runbook::steps
  Span span;         // the `needs` entry, or the expression that implies it
  bool implied = false;
};

struct StepSpec {
  std::string id;
  std::string name;  // for people; the id when not given
  std::string uses;
  Span span;  // of the step's mapping
  Span id_span;
  const Node* with = nullptr;  // null: none given
  Span with_span;              // for findings when `with` is absent: the `uses` line
  std::vector<Need> needs;     // explicit and implied, by step index, no duplicates
  std::optional<Template> condition;
  bool condition_uses_status = false;   // has always(), failure(), ...
  std::optional<Template> for_each;     // an expression, or
  const Node* for_each_list = nullptr;  // a literal list (its items may hold expressions)
  std::optional<Milliseconds> timeout;
  RetryPolicy retry;
  std::string connection;  // empty: the runbook's only connection, or none needed
  bool continue_on_error = false;
};

struct Runbook {
  std::shared_ptr<const Document> document;  // owns every Node that is pointed at
  std::string path;                          // as the user wrote it
  std::string directory;                     // absolute; relative paths in the runbook start here
  std::string name;
  std::vector<Param> params;
  std::vector<ConnectionSpec> connections;
  std::vector<StepSpec> steps;          // in file order
  std::optional<Milliseconds> timeout;  // of the whole run
  [[nodiscard]] const ConnectionSpec* connection(std::string_view name) const;
};

// The params given by the user, as text or typed (a params file).
struct GivenParams {
  std::vector<std::pair<std::string, std::string>> texts;  // --param NAME=VALUE
  std::shared_ptr<const Document> file;                    // --params-file
};

using ParamValues = std::map<std::string, Json, std::less<>>;

// Text to meaning, all errors in one pass. Returns nothing when there is no usable structure; the caller must ask
// diagnostics.has_errors() before running what it got.
std::optional<Runbook> build_runbook(std::shared_ptr<const Document> document, std::string path,
                                     Diagnostics& diagnostics);

// Defaults and given values put together and type-checked. Unknown and ill-typed params are errors, missing ones unless
// they `may_lack`: those are then left out.
ParamValues bind_params(const Runbook& runbook, const GivenParams& given, Diagnostics& diagnostics,
                        bool may_lack = false);

// Reports catalogs that a step names by way of params and that its connection does not have; build_runbook() has done
// so for those written out. Places that need more than params are left to the run.
void check_catalogs(const Runbook& runbook, const ParamValues& params, Diagnostics& diagnostics);

// Reports what the text of a sql/query step's statement tells for certain, on DuckDB: transaction control, parameters
// that are not given or not used. `inputs` as for catalog_accesses().
void check_statement(const Runbook& runbook, const StepSpec& step, const Json& inputs, Diagnostics& diagnostics);

// Which catalogs a step touches, as far as the text tells. Derived from the schema marks `x-lockstep-catalog:
// read|write` and, for sql/query, from the words of the statement (an unknown statement counts as writing).
struct CatalogAccess {
  std::string connection;
  std::string catalog;  // empty: some catalog of this connection that the text does not tell
  bool writes = false;
};
// `inputs`: the step's `with`, resolved as far as params allow (unresolvable places are null).
std::vector<CatalogAccess> catalog_accesses(const Runbook& runbook, const StepSpec& step, const Json& inputs);

// The connections that a step opens, as far as `accesses`, its own, and the text tell; sorted.
std::vector<std::string> opened_connections(const Runbook& runbook, const StepSpec& step,
                                            const std::vector<CatalogAccess>& accesses);

// Reports that a step writes to a catalog of DuckDB that is marked read_only, where the text tells so for certain.
// `inputs` and `accesses` as of catalog_accesses().
void check_read_only(const Runbook& runbook, const StepSpec& step, const Json& inputs,
                     const std::vector<CatalogAccess>& accesses, Diagnostics& diagnostics);

// `with` (and anything else that holds templates) with every expression replaced by its value.
struct ResolvedInputs {
  Json json;
  std::vector<std::string> tainted;  // JSON pointers of the places a secret went into
};
Result<ResolvedInputs> resolve_node(const Node& node, const EvalScope& scope);

// "30s", "5m", "1h30m", "250ms"; a plain integer counts seconds.
Result<Milliseconds> parse_duration(std::string_view text);

}  // namespace lockstep
