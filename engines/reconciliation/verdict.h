// From readings to a verdict a table, and from those to the step's status and outputs. Pure functions.
//
// Sums that always hold: table_count = matched + mismatched + not_compared + errors, and missing and extra tables are
// counted within mismatched. A table has one verdict, so it is never counted twice.
#pragma once

#include <string>
#include <vector>

#include "engines/reconciliation/reading.h"
#include "engines/reconciliation/table_pair.h"
#include "engines/step.h"

namespace lockstep {

enum class Verdict { match, mismatch, missing, extra, not_compared, error };
std::string_view verdict_text(Verdict verdict);

struct TableVerdict {
  Verdict verdict = Verdict::not_compared;
  std::string reason;     // empty only for a match
  bool compared = false;  // everything in scope was compared, whatever came of it
  std::size_t columns_compared = 0;
};

// What the answer is about.
struct Scope {
  bool checksum = false;      // false: row counts only
  bool warn_only = false;     // on_mismatch: warn
  bool read = true;           // false: a dry run, nothing was read
  std::string source_digest;  // names of the digests of the two sides
  std::string target_digest;
  std::vector<std::string> notes;
};

TableVerdict judge(const TablePair& pair, const Reading& source, const Reading& target, const Scope& scope);

// The outputs in the seed's response shape, the failure or warning that they mean, and the key figure.
Outcome report(const PairedCatalogs& catalogs, const Readings& readings, const Side& source, const Side& target,
               const Scope& scope);

}  // namespace lockstep
