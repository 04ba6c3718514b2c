#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "specs/json_dump.h"
#include "specs/nearest.h"
#include "specs/runbook.h"
#include "specs/runbook_params.h"
#include "specs/suggestion_budget.h"
#include "specs/yaml.h"

namespace lockstep {

namespace {

// A value as a person gave it on the command line, typed by the declared type. Nothing when it cannot be of that type.
std::optional<Json> typed(const Param& param, const std::string& text) {
  if (param.type == "string") return Json(text);
  const auto source = std::make_shared<const Source>(Source{"--param " + param.name, text});
  Diagnostics findings(source);
  // JSON is YAML, and YAML has the words that people use: [a, b], 1e3, true.
  const std::optional<Document> document = parse_yaml(source, findings);
  if (!document || findings.has_errors()) return std::nullopt;
  return document->root.to_json();
}

class Binder {
 public:
  Binder(const Runbook& runbook, Diagnostics& diagnostics) : runbook_(runbook), diagnostics_(diagnostics) {
    for (const Param& param : runbook_.params) index_.emplace(param.name, &param);
  }

  ParamValues run(const GivenParams& given, bool may_lack) {
    if (given.file) from_file(*given.file);
    for (const auto& [name, text] : given.texts) {  // the command line has the last word
      const Param* param = find(name, {}, nullptr);
      if (param == nullptr) continue;
      given_.insert(name);
      const std::optional<Json> value = typed(*param, text);
      if (value)
        take(*param, *value, {}, nullptr);
      else
        report("param-type"_code, {}, nullptr,
               fmt::format("the param \"{}\" is not {}: {}", name, describe_param_type(param->type), shorten(text)),
               how_to_write(*param));
    }
    for (const Param& param : runbook_.params) {
      if (given_.contains(param.name)) continue;
      if (param.default_value) {
        values_[param.name] = *param.default_value;
        continue;
      }
      if (may_lack) continue;
      std::string what = param.description.empty() ? "" : fmt::format(" ({})", param.description);
      diagnostics_.error("param-missing"_code, param.span,
                         fmt::format("the param \"{}\" has no default and was not given{}", param.name, what),
                         fmt::format("give --param {}=VALUE or a --params-file, or write a default", param.name));
    }
    return std::move(values_);
  }

 private:
  static std::string shorten(const std::string& text) {
    constexpr std::size_t kShown = 60;
    return text.size() <= kShown ? fmt::format("\"{}\"", text) : fmt::format("\"{}...\"", text.substr(0, kShown));
  }

  static std::string show(const Json& value) {
    if (value.is_string()) return shorten(value.get<std::string>());
    const std::string text = dump_json(value);
    constexpr std::size_t kShown = 60;
    return text.size() <= kShown ? text : fmt::format("{}...", std::string_view(text).substr(0, kShown));
  }

  static std::string how_to_write(const Param& param) {
    const std::string_view example = param.type == "integer"   ? "3"
                                     : param.type == "number"  ? "0.5"
                                     : param.type == "boolean" ? "true"
                                     : param.type == "list"    ? "'[a, b]'"
                                     : param.type == "object"  ? "'{key: value}'"
                                                               : "text";
    return fmt::format("write --param {}={}", param.name, example);
  }

  void report(Code code, Span span, const std::shared_ptr<const Source>& source, std::string message,
              std::string hint) {
    Diagnostic& finding = diagnostics_.error(code, span, std::move(message), std::move(hint));
    finding.source = source;
  }

  const Param* find(const std::string& name, Span span, const std::shared_ptr<const Source>& source) {
    if (const auto found = index_.find(name); found != index_.end()) return found->second;
    std::vector<std::string> known;
    if (may_suggest(diagnostics_, index_.size()))
      for (const Param& param : runbook_.params) known.push_back(param.name);
    std::string hint = did_you_mean(name, known);
    if (hint.empty() && !known.empty() && known.size() <= 12)
      hint = fmt::format("the runbook declares: {}", fmt::join(known, ", "));
    if (hint.empty()) hint = index_.empty() ? "the runbook declares no params" : "see `params:` in the runbook";
    report("param-unknown"_code, span, source, fmt::format("the runbook has no param {}", shorten(name)),
           std::move(hint));
    return nullptr;
  }

  void from_file(const Document& file) {
    if (file.root.kind == Node::Kind::null) return;  // an empty file gives nothing
    if (file.root.kind != Node::Kind::map) {
      report("param-file"_code, file.root.span, file.source,
             fmt::format("a params file is a mapping of names to values, but this is {}", describe(file.root.kind)),
             "write one `name: value` a line");
      return;
    }
    for (const Member& member : file.root.members) {
      const Param* param = find(member.key, member.key_span, file.source);
      if (param == nullptr) continue;
      given_.insert(member.key);
      take(*param, member.value.to_json(), member.value.span, file.source);
    }
  }

  void take(const Param& param, const Json& value, Span span, const std::shared_ptr<const Source>& source) {
    if (!fits_param_type(param.type, value)) {
      report("param-type"_code, span, source,
             fmt::format("the param \"{}\" is not {}: {}", param.name, describe_param_type(param.type), show(value)),
             source ? fmt::format("give a value that is {}", describe_param_type(param.type)) : how_to_write(param));
      return;
    }
    if (!param.choices.empty() && std::find(param.choices.begin(), param.choices.end(), value) == param.choices.end()) {
      std::vector<std::string> known;
      known.reserve(param.choices.size());
      for (const Json& choice : param.choices)
        known.push_back(choice.is_string() ? choice.get<std::string>() : choice.dump());
      const std::string text = value.is_string() ? value.get<std::string>() : show(value);
      std::string hint = did_you_mean(text, known);
      report("param-choice"_code, span, source,
             fmt::format("the param \"{}\" cannot be {}; it is one of: {}", param.name, show(value),
                         fmt::join(known, ", ")),
             hint.empty() ? "choose one of them" : std::move(hint));
      return;
    }
    values_[param.name] = value;
  }

  const Runbook& runbook_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string_view, const Param*> index_;
  ParamValues values_;
  std::set<std::string, std::less<>> given_;  // also those whose value was refused
};

}  // namespace

ParamValues bind_params(const Runbook& runbook, const GivenParams& given, Diagnostics& diagnostics, bool may_lack) {
  return Binder(runbook, diagnostics).run(given, may_lack);
}

}  // namespace lockstep
