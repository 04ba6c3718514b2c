// The second reading: yaml-cpp's events, held against the first reading's while they come.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "specs/source.h"
#include "specs/yaml_event.h"
#include "specs/yaml_text.h"

namespace lockstep {

struct YamlDisagreement {
  Span span;
  std::string detail;  // "libyaml reads a list here, yaml-cpp a text"
};

// Nothing when yaml-cpp reads the text as exactly these events. `events` come from a text without anchors and tags.
std::optional<YamlDisagreement> compare_second_reading(const TextPositions& positions,
                                                       std::span<const YamlEvent> events);

}  // namespace lockstep
