// What a runbook says under `catalogs:`: which file, of which kind, opened how.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engines/warehouse/connections.h"
#include "engines/warehouse/duckdb/widening.h"

namespace lockstep {

struct CatalogSource {
  std::string name;
  CatalogKind kind = CatalogKind::file;
  std::string path;                      // absolute; a lake's metadata file, or its "postgres:..." text
  std::optional<std::string> data_path;  // absolute, ends in '/'; lakes only
  bool writable = false;                 // a step of this run may write it, and it is not marked read_only
  bool made_by_live_run = false;         // a dry run looks at a catalog that only the live run would make
  bool local = true;                     // `path` is a file on this machine

  // The statement that attaches it. Read-only catalogs are attached so; a lake is made only when writable and with a
  // data path.
  [[nodiscard]] std::string attach_statement() const;
};

// By lower-case name. Errors: "catalog-unsupported" (a lake kept in another place than a file or PostgreSQL).
Result<std::map<std::string, CatalogSource>> read_catalog_sources(const ConnectionPlan& plan);

}  // namespace lockstep
