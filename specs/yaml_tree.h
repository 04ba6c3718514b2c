// Events to values: types by the YAML 1.2 core schema, keys checked.
#pragma once

#include <optional>
#include <span>

#include "specs/diagnostic.h"
#include "specs/document.h"
#include "specs/yaml_event.h"

namespace lockstep {

struct YamlTree {
  Node root;
  bool incomplete = false;  // a merge key or a key that is no text hides part of the structure
};

// Reports duplicate keys, merge keys, keys that are no text, numbers that do not fit, and texts that look like
// something else. `events` are one well-formed document, nested no deeper than the reader's limit.
YamlTree build_yaml_tree(std::span<const YamlEvent> events, std::string_view text, Diagnostics& diagnostics);

}  // namespace lockstep
