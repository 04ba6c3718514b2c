// From a scalar's decoded text back to the file: where does the expression that begins at byte N stand?
// Private to expression*.cc.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "specs/document.h"
#include "specs/expression_tree.h"

namespace lockstep {

// Serves the expressions of one scalar in the order of the text, in linear time altogether.
class ScalarPositions {
 public:
  // `source` may be null or not hold the node (a Node made by hand): then one-line scalars are taken to stand in the
  // file as they are.
  ScalarPositions(const Node& node, const Source* source);

  // Where the characters of `inner` stand, which begins at byte `offset` of the scalar's text `decoded`, behind its
  // `${{` unless `bare`. One position a byte and one for the end; empty: unknown, because the text is folded or was not
  // found.
  std::vector<Position> locate(std::string_view decoded, std::size_t offset, std::string_view inner, bool bare);

 private:
  [[nodiscard]] std::vector<Position> align(std::string_view inner, Position at) const;

  const Node& node_;
  std::string_view raw_;  // the scalar as it stands in the file, quotes included; empty: unknown
  char quote_ = 0;
  Position cursor_;
  std::size_t cursor_raw_ = 0;  // `cursor_` as an index into raw_
};

}  // namespace lockstep
