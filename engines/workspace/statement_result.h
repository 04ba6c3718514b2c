// The rows of a statement that has succeeded: inline, in chunks, or behind presigned links.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engines/warehouse/warehouse.h"
#include "engines/workspace/statement_answer.h"
#include "engines/workspace/workspace.h"

namespace lockstep {

// What is known of a statement whose answer is read.
struct EndedStatement {
  std::string id;
  bool closed = false;        // CLOSED: it ran, and nothing more can be fetched of it
  bool returns_rows = false;  // by its words: rows are what it was sent for
  std::uint64_t max_rows = 0;
};

// `answer` is the one with the terminal state SUCCEEDED or CLOSED. All chunks are fetched, one after the other, and
// their rows must be as many as the manifest announces; `max_rows` may end it earlier (Rows::truncated).
// Errors: "result-gone", "result-incomplete", "workspace-answer-invalid", those of Workspace::send.
Result<Rows> read_result(Workspace& workspace, Json answer, const EndedStatement& statement, const Call& call);

}  // namespace lockstep
