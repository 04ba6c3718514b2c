// The answers of the SQL Statement Execution API (2.0), read leniently: 64-bit integers come as numbers or decimal
// texts, absent lists are empty, and unknown words of an enumeration are kept. Pure functions.
// Shapes: the vendor's SDK models, and recorded traffic of its JDBC driver's tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/warehouse.h"
#include "engines/workspace/http.h"
#include "specs/document.h"
#include "specs/json_member.h"
#include "specs/result.h"

namespace lockstep {

std::optional<std::int64_t> integer_of(const Json& value);

struct StatementState {
  enum class End { running, succeeded, failed, canceled, closed };  // running: also every state that is not known
  End end = End::running;
  std::string word;  // "PENDING", as sent
  std::string error_code;
  std::string message;    // the server's, trimmed
  std::string sql_state;  // of status.sql_state, or else out of the message; empty: none
};
StatementState state_of(const Json& answer);

struct ResultManifest {
  std::vector<ResultColumn> columns;
  std::vector<std::string> type_names;  // of the columns
  std::optional<std::int64_t> chunks;
  std::optional<std::int64_t> rows;
  bool truncated = false;
};
// Absent: the answer holds none.
std::optional<ResultManifest> manifest_of(const Json& answer);

struct ExternalLink {
  std::string url;  // presigned: a secret
  HttpHeaders headers;
  std::optional<std::int64_t> chunk;  // its index
};

// One chunk of a result, or the beginning of one that comes as links.
struct Chunk {
  bool has_rows = false;  // data_array was there
  std::vector<ExternalLink> links;
  std::optional<std::int64_t> next;  // the index of the next chunk
};
// `result`: the member of an answer, or what the chunk request gave.
Chunk chunk_of(const Json& result);

// Moves the rows of an array of arrays out of `data`, up to `most` in all, in the form that warehouse.h describes.
// Returns how many rows there were. Error "workspace-answer-invalid": it is no array of arrays of that width.
Result<std::int64_t> take_rows(Json& data, const ResultManifest& manifest, std::uint64_t most,
                               std::vector<std::vector<Json>>& rows);

// Named parameters as the API takes them: {name, value, type}; no value is NULL.
Json statement_parameters(const std::vector<std::pair<std::string, Json>>& parameters);

}  // namespace lockstep
