// The row encoding of Lockstep's digests in DuckDB's SQL (docs/digest.md is its published description).
// Pure functions over text and types; thread-safe. Identifiers and literals are quoted by the dialect that is passed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/dialect.h"
#include "specs/result.h"

namespace lockstep {

// The name of the encoding below on one engine version. Anything that changes a digest of the same rows must change
// the name: hash() differs between DuckDB versions [DuckDB documentation], hence the version in it.
std::string duckdb_digest_name(std::string_view engine_version);

// Why values of the type cannot enter a digest; empty: they can.
std::string duckdb_not_digestible(const DataType& type);

// The lossless common type of two types, or "types-not-comparable" with the reason as its message.
// Struct fields are paired by name without regard to case; names and order are those of `a`.
Result<DataType> duckdb_common_type(const Dialect& dialect, const DataType& a, const DataType& b);

// SELECT with one row (row_count, sum_1, sum_2), the sums as text. Each pair of columns must have the same `common`
// type and the same `nullable` on both sides, in the same order; otherwise equal rows get different digests.
std::string duckdb_digest_query(const Dialect& dialect, const TableName& table,
                                const std::optional<std::string>& version, const std::vector<DigestColumn>& columns);

}  // namespace lockstep
