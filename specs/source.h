// A text file as read, with positions in it.
#pragma once

#include <cstdint>
#include <string>

namespace lockstep {

// `line` and `column` count from 1; columns count Unicode code points, as editors show them. `offset` is in bytes from
// 0. line == 0 means "no position".
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t offset = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// Half open: `end` is the position behind the last character.
struct Span {
  Position start;
  Position end;
  friend bool operator==(const Span&, const Span&) = default;
};

// Owned by shared_ptr<const Source> wherever spans outlive the parse. `path` is shown to the user as he wrote it.
struct Source {
  std::string path;
  std::string text;
};

}  // namespace lockstep
