// Which tables of two catalogs belong together, and which of their columns can be compared. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/filter.h"
#include "engines/warehouse/catalog.h"
#include "engines/warehouse/dialect.h"

namespace lockstep {

// A column that does not enter the comparison, and why.
struct LeftOut {
  std::string column;
  std::string reason;
};

// Two columns whose types differ and that are compared in a third.
struct CastColumn {
  std::string column;
  std::string source_type;
  std::string target_type;
  std::string compared_as;
};

// A table on both sides, or on one. Names match without regard to ASCII case, as in the engines.
struct TablePair {
  std::string schema;  // as the source writes it; as the target does when only it has the table
  std::string table;
  std::optional<Table> source;
  std::optional<Table> target;
  std::string absence;  // why one side counts as absent although a thing of this name exists there ("a view there")
  // What each side is read at; absent: as it is at the moment of the statement.
  std::optional<std::string> source_version;
  std::optional<std::string> target_version;
  std::optional<Error> source_unpinned;  // the version was asked for and could not be had: the side is not read
  std::optional<Error> target_unpinned;

  std::size_t columns = 0;                   // distinct columns of both sides
  std::vector<DigestColumn> source_columns;  // pairwise with target_columns; same common type, same nullable
  std::vector<DigestColumn> target_columns;
  std::vector<LeftOut> one_sided;     // columns of one side only: the tables differ
  std::vector<LeftOut> not_compared;  // on both sides, but not comparable
  std::vector<CastColumn> casts;

  [[nodiscard]] std::string name() const { return schema + "." + table; }
  [[nodiscard]] bool paired() const { return source && target; }
};

// What a digest is made of: Lockstep's own, or the formula of Clone-Xs. None: rows are only counted.
enum class DigestAlgorithm { lockstep, clone_xs, none };
std::string digest_name(const Dialect& dialect, DigestAlgorithm algorithm);

struct PairedCatalogs {
  DigestAlgorithm algorithm = DigestAlgorithm::lockstep;
  std::vector<TablePair> tables;                // in scope, sorted by schema, then table (bytes)
  std::vector<std::string> views;               // in scope by name but views: "schema.view (source)"
  std::vector<std::string> unmatched_patterns;  // include patterns that matched nothing
};

// `source_dialect` decides about common types; the columns are paired only if both dialects can digest them. Without an
// algorithm they are counted only. By value: the tables are moved into the pairs.
PairedCatalogs pair_catalogs(CatalogContents source, const Dialect& source_dialect, CatalogContents target,
                             const Dialect& target_dialect, const TableFilter& filter,
                             DigestAlgorithm algorithm = DigestAlgorithm::lockstep);

}  // namespace lockstep
