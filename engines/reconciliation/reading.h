// What is read from the two sides: the statements, and their execution.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engines/call.h"
#include "engines/reconciliation/table_pair.h"
#include "engines/step.h"
#include "engines/warehouse/warehouse.h"

namespace lockstep {

enum class SideName { source, target };
std::string_view side_text(SideName side);

// One side of the comparison. Pointers are owned by the run's Warehouses and by the warehouse.
struct Side {
  Warehouse* warehouse = nullptr;
  const Dialect* dialect = nullptr;
  std::string connection;
  CatalogContents contents;  // read once; its version, where the engine has one, pins every later read
};

// One statement: row counts of several tables, or counts and digests of one or more.
struct ReadPlan {
  SideName side = SideName::source;
  bool digest = false;
  std::vector<std::size_t> tables;  // indexes into PairedCatalogs::tables
};

// What one side of one table gave. Neither count nor error: not read.
struct Reading {
  std::optional<std::int64_t> count;
  std::string checksum;  // "sum_1:sum_2"; empty: none was asked for
  std::optional<Error> error;
};

struct Readings {
  std::vector<Reading> source;  // parallel to PairedCatalogs::tables
  std::vector<Reading> target;
  std::optional<Error> interrupted;  // "cancelled" or "timeout": some tables were not read
};

// Fills in what each table is read at: the catalog's version where the engine has one; else, when `pin` asks for it and
// the engine counts versions a table, a statement a table and side, on at most `workers` threads.
void pin_versions(PairedCatalogs& catalogs, const Side& source, const Side& target, bool pin, std::size_t workers,
                  const Call& call);

// Row counts go 50 tables to a statement. Digests go one to a statement, or up to 8 where a statement costs a round
// trip and there are many more tables than workers. Both sides of a table stand next to each other, so that sides
// without versions are read at nearly the same time.
std::vector<ReadPlan> plan_reads(const PairedCatalogs& catalogs, const Side& source, const Side& target, bool digests,
                                 std::size_t workers);

// The statement of a plan. Thread-safe.
std::string read_sql(const ReadPlan& plan, const PairedCatalogs& catalogs, const Side& source, const Side& target);

// Runs the plans, `actions[i].text` for `plans[i]`, on at most `workers` threads. When a statement over several tables
// fails, its halves are tried until the tables at fault are known; the others keep their counts. `progress` is called
// by one thread at a time.
Readings read_all(const std::vector<ReadPlan>& plans, const std::vector<Action>& actions,
                  const PairedCatalogs& catalogs, const Side& source, const Side& target, std::size_t workers,
                  const Call& call, const std::function<void(std::string_view, double)>& progress);

}  // namespace lockstep
