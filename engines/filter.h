// Which tables of a catalog a step is about: glob lists on schemas and on tables.
//
// Patterns: `*` any run of characters (also none, also dots), `?` exactly one character; everything else stands for
// itself. ASCII letters match without regard to case, as names do in the engines. include_schemas and exclude_schemas
// are matched with the schema's name. include_tables and exclude_tables are matched with `schema.table` when the
// pattern holds a dot
// ("sales.*", "*.orders"), and with the table's name alone, in whatever schema, when it holds none ("tmp_*").
// A table is in scope when every include list that was given has a match, and no exclude list has one.
//
// Plain value; const members are thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specs/document.h"
#include "specs/result.h"

namespace lockstep {

// Time is at most |pattern| * |text|, whatever the pattern.
bool glob_match(std::string_view pattern, std::string_view text);

struct TableFilter {
  std::optional<std::vector<std::string>> include_schemas;  // absent: all; an empty list: none
  std::optional<std::vector<std::string>> include_tables;
  std::vector<std::string> exclude_schemas{"information_schema"};
  std::vector<std::string> exclude_tables;

  // Reads the four fields from a step's inputs. Absent and null mean the defaults above; `exclude_schemas: []` excludes
  // nothing. Anything but a list of strings is "filter-invalid".
  static Result<TableFilter> from_inputs(const Json& inputs);

  [[nodiscard]] bool matches(std::string_view schema, std::string_view table) const;

  // Include patterns that match none of the names seen: most likely misspelt. As "include_tables: \"sales.oders\"".
  struct Name {
    std::string schema;
    std::string table;
  };
  [[nodiscard]] std::vector<std::string> unmatched(const std::vector<Name>& seen) const;
};

}  // namespace lockstep
