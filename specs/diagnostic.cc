#include "specs/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace lockstep {

void Diagnostics::sort() {
  // This file's findings (and those about no file) come before other files'; line 0 puts file-wide ones first.
  const auto key = [this](const Diagnostic& d) {
    const bool foreign = d.source != nullptr && d.source != source_;
    const std::string_view path = foreign ? std::string_view(d.source->path) : std::string_view();
    return std::make_tuple(foreign, path, d.span.start.line, d.span.start.column);
  };
  std::stable_sort(items_.begin(), items_.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return key(a) < key(b); });
}

}  // namespace lockstep
