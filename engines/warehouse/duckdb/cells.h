// Result chunks to JSON cells, in the form that warehouse.h describes.
#pragma once

#include <vector>

#include "engines/warehouse/duckdb/api.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

// The columns of a result. Owns the logical types; one thread uses it.
class CellReader {
 public:
  CellReader(const DuckDbApi& api, duckdb_result* result);  // `result` outlives the reader
  ~CellReader();
  CellReader(const CellReader&) = delete;
  CellReader& operator=(const CellReader&) = delete;

  [[nodiscard]] const std::vector<ResultColumn>& columns() const { return columns_; }
  // Appends the chunk's rows up to `max_rows` in all; true when rows were left out.
  bool append(duckdb_data_chunk chunk, std::uint64_t max_rows, std::vector<std::vector<Json>>& rows) const;

 private:
  const DuckDbApi& api_;
  std::vector<duckdb_logical_type> types_;
  std::vector<ResultColumn> columns_;
};

// Whether values of this type can be read out of a chunk as they are. The others are cast to VARCHAR in SQL before they
// come here, where the statement allows it: nested values, whose text is the engine's own matter, and UNION, BIT,
// BIGNUM, VARIANT and GEOMETRY, which the C API cannot print.
bool readable_type(const DuckDbApi& api, duckdb_logical_type type);

// As the engine prints it: "DECIMAL(10,2)", "STRUCT(a INTEGER)[]", ...
std::string logical_type_text(const DuckDbApi& api, duckdb_logical_type type);

}  // namespace lockstep
