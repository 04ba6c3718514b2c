// What hangs on a column and forbids a change of it, in the engine's own rules (see alteration.h). Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

enum class ColumnOperation { rename, change_type, drop, tighten, relax, set_default, add_field, fill };

// `name`: the column on the destination; `below`: the path of the nested field that is meant, else empty.
// Both answer with "column-has-dependents", naming the first obstacle and how to get it out of the way.

// DuckDB's rules.
std::optional<Error> obstacle(const Dependents& dependents, std::string_view name, ColumnOperation operation,
                              const ColumnPath& below = {});

// Delta's rules, on Databricks and on Spark [Delta: alterDeltaTableCommands.scala, delta-error-classes.json].
std::optional<Error> delta_obstacle(const Dialect& dialect, const Dependents& dependents, std::string_view name,
                                    ColumnOperation operation, const ColumnPath& below = {});

// What Delta says when it refuses a statement that was planned: something hangs on the column that no catalog tells of
// (generated and identity columns), or has come since the table was looked at. The same error with the cause and the
// remedy in our words where its error class is one of those, the server's own words among them; else as it is.
// Codes: "column-has-dependents", "not-null-over-nulls".
Error explain_delta_refusal(Error error);

// For both: the error, and views that name the column.
Error column_blocked(std::string_view name, ColumnOperation operation, const std::string& because, std::string remedy);
std::optional<Error> view_obstacle(const Dependents& dependents, std::string_view name, ColumnOperation operation,
                                   const ColumnPath& below);

}  // namespace lockstep
