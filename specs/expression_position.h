// From a scalar's decoded text back to the file: where does the expression that begins at byte N stand?
// Private to expression*.cc.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "specs/document.h"
#include "specs/expression_tree.h"

namespace lockstep {

// Where the characters of one expression stand.
struct InnerPositions {
  bool known = false;  // false: the text is folded, or was not found in the file
  Position begin;
  std::vector<Position>
      each;  // one a byte and one for the end; empty: the file holds the text as it is, from `begin` on

  // Of byte `index` of `inner`, the text that was located.
  [[nodiscard]] Position at(std::string_view inner, std::size_t index) const {
    return each.empty() ? position_after(begin, inner.substr(0, index)) : each[index];
  }
};

// Serves the expressions of one scalar in the order of the text, in linear time altogether.
class ScalarPositions {
 public:
  // `source` may be null or not hold the node (a Node made by hand): then one-line scalars are taken to stand in the
  // file as they are.
  ScalarPositions(const Node& node, const Source* source);

  // Where the characters of `inner` stand, which begins at byte `offset` of the scalar's text `decoded`, behind its
  // `${{` unless `bare`.
  InnerPositions locate(std::string_view decoded, std::size_t offset, std::string_view inner, bool bare);

 private:
  [[nodiscard]] std::vector<Position> align(std::string_view inner, Position at) const;
  [[nodiscard]] bool written_as_is(std::string_view inner) const;

  const Node& node_;
  std::string_view raw_;  // the scalar as it stands in the file, quotes included; empty: unknown
  char quote_ = 0;
  Position cursor_;
  std::size_t cursor_raw_ = 0;  // `cursor_` as an index into raw_
};

}  // namespace lockstep
