#include "runner/run_secrets.h"

#include <fmt/format.h>
#include <cstdlib>
#include <set>
#include <vector>

namespace lockstep {

namespace {

using Names = std::set<std::string, std::less<>>;

void add_names(const Node& node, bool bare, Names& names) {
  // Most texts mention no secret: those are not parsed again.
  const std::string& text = node.scalar.get_ref<const std::string&>();
  if (text.find("secrets") == std::string::npos || (!bare && !looks_like_template(text))) return;
  Diagnostics ignored(nullptr);  // validate has reported them
  if (std::optional<Template> parsed = parse_template(node, bare, ignored)) names.merge(references_of(*parsed).secrets);
}

// Every string of the file, params and connections included; not recursive, so that the file's depth does not matter.
Names mentioned_in(const Runbook& runbook) {
  Names names;
  if (runbook.document) {
    std::vector<const Node*> todo{&runbook.document->root};
    while (!todo.empty()) {
      const Node* node = todo.back();
      todo.pop_back();
      if (node->scalar.is_string()) add_names(*node, false, names);
      for (const Node& item : node->items) todo.push_back(&item);
      for (const Member& member : node->members) todo.push_back(&member.value);
    }
  }
  for (const StepSpec& step : runbook.steps)
    for (const std::optional<Template>* text : {&step.condition, &step.for_each})
      if (text->has_value()) names.merge(references_of(**text).secrets);
  return names;
}

Error missing(std::string_view name) {
  return {"secret-missing"_code, fmt::format("the secret \"{}\" is not set", name),
          fmt::format(
              "export {}=... in the environment, or put the line {}=... into a file and give it with --secrets-file",
              name, name)};
}

Result<Value> look_up(const std::string& name, const SecretValues& values, SecretSet& set) {
  std::string value;
  if (auto given = values.find(name); given != values.end())
    value = given->second;
  else if (const char* from_environment = std::getenv(name.c_str()))
    value = from_environment;
  if (value.empty()) return missing(name);
  if (Result<void> added = set.add(name, value); !added) return std::move(added).error();
  return Value{std::move(value), true};
}

}  // namespace

RunSecrets::RunSecrets(const Runbook& runbook, const SecretValues& values, SecretSet& set) {
  for (const std::string& name : mentioned_in(runbook)) found_.emplace(name, look_up(name, values, set));
}

Result<Value> RunSecrets::get(std::string_view name) const {
  auto found = found_.find(name);
  if (found == found_.end()) return missing(name);
  return found->second;
}

}  // namespace lockstep
