#include "engines/evolution/rename.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/warehouse/names.h"

namespace lockstep {
namespace {

// Levenshtein distance of two names; names are short (an engine's limit), the rows below hold one name each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string letters(std::string_view name) {
  std::string kept;
  for (const char c : fold_name(name))
    if (c != '_' && c != ' ' && c != '-') kept += c;
  return kept;
}

// Whether the letters of `part` stand in `whole` in their order, the first one first: "custid" in "customerid".
bool abbreviates(std::string_view part, std::string_view whole) {
  if (part.empty() || whole.empty() || part.front() != whole.front()) return false;
  std::size_t at = 0;
  for (const char c : whole)
    if (at < part.size() && part[at] == c) ++at;
  return at == part.size();
}

bool near_names(std::string_view a, std::string_view b) {
  constexpr std::size_t kLongest = 256;  // beyond it nobody mistypes; keeps the distance cheap
  const std::string x = letters(a);
  const std::string y = letters(b);
  if (x.empty() || y.empty() || x.size() > kLongest || y.size() > kLongest) return x == y;
  const bool contained = x.find(y) != std::string::npos || y.find(x) != std::string::npos;
  if (std::min(x.size(), y.size()) >= 3 && (contained || abbreviates(x, y) || abbreviates(y, x))) return true;
  return edit_distance(x, y) <= std::max(x.size(), y.size()) / 3;
}

}  // namespace

Result<void> Renames::add(const std::string& key, const Json& value) {
  if (key.empty() || !value.is_string() || value.get_ref<const std::string&>().empty())
    return Error("rename-invalid"_code, fmt::format("rename entry \"{}\" does not name a new column", key),
                 "write rename: { old_column: new_column }, both as text");
  const auto [at, fresh] = entries_.emplace(fold_name(key), Entry{key, value.get<std::string>(), false});
  if (!fresh)
    return Error("rename-invalid"_code,
                 fmt::format("rename entries \"{}\" and \"{}\" are about the same column", at->second.key, key),
                 "names are compared without regard to case: keep one of the two");
  return {};
}

Result<Renames> Renames::from_json(const Json& map) {
  Renames renames;
  if (map.is_null()) return renames;
  if (!map.is_object())
    return Error("rename-invalid"_code, "\"rename\" is not a map", "write rename: { old_column: new_column }");
  for (const auto& [key, value] : map.items()) {
    if (!value.is_object()) {
      if (Result<void> added = renames.add(key, value); !added) return added.error();
      continue;
    }
    for (const auto& [column, name] : value.items())
      if (Result<void> added = renames.add(fmt::format("{}.{}", key, column), name); !added) return added.error();
  }
  return renames;
}

TableRenames Renames::for_table(const Table& source, const Table& destination) {
  TableRenames result;
  if (entries_.empty()) return result;
  const ColumnIndex in_source(source.columns);
  const ColumnIndex in_destination(destination.columns);
  const auto consider = [&](Entry& entry, const std::string& from, bool qualified) {
    const Column* from_here = in_destination.find(from);
    const Column* to_there = in_source.find(entry.to);
    const Column* to_here = in_destination.find(entry.to);
    if (to_there == nullptr) {
      if (qualified && from_here != nullptr)
        result.conflicts.push_back(
            {from_here->name, entry.to, fmt::format("the source has no column \"{}\"", entry.to)});
      return;
    }
    if (from_here == nullptr) {
      entry.used = entry.used || to_here != nullptr;  // done by an earlier run
      return;
    }
    if (fold_name(from) == fold_name(entry.to)) {  // only the letters' case changes
      entry.used = true;
      if (from_here->name != to_there->name) result.renames.push_back({from_here->name, to_there->name});
      return;
    }
    if (in_source.find(from) != nullptr) {
      if (qualified)
        result.conflicts.push_back(
            {from_here->name, to_there->name, fmt::format("the source still has a column \"{}\" of its own", from)});
      return;
    }
    entry.used = true;
    if (to_here != nullptr) {
      result.conflicts.push_back(
          {from_here->name, to_there->name,
           fmt::format("the destination has both \"{}\" and \"{}\"", from_here->name, to_here->name)});
      return;
    }
    const bool taken = std::any_of(
        result.renames.begin(), result.renames.end(),
        [&](const TableRenames::Rename& other) { return fold_name(other.to) == fold_name(to_there->name); });
    if (taken)
      result.conflicts.push_back({from_here->name, to_there->name, "two columns cannot get one name"});
    else
      result.renames.push_back({from_here->name, to_there->name});
  };
  const std::string prefix = fold_name(destination.name.in_catalog()) + ".";
  // A qualified entry goes first: it is the more specific one.
  std::set<std::string> settled;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.compare(0, prefix.size(), prefix) == 0;
       ++at) {
    settled.insert(at->first.substr(prefix.size()));
    consider(at->second, at->second.key.substr(prefix.size()), true);
  }
  for (auto& [key, entry] : entries_)
    if (settled.count(key) == 0 && (in_destination.find(key) != nullptr || in_destination.find(entry.to) != nullptr))
      consider(entry, entry.key, false);
  return result;
}

std::vector<std::string> Renames::unused() const {
  std::vector<std::string> lines;
  for (const auto& [key, entry] : entries_)
    if (!entry.used) lines.push_back(fmt::format("{}: {}", entry.key, entry.to));
  return lines;
}

std::string likely_new_name(const Column& removed, const std::vector<Column>& added) {
  const auto near = std::find_if(added.begin(), added.end(),
                                 [&](const Column& column) { return near_names(column.name, removed.name); });
  if (near != added.end()) return near->name;
  const auto alike = std::find_if(added.begin(), added.end(),
                                  [&](const Column& column) { return same_type(column.type, removed.type); });
  return alike == added.end() ? std::string() : alike->name;
}

}  // namespace lockstep
