// The response shapes: Clone-Xs' fields, and more beside them. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "engines/evolution/alteration.h"
#include "engines/evolution/difference.h"
#include "specs/document.h"

namespace lockstep {

// {added_columns: [{column, data_type, nullable "YES"|"NO", default?, comment?}], removed_columns: [{column,
// data_type}],
//  renamed_columns: [{column, from}],
//  changed_columns: [{column, source_type, dest_type, nested?: [{path, change:
//  "added"|"removed"|"type",
//                     source_type?, dest_type?}]}
//                  | {column, change: "nullability"|"default"|"comment", source, dest}]}
// `column` is the name on the destination; of a renamed one the new name. Absent defaults are null.
Json changes_json(const TableDifference& difference, const Dialect& destination);

// Whether the source's rows fit: nothing removed, nothing narrowed, nothing tightened, and every added column may be
// NULL or has a default. Type widenings are compatible.
bool is_compatible(const TableDifference& difference, const Dialect& destination);

Json statements_json(const std::vector<PlannedStatement>& statements);  // [{sql, why}]
Json refusals_json(const std::vector<Refusal>& refusals);               // [{column, code, error, remedy}]
Json refusal_json(const std::string& column, const Error& error);
Json applied_json(const Alteration& alteration);  // {added, dropped, altered, skipped}, without errors

// "nullability": the words of information_schema.
std::string yes_no(bool nullable);

}  // namespace lockstep
