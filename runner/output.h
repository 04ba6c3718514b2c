// Where a reporter's text goes.
#pragma once

#include <functional>
#include <string_view>

namespace lockstep {

// Takes whole lines (or a whole frame of the live tree) at once and writes them out before it returns.
using TextSink = std::function<void(std::string_view text)>;

}  // namespace lockstep
