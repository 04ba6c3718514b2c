// What to do about a step that ran into its timeout. A pure function.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

// `changes`: the step was to change something, as far as it had looked. `is_item`: the time was shared by all items of
// a for_each.
std::string timeout_hint(std::string_view uses, bool changes, bool is_item);

}  // namespace lockstep
