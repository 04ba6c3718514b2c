// The warehouse's own record of what it ran: asked when the answer to a submit was lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/workspace/workspace.h"

namespace lockstep {

using QueryTags = std::vector<std::pair<std::string, std::string>>;

// The query_tags field of a submit.
Json query_tags_json(const QueryTags& tags);

// The id of the statement that carries all of `tags`, among those that began at `since` (Unix time in ms) or later on
// the configuration's warehouse; absent when no row does, which proves nothing: rows come late. A statement is known by
// its tags alone, never by its text. Errors: those of Workspace::send.
Result<std::optional<std::string>> find_tagged_statement(Workspace& workspace, const QueryTags& tags,
                                                         std::int64_t since, const Call& call);

}  // namespace lockstep
