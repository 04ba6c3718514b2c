// The declarations under `params:`. Private to specs/.
#pragma once

#include <string_view>
#include <vector>

#include "specs/runbook.h"

namespace lockstep {

// Reads the mapping under `params:`; null: there is none. Shapes were checked by the schema walk, so that only what the
// schema cannot say is reported: names, defaults and choices that do not have the declared type.
std::vector<Param> read_params(const Node* node, Diagnostics& diagnostics);

// What an expression sees.
TypePtr param_type(const Param& param);

// True for a type that does not exist: the schema walk has reported it.
bool fits_param_type(std::string_view type, const Json& value);
std::string_view describe_param_type(std::string_view type);  // "an integer"

}  // namespace lockstep
