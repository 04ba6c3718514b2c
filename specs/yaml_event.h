// The event stream both YAML parsers are brought to.
#pragma once

#include <cstdint>
#include <string>

#include "specs/document.h"
#include "specs/source.h"

namespace lockstep {

struct YamlEvent {
  enum class Kind : std::uint8_t { scalar, list_start, list_end, map_start, map_end, alias };

  Kind kind = Kind::scalar;
  Node::Style style = Node::Style::plain;  // plain, quoted or block for scalars; block or flow for lists and maps
  Span span;
  std::string value;  // a scalar's text
};

}  // namespace lockstep
