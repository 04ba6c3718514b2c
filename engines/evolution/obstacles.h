// What hangs on a column and forbids a change of it, in the engine's own rules (see alteration.h). Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engines/warehouse/catalog.h"
#include "specs/result.h"

namespace lockstep {

enum class ColumnOperation { rename, change_type, drop, tighten, relax, add_field, fill };

// `name`: the column on the destination; `field`: the nested field's own name where one is dropped, else empty.
// Answers with "column-has-dependents", naming the first obstacle and how to get it out of the way.
std::optional<Error> obstacle(const Dependents& dependents, std::string_view name, ColumnOperation operation,
                              std::string_view field = {});

}  // namespace lockstep
