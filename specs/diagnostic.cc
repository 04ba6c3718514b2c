#include "specs/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lockstep {

void Diagnostics::sort() {
  // This file's findings (and those about no file) come before other files'; line 0 puts file-wide ones first.
  const auto key = [this](const Diagnostic& d) {
    const bool foreign = d.source != nullptr && d.source != source_;
    const std::string_view path = foreign ? std::string_view(d.source->path) : std::string_view();
    return std::make_tuple(foreign, path, d.span.start.line, d.span.start.column);
  };
  // By place and then by number, not std::stable_sort: clang warns of the deprecated buffer in libstdc++ 12's.
  std::vector<std::size_t> order(items_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto left = key(items_[a]);
    const auto right = key(items_[b]);
    return left != right ? left < right : a < b;
  });
  std::vector<Diagnostic> sorted;
  sorted.reserve(items_.size());
  for (const std::size_t i : order) sorted.push_back(std::move(items_[i]));
  items_ = std::move(sorted);
}

}  // namespace lockstep
