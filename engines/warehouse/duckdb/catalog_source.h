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
  bool read_only = false;                // marked so in the runbook
  std::string place;                     // where the runbook defines it; empty: not known
  bool made_by_live_run = false;         // a dry run looks at a catalog that only the live run would make
  bool attach_writable = false;          // writable here or on another connection that names the same file
  bool local = true;                     // `path` is a file on this machine
  std::string directory;                 // absolute; where relative paths start

  // The file itself, links resolved: what tells whether two catalogs are one.
  [[nodiscard]] std::string real_path() const;

  [[nodiscard]] bool may_create() const { return attach_writable && (kind == CatalogKind::file || data_path); }

  // The statement that attaches it. Read-only catalogs are attached so; a lake is made only when writable and with a
  // data path. `override_data_path`: the data lies at data_path whatever the lake itself says.
  [[nodiscard]] std::string attach_statement(bool override_data_path = false) const;
};

std::string absolute_path(const std::string& directory, const std::string& path);

// By lower-case name. Errors: "catalog-unsupported" (kept in another place than a file or, lakes, PostgreSQL),
// "catalog-name-reserved" (the engine has a database of that name).
Result<std::map<std::string, CatalogSource>> read_catalog_sources(const ConnectionPlan& plan);

}  // namespace lockstep
