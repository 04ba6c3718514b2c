#include "engines/warehouse/databricks/grants.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "specs/json_member.h"

namespace lockstep {

namespace {

// The documentation spells the columns ActionType and Principal, servers have sent other cases and action_type.
std::optional<std::size_t> column_at(const Rows& rows, std::string_view name) {
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    std::string folded;
    for (char c : rows.columns[i].name)
      if (c != '_') folded += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (folded == name) return i;
  }
  return std::nullopt;
}

std::string privilege(const Json& cell) {
  std::string text = text_of(cell);
  for (char& c : text) c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::vector<std::string> grants_needed(std::string_view uses, bool writes) {
  std::vector<std::string> needed{"USE CATALOG", "USE SCHEMA", "SELECT"};
  if (writes) needed.emplace_back("MODIFY");
  if (writes && uses == "sql/query") needed.emplace_back("CREATE TABLE");
  return needed;
}

std::set<std::string> grants_of(const Rows& rows, std::string_view principal) {
  std::set<std::string> granted;
  const std::optional<std::size_t> who = column_at(rows, "principal");
  const std::optional<std::size_t> what = column_at(rows, "actiontype");
  if (!who || !what) return granted;
  for (const std::vector<Json>& row : rows.rows)
    if (row[*who] == principal) granted.insert(privilege(row[*what]));
  return granted;
}

std::vector<std::string> grants_missing(const std::vector<std::string>& needed, const std::set<std::string>& granted) {
  std::vector<std::string> missing;
  if (granted.contains("ALL PRIVILEGES")) return missing;
  std::copy_if(needed.begin(), needed.end(), std::back_inserter(missing),
               [&granted](const std::string& one) { return !granted.contains(one); });
  return missing;
}

}  // namespace lockstep
