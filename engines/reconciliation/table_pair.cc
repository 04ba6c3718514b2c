#include "engines/reconciliation/table_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engines/warehouse/names.h"

namespace lockstep {

namespace {

// A NUL cannot stand in a name, so no two pairs of names share a key.
std::string key_of(const TableName& name) {
  return fold_name(name.schema) + '\0' + fold_name(name.table);
}

// The formula of Clone-Xs takes every column as the text that its own type gives.
std::string left_out(const Column& a, const Dialect& source_dialect, const Column& b, const Dialect& target_dialect,
                     DigestAlgorithm algorithm) {
  const bool clone_xs = algorithm == DigestAlgorithm::clone_xs;
  std::string reason = clone_xs ? source_dialect.clone_xs_leaves_out(a.type) : source_dialect.not_digestible(a.type);
  if (!reason.empty()) return reason;
  return clone_xs ? target_dialect.clone_xs_leaves_out(b.type) : target_dialect.not_digestible(b.type);
}

// The columns of one side by name. In a clone they stand where the others stand: a look there is nearly always enough.
class Partners {
 public:
  explicit Partners(const std::vector<Column>& columns) : columns_(columns), taken_(columns.size(), false) {}

  // The column of that name, which may stand at `place`; null: none that is not taken. Takes it.
  const Column* take(const std::string& name, std::size_t place) {
    if (place >= columns_.size() || fold_name(columns_[place].name) != fold_name(name)) {
      if (by_name_.empty())
        for (std::size_t i = 0; i < columns_.size(); ++i) by_name_.emplace(fold_name(columns_[i].name), i);
      const auto found = by_name_.find(fold_name(name));
      if (found == by_name_.end()) return nullptr;
      place = found->second;
    }
    if (taken_[place]) return nullptr;
    taken_[place] = true;
    return &columns_[place];
  }
  [[nodiscard]] bool taken(std::size_t place) const { return taken_[place]; }

 private:
  const std::vector<Column>& columns_;
  std::vector<bool> taken_;
  std::map<std::string, std::size_t> by_name_;
};

void pair_columns(TablePair& pair, const Dialect& source_dialect, const Dialect& target_dialect,
                  DigestAlgorithm algorithm) {
  const std::vector<Column>& ours = pair.source->columns;
  const std::vector<Column>& theirs = pair.target->columns;
  Partners partners(theirs);
  const bool digests = algorithm != DigestAlgorithm::none;
  if (digests) {
    pair.source_columns.reserve(ours.size());
    pair.target_columns.reserve(ours.size());
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const Column& a = ours[i];
    ++pair.columns;
    const Column* partner = partners.take(a.name, i);
    if (!digests) continue;
    if (partner == nullptr) {
      pair.one_sided.push_back({a.name, "only in the source"});
      continue;
    }
    const Column& b = *partner;
    if (std::string reason = left_out(a, source_dialect, b, target_dialect, algorithm); !reason.empty()) {
      pair.not_compared.push_back({a.name, std::move(reason)});
      continue;
    }
    if (algorithm == DigestAlgorithm::clone_xs) {
      pair.source_columns.push_back({a.name, a.type, a.type, a.nullable});
      pair.target_columns.push_back({b.name, b.type, b.type, b.nullable});
      continue;
    }
    Result<DataType> common = source_dialect.common_type(a.type, b.type);
    if (!common) {
      std::string reason = common.error().message;
      for (const std::string& circumstance : common.error().context) reason += " " + circumstance;
      pair.not_compared.push_back({a.name, std::move(reason)});
      continue;
    }
    // The encoding must be one on both sides, so a column is nullable when it is so on either.
    const bool nullable = a.nullable || b.nullable;
    pair.source_columns.push_back({a.name, a.type, *common, nullable});
    pair.target_columns.push_back({b.name, b.type, *common, nullable});
    if (!same_type(a.type, b.type))
      pair.casts.push_back({a.name, source_dialect.print_type(a.type), target_dialect.print_type(b.type),
                            source_dialect.print_type(*common)});
  }
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    if (partners.taken(i)) continue;
    ++pair.columns;
    if (digests) pair.one_sided.push_back({theirs[i].name, "only in the target"});
  }
}

}  // namespace

std::string digest_name(const Dialect& dialect, DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::clone_xs ? dialect.clone_xs_name() : dialect.digest_name();
}

PairedCatalogs pair_catalogs(CatalogContents source, const Dialect& source_dialect, CatalogContents target,
                             const Dialect& target_dialect, const TableFilter& filter, DigestAlgorithm algorithm) {
  PairedCatalogs paired;
  paired.algorithm = algorithm;
  std::map<std::string, TablePair> by_key;
  std::map<std::string, std::string> views;  // key -> side
  std::vector<TableFilter::Name> seen;
  const auto add = [&](Table& table, bool is_source) {
    const TableName& name = table.name;
    seen.push_back({name.schema, name.table});
    if (!filter.matches(name.schema, name.table)) return;
    if (table.kind == Table::Kind::view) {
      const char* side = is_source ? "source" : "target";
      views.emplace(key_of(name) + (is_source ? "s" : "t"), side);
      paired.views.push_back(fmt::format("{} ({})", name.in_catalog(), side));
      return;
    }
    TablePair& pair = by_key[key_of(name)];
    if (pair.table.empty()) {
      pair.schema = name.schema;
      pair.table = name.table;
    }
    (is_source ? pair.source : pair.target) = std::move(table);
  };
  for (Table& table : source.tables) add(table, true);
  for (Table& table : target.tables) add(table, false);

  for (auto& [key, pair] : by_key) {
    if (pair.paired()) {
      pair_columns(pair, source_dialect, target_dialect, algorithm);
    } else {
      pair.columns = (pair.source ? pair.source : pair.target)->columns.size();
      if (pair.source && views.contains(key + "t")) pair.absence = "the target has a view of this name, not a table";
      if (pair.target && views.contains(key + "s")) pair.absence = "the source has a view of this name, not a table";
    }
    paired.tables.push_back(std::move(pair));
  }
  std::sort(paired.tables.begin(), paired.tables.end(), [](const TablePair& a, const TablePair& b) {
    return std::tie(a.schema, a.table) < std::tie(b.schema, b.table);
  });
  paired.unmatched_patterns = filter.unmatched(seen);
  return paired;
}

}  // namespace lockstep
