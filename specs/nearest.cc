#include "specs/nearest.h"

#include <algorithm>
#include <array>
#include <optional>

namespace lockstep {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kShortestPrefix = 3;

// Case and the two word separators are what people mix up without a typing mistake.
std::string fold(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return folded;
}

// Optimal string alignment: Levenshtein plus swaps of neighbours. Three rows, no allocation.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kLongestName + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

// Smaller is nearer; nothing when the two are not alike.
std::optional<std::size_t> strangeness(std::string_view wanted, std::string_view name) {
  if (name.size() > kLongestName) return std::nullopt;
  const std::string folded = fold(name);
  if (folded == wanted) return 0;
  const std::size_t shorter = std::min(folded.size(), wanted.size());
  const std::size_t longer = std::max(folded.size(), wanted.size());
  const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
  if (longer - shorter <= allowed) {
    const std::size_t distance = edit_distance(wanted, folded);
    // A name that shares nothing with what was typed is no guess: "a" for "b".
    if (distance <= allowed && distance < longer) return distance;
  }
  if (shorter >= kShortestPrefix && folded.compare(0, shorter, wanted, 0, shorter) == 0) return allowed + 1;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& known, std::size_t limit) {
  if (wanted.empty() || wanted.size() > kLongestName) return {};
  const std::string folded = fold(wanted);
  std::vector<std::pair<std::size_t, std::size_t>> near;  // how strange, and which
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (const auto rank = strangeness(folded, known[i])) near.emplace_back(*rank, i);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (const auto& [rank, index] : near) {
    // Once a name fits but for its case, the others only distract.
    if (names.size() >= limit || (!names.empty() && near.front().first == 0 && rank > 0)) break;
    names.push_back(known[index]);
  }
  return names;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string text = "did you mean ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += '"' + names[i] + '"';
  }
  return text + "?";
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known) {
  return did_you_mean(nearest(wanted, known));
}

}  // namespace lockstep
