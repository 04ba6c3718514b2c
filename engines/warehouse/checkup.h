// What a connection looks like from here, for `lockstep doctor`: one check after the other, each failure with what to
// do.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engines/call.h"
#include "engines/warehouse/connections.h"

namespace lockstep {

struct Check {
  // skipped: not looked at, because an earlier check failed or nobody asked for it; `found` says which.
  // unknown: looked at, and it could not be found out; that says nothing against it.
  enum class Status { ok, warning, failed, skipped, unknown };
  std::string name;  // "sign-in"
  Status status = Status::ok;
  std::string found;   // "jane@example.com, by a token from DATABRICKS_TOKEN"; never a secret
  std::string remedy;  // empty when there is nothing to do
};
std::string_view to_string(Check::Status status);

struct CheckupRequest {
  ConnectionPlan plan;
  std::set<std::string> read;     // catalogs that steps read and
  std::set<std::string> written;  // write on this connection, as far as the runbook tells
  // By catalog, the step types that use it, and whether they write there; under an empty name those whose catalogs only
  // their statements tell.
  std::map<std::string, std::map<std::string, bool>> uses;
  bool start = false;  // a stopped warehouse may be started, which costs
};

// Told of each check when it is done. Changes nothing; starts no warehouse unless asked to. Never fails: what goes
// wrong is a check.
using OnCheck = std::function<void(const Check& check)>;
void check_connection(const CheckupRequest& request, const WorkspaceServices& services, const Call& call,
                      const OnCheck& on_check);

}  // namespace lockstep
