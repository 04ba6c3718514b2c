#include "engines/reconciliation/table_pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "engines/warehouse/names.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

// A NUL cannot stand in a name, so no two pairs of names share a key.
std::string key_of(const TableName& name) {
  return fold_name(name.schema) + '\0' + fold_name(name.table);
}

// The formula of Clone-Xs takes every column as the text that its own type gives.
std::string left_out(const DataType& a, const Dialect& source_dialect, const DataType& b, const Dialect& target_dialect,
                     DigestAlgorithm algorithm) {
  const bool clone_xs = algorithm == DigestAlgorithm::clone_xs;
  std::string reason = clone_xs ? source_dialect.clone_xs_leaves_out(a) : source_dialect.not_digestible(a);
  if (!reason.empty()) return reason;
  return clone_xs ? target_dialect.clone_xs_leaves_out(b) : target_dialect.not_digestible(b);
}

// The columns of one side by name. In a clone they stand where the others stand: a look there is nearly always enough.
class Partners {
 public:
  explicit Partners(const std::vector<Column>& columns) : columns_(columns), taken_(columns.size(), false) {}

  // The column of that name, which may stand at `place`; null: none that is not taken. Takes it.
  const Column* take(const std::string& name, std::size_t place) {
    if (place >= columns_.size() || !same_name(columns_[place].name, name)) {
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

// Whether and as what two columns are compared depends on their types alone, and a catalog has few types, each shared
// by many columns: every pair of them is judged once.
class TypeJudge {
 public:
  struct Judgement {
    std::string left_out;  // why the columns are not compared; empty: they are
    SharedType common;
    std::optional<CastColumn> cast;  // without the column's name
  };

  TypeJudge(const Dialect& source, const Dialect& target, DigestAlgorithm algorithm)
      : source_(source), target_(target), algorithm_(algorithm) {}

  const Judgement& judge(const SharedType& a, const SharedType& b) {
    Entry& entry = judged_[{&*a, &*b}];
    if (!entry.judgement) entry = {a, b, decide(a, b)};
    return *entry.judgement;
  }

 private:
  struct Entry {
    SharedType a;  // held, so that the addresses stay theirs
    SharedType b;
    std::optional<Judgement> judgement;
  };

  [[nodiscard]] Judgement decide(const SharedType& a, const SharedType& b) const {
    Judgement judgement;
    judgement.left_out = left_out(a, source_, b, target_, algorithm_);
    // The formula of Clone-Xs takes every column as the text of its own type.
    if (!judgement.left_out.empty() || algorithm_ == DigestAlgorithm::clone_xs) return judgement;
    Result<DataType> common = source_.common_type(a, b);
    if (!common) {
      judgement.left_out = common.error().message;
      for (const std::string& circumstance : common.error().context) judgement.left_out += " " + circumstance;
      return judgement;
    }
    judgement.common = *std::move(common);
    if (!same_type(a, b))
      judgement.cast =
          CastColumn{"", source_.print_type(a), target_.print_type(b), source_.print_type(judgement.common)};
    return judgement;
  }

  const Dialect& source_;
  const Dialect& target_;
  DigestAlgorithm algorithm_;
  std::map<std::pair<const DataType*, const DataType*>, Entry> judged_;
};

void pair_columns(TablePair& pair, TypeJudge& types, DigestAlgorithm algorithm) {
  if (algorithm == DigestAlgorithm::none && pair.source->columns.shares_with(pair.target->columns)) {
    pair.columns = pair.source->columns.size();
    return;
  }
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
    const TypeJudge::Judgement& judgement = types.judge(a.type, b.type);
    if (!judgement.left_out.empty()) {
      pair.not_compared.push_back({a.name, judgement.left_out});
      continue;
    }
    if (algorithm == DigestAlgorithm::clone_xs) {
      pair.source_columns.push_back({a.name, a.type, a.type, a.nullable});
      pair.target_columns.push_back({b.name, b.type, b.type, b.nullable});
      continue;
    }
    // The encoding must be one on both sides, so a column is nullable when it is so on either.
    const bool nullable = a.nullable || b.nullable;
    pair.source_columns.push_back({a.name, a.type, judgement.common, nullable});
    pair.target_columns.push_back({b.name, b.type, judgement.common, nullable});
    if (judgement.cast) {
      pair.casts.push_back(*judgement.cast);
      pair.casts.back().column = a.name;
    }
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
  paired.tables.reserve(std::max(source.tables.size(), target.tables.size()));
  std::unordered_map<std::string, std::size_t> by_key;  // indexes into paired.tables
  std::map<std::string, std::string> views;             // key -> side
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
    const auto [place, is_new] = by_key.emplace(key_of(name), paired.tables.size());
    if (is_new) {
      paired.tables.emplace_back();
      paired.tables.back().schema = name.schema;
      paired.tables.back().table = name.table;
    }
    TablePair& pair = paired.tables[place->second];
    (is_source ? pair.source : pair.target) = std::move(table);
  };
  for (Table& table : source.tables) add(table, true);
  for (Table& table : target.tables) add(table, false);

  TypeJudge types(source_dialect, target_dialect, algorithm);
  for (TablePair& pair : paired.tables) {
    if (pair.paired()) {
      pair_columns(pair, types, algorithm);
      continue;
    }
    const Table& table = pair.source ? *pair.source : *pair.target;
    const std::string key = key_of(table.name);
    pair.columns = table.columns.size();
    if (pair.source && views.contains(key + "t")) pair.absence = "the target has a view of this name, not a table";
    if (pair.target && views.contains(key + "s")) pair.absence = "the source has a view of this name, not a table";
  }
  const auto before = [](const TablePair& a, const TablePair& b) {
    return std::tie(a.schema, a.table) < std::tie(b.schema, b.table);
  };
  if (!std::is_sorted(paired.tables.begin(), paired.tables.end(), before))
    std::sort(paired.tables.begin(), paired.tables.end(), before);
  paired.unmatched_patterns = filter.unmatched(seen);
  return paired;
}

}  // namespace lockstep
