#include "specs/yaml.h"

#include <fmt/format.h>

#include "specs/yaml_reading.h"
#include "specs/yaml_second_reading.h"
#include "specs/yaml_text.h"
#include "specs/yaml_tree.h"

namespace lockstep {
namespace {

Span first_line(std::string_view text) {
  const auto start = static_cast<std::uint32_t>(byte_order_mark_size(text));
  return {{1, 1, start}, {1, 1, start}};
}

void report_disagreement(const YamlDisagreement& disagreement, const TextPositions& positions,
                         Diagnostics& diagnostics) {
  const std::string_view line = positions.line(disagreement.span.start.line);
  const std::string_view indentation = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  diagnostics.error(
      "yaml-parsers-disagree"_code, disagreement.span,
      fmt::format("two YAML parsers read this differently, so it is not acted on: {}", disagreement.detail),
      indentation.find('\t') != std::string_view::npos
          ? "indent with spaces only"
          : "write it in a plainer form: put texts in quotes, one value a line");
}

}  // namespace

std::optional<Document> parse_yaml(std::shared_ptr<const Source> source, Diagnostics& diagnostics) {
  const std::string_view text = source->text;
  if (text.size() > kYamlMaxBytes) {
    diagnostics.error("yaml-too-large"_code, {},
                      fmt::format("the file has {} bytes; the limit is {} MiB", text.size(), kYamlMaxBytes >> 20U),
                      "split the file; the limit keeps hostile files harmless");
    return std::nullopt;
  }
  if (!check_bytes(text, diagnostics)) return std::nullopt;
  const TextPositions positions(text);
  const std::size_t errors_before = diagnostics.error_count();
  std::optional<YamlReading> reading = read_yaml_events(positions, diagnostics);
  if (!reading) return std::nullopt;
  if (reading->events.empty()) {
    diagnostics.error("yaml-empty"_code, first_line(text),
                      "empty file: there is nothing in it but comments or blank lines",
                      "write a mapping, for example: version: 1");
    return std::nullopt;
  }
  // What the first reading refused is not acted on anyway.
  if (diagnostics.error_count() == errors_before) {
    if (const auto disagreement = compare_second_reading(positions, reading->events)) {
      report_disagreement(*disagreement, positions, diagnostics);
      return std::nullopt;
    }
  }
  YamlTree tree = build_yaml_tree(std::move(reading->events), text, diagnostics);
  if (tree.incomplete || reading->incomplete) return std::nullopt;
  return Document{std::move(source), std::move(tree.root)};
}

bool require_mapping(const Document& document, Diagnostics& diagnostics) {
  const Node& root = document.root;
  if (root.kind == Node::Kind::map) return true;
  const Span place = first_line(document.source->text);
  if (root.kind == Node::Kind::null) {
    diagnostics.error("yaml-empty"_code, place, "empty file: there is no mapping in it",
                      "write a mapping, for example: version: 1");
  } else {
    diagnostics.error("yaml-no-mapping"_code, place, fmt::format("no mapping: the file holds {}", describe(root.kind)),
                      "write key: value lines, for example: version: 1");
  }
  return false;
}

}  // namespace lockstep
