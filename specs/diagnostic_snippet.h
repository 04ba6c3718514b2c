// The piece of a source line that a finding shows, with the width of its underline.
#pragma once

#include <cstddef>
#include <string>

#include "specs/source.h"

namespace lockstep {

struct Snippet {
  std::string line;       // printable, tabs as spaces; cut (with an ellipsis) where the line is long
  std::size_t caret = 0;  // characters before the underline
  std::size_t width =
      1;  // of the underline, at least 1; a span over several lines is underlined to its first line's end
  bool present = false;
};

// Costs the snippet's length, not the line's or the file's: a file may be one line of 8 MiB.
Snippet snippet_of(const Source& source, const Span& span);

}  // namespace lockstep
