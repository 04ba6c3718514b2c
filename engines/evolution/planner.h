// Plans the alterations of many tables of one destination catalog: reads dependents, NULL counts and row presence in
// bulk, for the tables that need it only, then decides table by table.
#pragma once

#include <vector>

#include "engines/evolution/alteration.h"
#include "engines/evolution/difference.h"
#include "engines/warehouse/warehouse.h"
#include "specs/result.h"

namespace lockstep {

struct TablePlan {
  TableDifference difference;
  Alteration alteration;
};

// One plan a difference, in the same order. Only reads. Statements sent: those of Warehouse::dependents() once, and one
// for every 100 tables whose NOT NULL columns have to be measured.
Result<std::vector<TablePlan>> plan_tables(Warehouse& warehouse, const Dialect& dialect,
                                           std::vector<TableDifference> differences, const AlterationPolicy& policy,
                                           const Call& call);

}  // namespace lockstep
