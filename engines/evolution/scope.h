// Opening the catalogs of a step and pairing their tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engines/evolution/inputs.h"
#include "engines/step.h"
#include "specs/result.h"

namespace lockstep {

// A connection with the catalogs of one step opened and described (one description for all of them).
struct OpenedCatalogs {
  Warehouse* warehouse = nullptr;
  const Dialect* source_dialect = nullptr;  // null: no source catalog was named
  const Dialect* dialect = nullptr;         // the destination's
  CatalogContents source;                   // empty: no source catalog was named
  CatalogContents destination;
};

// Errors: those of the warehouse, and "catalogs-equal" when source and destination are the same.
Result<OpenedCatalogs> open_scope(const StepContext& context, const EvolutionInputs& inputs);

// Tables and views by folded "schema.table". Points into the contents, which must outlive it.
class TableIndex {
 public:
  explicit TableIndex(const CatalogContents& contents);
  [[nodiscard]] const Table* find(const TableName& name) const;
  [[nodiscard]] const Table* find(const std::string& schema, const std::string& table) const;

 private:
  std::map<std::string, const Table*> by_name_;
};

}  // namespace lockstep
