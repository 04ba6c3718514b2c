#include "specs/schema.h"

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>

#include "specs/embedded_schemas.h"

namespace lockstep {

namespace {

constexpr std::string_view kStepFolder = "steps/";

constexpr std::array<std::string_view, 27> kKeywords{
    // checked
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum",
    "minItems", "maxItems", "minLength", "maxLength", "oneOf", "anyOf", "$ref",
    // never checked: notes for people and editors
    "$schema", "definitions", "title", "description", "examples", "default", "format",
    // never checked by valijson, understood by the walk or by those who ask for the mark
    "x-lockstep-secret", "x-lockstep-catalog", "x-lockstep-connection", "x-lockstep-path"};

// A file of schemas/, parsed when somebody asks for it.
struct Entry {
  std::string_view name;
  std::string_view text;
  std::once_flag parsed;
  Json json;
};

class Library {
 public:
  Library() {
    for (const EmbeddedText& file : embedded_texts()) {
      Entry& entry = entries_.emplace_back();
      entry.name = file.name;
      entry.text = file.text;
    }
  }

  const Json* find(std::string_view name) {
    for (Entry& entry : entries_) {
      if (entry.name != name) continue;
      // An embedded file that is not JSON is a bug of the build; the exception ends the program.
      std::call_once(entry.parsed, [&entry] { entry.json = Json::parse(entry.text); });
      return &entry.json;
    }
    return nullptr;
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    result.reserve(entries_.size());
    for (const Entry& entry : entries_) result.emplace_back(entry.name);
    return result;
  }

 private:
  std::deque<Entry> entries_;  // once_flag does not move
};

Library& library() {
  static Library instance;
  return instance;
}

StepSchema make_step_schema(const Json& root) {
  const Json& definitions = root.at("definitions");
  return StepSchema{root.at("title").get<std::string>(), root.at("description").get<std::string>(),
                    &definitions.at("with"), &definitions.at("outputs"), &root};
}

// One step type, made on first use: a runbook of ten steps does not pay for every file.
struct StepEntry {
  std::string name;  // "steps/provenance-sign"
  std::once_flag made;
  StepSchema schema;
};

class StepIndex {
 public:
  StepIndex() {
    for (const std::string& name : embedded_schema_names()) {
      if (!name.starts_with(kStepFolder)) continue;
      StepEntry& entry = entries_.emplace_back();
      entry.name = name;
    }
  }

  const StepSchema* find(std::string_view uses) {
    std::string name = std::string(kStepFolder) + std::string(uses);
    std::replace(name.begin() + kStepFolder.size(), name.end(), '/', '-');
    for (StepEntry& entry : entries_) {
      if (entry.name != name) continue;
      const StepSchema& schema = made(entry);
      return schema.uses == uses ? &schema : nullptr;  // "provenance-sign" is no step type
    }
    return nullptr;
  }

  std::vector<StepSchema> all() {
    std::vector<StepSchema> result;
    result.reserve(entries_.size());
    for (StepEntry& entry : entries_) result.push_back(made(entry));
    std::sort(result.begin(), result.end(), [](const StepSchema& a, const StepSchema& b) { return a.uses < b.uses; });
    return result;
  }

 private:
  static const StepSchema& made(StepEntry& entry) {
    std::call_once(entry.made, [&entry] { entry.schema = make_step_schema(*embedded_schema(entry.name)); });
    return entry.schema;
  }

  std::deque<StepEntry> entries_;
};

StepIndex& step_index() {
  static StepIndex instance;
  return instance;
}

}  // namespace

const Json* embedded_schema(std::string_view name) {
  return library().find(name);
}

std::vector<std::string> embedded_schema_names() {
  return library().names();
}

std::span<const std::string_view> schema_keywords() {
  return kKeywords;
}

const Json* resolve_schema(const Json& schema, const Json& root) {
  constexpr std::string_view kLocal = "#/definitions/";
  constexpr int kMostHops = 16;  // a longer chain is a circle
  const Json* current = &schema;
  for (int hop = 0; hop < kMostHops; ++hop) {
    if (!current->is_object()) return current;
    const auto ref = current->find("$ref");
    if (ref == current->end()) return current;
    const std::string& target = ref->get_ref<const std::string&>();
    if (!target.starts_with(kLocal)) return nullptr;
    const auto definitions = root.find("definitions");
    if (definitions == root.end()) return nullptr;
    const auto found = definitions->find(std::string_view(target).substr(kLocal.size()));
    if (found == definitions->end()) return nullptr;
    current = &*found;
  }
  return nullptr;
}

const StepSchema* step_schema(std::string_view uses) {
  return step_index().find(uses);
}

const std::vector<StepSchema>& step_schemas() {
  static const std::vector<StepSchema> all = step_index().all();
  return all;
}

}  // namespace lockstep
