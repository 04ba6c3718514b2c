#include "specs/diagnostic.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace lockstep {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "note";
}

void Diagnostics::merge_repeated(std::initializer_list<Code> codes) {
  constexpr std::size_t kMostPlaces = 10;
  std::map<std::string_view, std::vector<std::size_t>> by_message;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Diagnostic& item = items_[i];
    if (item.severity == Severity::error && item.source == source_ &&
        std::any_of(codes.begin(), codes.end(), [&](Code code) { return item.code == code.text; }))
      by_message[item.message].push_back(i);
  }
  std::vector<bool> merged(items_.size(), false);
  for (auto& [message, places] : by_message) {
    const auto place = [this](std::size_t i) {
      return std::make_pair(items_[i].span.start.line, items_[i].span.start.column);
    };
    std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
    for (std::size_t i = 1; i < places.size(); ++i) {
      if (i <= kMostPlaces) items_[places[0]].related.push_back({items_[places[i]].span, "and here"});
      merged[places[i]] = true;
      --errors_;
    }
  }
  by_message.clear();  // its keys are the items' own texts
  std::vector<Diagnostic> kept;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (!merged[i]) kept.push_back(std::move(items_[i]));
  items_ = std::move(kept);
}

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

Diagnostics Diagnostics::without_secrets() const {
  std::map<const Source*, std::shared_ptr<Source>> masked;
  for (const Diagnostic& item : items_) {
    if (item.code != "secret-literal" || item.source == nullptr) continue;
    std::shared_ptr<Source>& copy = masked[item.source.get()];
    if (copy == nullptr) copy = std::make_shared<Source>(*item.source);
    const std::size_t end = std::min<std::size_t>(item.span.end.offset, copy->text.size());
    for (std::size_t at = item.span.start.offset; at < end; ++at)
      if (copy->text[at] != '\n') copy->text[at] = '*';
  }
  Diagnostics shown = *this;
  for (Diagnostic& item : shown.items_)
    if (auto found = masked.find(item.source.get()); found != masked.end()) item.source = found->second;
  return shown;
}

}  // namespace lockstep
