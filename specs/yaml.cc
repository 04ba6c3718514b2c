#include "specs/yaml.h"

#include <fmt/format.h>
#include <system_error>

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

// Below this the second reading takes less time than a thread takes to start and to end.
constexpr std::size_t kWorthAThread = 16U << 10U;

}  // namespace

struct AdvanceReading::Shared {
  explicit Shared(std::shared_ptr<const Source> read) : source(std::move(read)), positions(source->text) {}
  std::shared_ptr<const Source> source;
  TextPositions positions;
  std::vector<YamlEvent> events;
};

AdvanceReading::AdvanceReading(std::shared_ptr<const Source> source, Diagnostics& diagnostics) {
  const std::string_view text = source->text;
  if (text.size() > kYamlMaxBytes) {
    diagnostics.error("yaml-too-large"_code, {},
                      fmt::format("the file has {} bytes; the limit is {} MiB", text.size(), kYamlMaxBytes >> 20U),
                      "split the file; the limit keeps hostile files harmless");
    return;
  }
  if (!check_bytes(text, diagnostics)) return;
  auto shared = std::make_shared<Shared>(source);
  const std::size_t errors_before = diagnostics.error_count();
  std::optional<YamlReading> reading = read_yaml_events(shared->positions, diagnostics);
  if (!reading) return;
  if (reading->events.empty()) {
    diagnostics.error("yaml-empty"_code, first_line(text),
                      "empty file: there is nothing in it but comments or blank lines",
                      "write a mapping, for example: version: 1");
    return;
  }
  shared->events = std::move(reading->events);
  shared_ = shared;
  // What the first reading refused is not acted on anyway.
  if (diagnostics.error_count() == errors_before) {
    before_ = diagnostics;
    const auto launch = text.size() >= kWorthAThread ? std::launch::async : std::launch::deferred;
    const auto compare = [shared = shared_] { return compare_second_reading(shared->positions, shared->events); };
    try {
      second_ = std::async(launch, compare);
    } catch (const std::system_error&) {  // no thread to be had
      second_ = std::async(std::launch::deferred, compare);
    }
  }
  YamlTree tree = build_yaml_tree(shared_->events, text, diagnostics);
  if (!tree.incomplete && !reading->incomplete) document = Document{std::move(source), std::move(tree.root)};
}

bool AdvanceReading::confirm(Diagnostics& diagnostics) {
  if (!second_.valid()) return true;
  const std::optional<YamlDisagreement> disagreement = second_.get();
  if (!disagreement) return true;
  diagnostics = *std::move(before_);
  report_disagreement(*disagreement, shared_->positions, diagnostics);
  return false;
}

std::optional<Document> parse_yaml(std::shared_ptr<const Source> source, Diagnostics& diagnostics) {
  AdvanceReading reading(std::move(source), diagnostics);
  if (!reading.confirm(diagnostics)) return std::nullopt;
  return std::move(reading.document);
}

}  // namespace lockstep
