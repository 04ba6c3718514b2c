#include "engines/evolution/scope.h"

#include <fmt/format.h>

#include <utility>

#include "engines/warehouse/names.h"

namespace lockstep {

Result<OpenedCatalogs> open_scope(const StepContext& context, const EvolutionInputs& inputs) {
  const bool two = !inputs.source_catalog.empty();
  if (two && fold_name(inputs.source_catalog) == fold_name(inputs.destination_catalog))
    return Error("catalogs-equal"_code,
                 fmt::format("\"{}\" is named as source and as destination", inputs.destination_catalog),
                 "name two catalogs of the connection");
  Result<Warehouse*> warehouse = context.warehouses.get(context.connection);
  if (!warehouse) return warehouse.error();
  OpenedCatalogs scope;
  scope.warehouse = *warehouse;
  std::vector<std::string> catalogs;
  if (two) {
    Result<const Dialect*> dialect = scope.warehouse->open(inputs.source_catalog, context.call);
    if (!dialect) return dialect.error();
    scope.source_dialect = *dialect;
    catalogs.push_back(inputs.source_catalog);
  }
  Result<const Dialect*> dialect = scope.warehouse->open(inputs.destination_catalog, context.call);
  if (!dialect) return dialect.error();
  scope.dialect = *dialect;
  catalogs.push_back(inputs.destination_catalog);

  Result<std::vector<CatalogContents>> contents = scope.warehouse->describe(catalogs, context.call);
  if (!contents) return contents.error();
  for (CatalogContents& catalog : *contents) {
    const std::string name = fold_name(catalog.catalog);
    if (name == fold_name(inputs.destination_catalog))
      scope.destination = std::move(catalog);
    else if (two && name == fold_name(inputs.source_catalog))
      scope.source = std::move(catalog);
  }
  return scope;
}

TableIndex::TableIndex(const CatalogContents& contents) {
  for (const Table& table : contents.tables) by_name_.emplace(fold_name(table.name.in_catalog()), &table);
}

const Table* TableIndex::find(const TableName& name) const {
  return find(name.schema, name.table);
}

const Table* TableIndex::find(const std::string& schema, const std::string& table) const {
  const auto found = by_name_.find(fold_name(fmt::format("{}.{}", schema, table)));
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace lockstep
