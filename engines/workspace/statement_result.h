// The rows of a statement that has succeeded: inline, in chunks, or behind presigned links.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "engines/warehouse/in_flight.h"
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

// `answer` is the one with the terminal state SUCCEEDED or CLOSED. All chunks are fetched, and their rows must be as
// many as the manifest announces; `max_rows` may end it earlier (Rows::truncated). When all of them will be read, up to
// four are under way at once, each but the first in a place of `budget` that nobody else wants (null: there is none).
// Errors: "result-gone", "result-incomplete", "workspace-answer-invalid", those of Workspace::send.
Result<Rows> read_result(Workspace& workspace, Json answer, const EndedStatement& statement, InFlight* budget,
                         const Call& call);

}  // namespace lockstep
