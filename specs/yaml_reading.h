// The first reading: libyaml's events with their places. Everything that strict YAML refuses and that shows in the
// events themselves (anchors, aliases, tags, directives, further documents, limits, the first syntax error) is reported
// here.
#pragma once

#include <optional>
#include <vector>

#include "specs/diagnostic.h"
#include "specs/yaml_event.h"
#include "specs/yaml_text.h"

namespace lockstep {

inline constexpr std::size_t kYamlMaxBytes = 8U << 20U;
inline constexpr std::size_t kYamlMaxDepth = 100;
inline constexpr std::size_t kYamlMaxNodes = 1'000'000;  // keys count

struct YamlReading {
  std::vector<YamlEvent> events;  // of the one document; empty when the file holds none
  bool incomplete = false;        // an alias stands for something that is not in the events
};

// Nothing after a syntax error or a broken limit. Precondition: check_bytes() was true.
std::optional<YamlReading> read_yaml_events(const TextPositions& positions, Diagnostics& diagnostics);

}  // namespace lockstep
