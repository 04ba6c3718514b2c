// The row encoding of Lockstep's digests in Spark's SQL (docs/digest.md is its published description), and the checksum
// of Clone-Xs. Pure functions over text and types; thread-safe.
//
// Facts about xxhash64 [Spark's hash.scala; docs.databricks.com, xxhash64]: arguments are chained, a NULL leaves the
// chain as it is (hence the IS NULL behind each value), NULL elements and lengths of arrays do not enter, MAP and
// VARIANT are refused (hence JSON text for everything nested), FLOAT and DOUBLE of one number differ.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

// Anything that changes a digest of the same rows must change the name. xxhash64 is fixed by its definition, so there
// is no engine version in it.
std::string databricks_digest_name();

// Why values of the type cannot enter a digest; empty: they can.
std::string databricks_not_digestible(const DataType& type);

// The lossless common type of two types, or "types-not-comparable" with the reason as its message.
Result<DataType> databricks_common_type(const Dialect& dialect, const DataType& a, const DataType& b);

// SELECT with one row (row_count, sum_1, sum_2), the sums as text. Each pair of columns must have the same `common`
// type and the same `nullable` on both sides, in the same order; otherwise equal rows get different digests.
std::string databricks_digest_query(const Dialect& dialect, const TableName& table,
                                    const std::optional<std::string>& version,
                                    const std::vector<DigestColumn>& columns);

// The formula of Clone-Xs, letter for letter: sha2(cast(sum(xxhash64(concat_ws('|', cast(c as string), ...))) as
// string), 256), over the columns that are not ARRAY, MAP or STRUCT. The sum is one of BIGINTs and overflows on most
// tables; that ends the statement with an error, whether or not the session's ANSI mode is on.
std::string clone_xs_checksum_query(const Dialect& dialect, const TableName& table,
                                    const std::optional<std::string>& version, const std::vector<std::string>& columns);

}  // namespace lockstep
