// What Unity Catalog wants granted before a step can do its work, and what SHOW GRANTS tells of it. Pure functions.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/warehouse.h"

namespace lockstep {

// The privileges on a catalog (or on its schemas and tables) that a step of this type needs, in the order of a GRANT.
// Source: "Unity Catalog privileges and securable objects" and the ALTER TABLE page of the Databricks documentation.
std::vector<std::string> grants_needed(std::string_view uses, bool writes);

// The privileges that the rows of SHOW GRANTS name for this principal. ALL PRIVILEGES comes out as it is.
std::set<std::string> grants_of(const Rows& rows, std::string_view principal);

// Those of `needed` that `granted` does not hold.
std::vector<std::string> grants_missing(const std::vector<std::string>& needed, const std::set<std::string>& granted);

}  // namespace lockstep
