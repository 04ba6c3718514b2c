// What a CREATE TABLE statement, as an engine prints it, declares GENERATED. Pure; never fails: what it does not
// understand declares nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/warehouse/catalog.h"
#include "specs/statement_words.h"

namespace lockstep {

struct GeneratedColumns {
  std::vector<Dependents::GeneratedColumn> computed;  // GENERATED ALWAYS AS (expression)
  std::vector<std::string> identity;                  // GENERATED ALWAYS | BY DEFAULT AS IDENTITY
};
GeneratedColumns generated_columns(std::string_view create_table, SqlFlavour flavour);

}  // namespace lockstep
