#include "runner/cli/load.h"

#include <fmt/format.h>
#include <cstdio>

#include "engines/file.h"
#include "runner/cli/near_files.h"
#include "specs/diagnostic_render.h"
#include "specs/yaml.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMaxRunbookBytes = 9ULL << 20;  // one above the reader's own limit, so that it gets to say so

Result<std::shared_ptr<const Source>> read_source(const std::string& path) {
  Result<std::string> text = read_file(path, kMaxRunbookBytes);
  if (!text) return with_near_files(std::move(text).error(), path);
  return std::shared_ptr<const Source>(std::make_shared<Source>(Source{path, *std::move(text)}));
}

Error not_a_param(const std::string& text) {
  const std::string name = text.substr(0, text.find_first_of(":= "));
  return {"param-syntax"_code, fmt::format("'--param {}' is not NAME=VALUE", text),
          name.empty() ? std::string("write --param NAME=VALUE")
                       : fmt::format("write --param {}={}", name,
                                     name.size() + 1 < text.size() ? text.substr(name.size() + 1) : "VALUE")};
}

// What is known of a step's inputs before the run: params are, everything else is null.
Json inputs_before_run(const StepSpec& step, const EvalScope& scope) {
  Json inputs = Json::object();
  if (step.with == nullptr || step.with->kind != Node::Kind::map) return inputs;
  for (const Member& member : step.with->members) {
    Result<ResolvedInputs> value = resolve_node(member.value, scope);
    inputs[member.key] = value ? std::move(value->json) : Json();
  }
  return inputs;
}

void check(LoadedRunbook& loaded, const GivenParams& given, bool params_may_lack) {
  Runbook& runbook = *loaded.runbook;
  loaded.params = bind_params(runbook, given, loaded.diagnostics, params_may_lack);
  check_catalogs(runbook, loaded.params, loaded.diagnostics);
  const EvalScope scope = params_scope(loaded.params);  // one for all steps: there can be ten thousand
  loaded.accesses.reserve(runbook.steps.size());
  for (const StepSpec& step : runbook.steps) {
    const Json inputs = inputs_before_run(step, scope);
    check_statement(runbook, step, inputs, loaded.diagnostics);
    loaded.accesses.push_back(catalog_accesses(runbook, step, inputs));
    check_read_only(runbook, step, inputs, loaded.accesses.back(), loaded.diagnostics);
  }
  Diagnostics found(loaded.diagnostics.source());
  loaded.graph = build_graph(runbook, loaded.accesses, found);
  // Catalogs that a missing param names, or a step with an error, may be any: a warning of steps that share one would
  // be a guess.
  const bool told = loaded.params.size() == runbook.params.size() && !loaded.diagnostics.has_errors();
  if (told || found.has_errors()) loaded.diagnostics.append(found);
}

}  // namespace

EvalScope params_scope(const ParamValues& params) {
  auto later = [](std::string_view name) -> Result<Value> {
    return Error("value-not-known-yet"_code, fmt::format("\"{}\" is known only while steps run", name),
                 "use params, env and secrets here");
  };
  EvalScope scope;
  scope.param = [&params](std::string_view name) -> Result<Value> {
    auto found = params.find(name);
    if (found != params.end()) return Value{found->second, false};
    return Error("param-missing"_code, fmt::format("the param \"{}\" has no value", name),
                 fmt::format("give it with --param {}=...", name));
  };
  scope.env = scope.secret = scope.step_outputs = scope.step_status = scope.run = later;
  scope.status = [](std::string_view) { return false; };
  return scope;
}

LoadedRunbook load_runbook_text(const std::shared_ptr<const Source>& source, const GivenParams& given,
                                bool params_may_lack) {
  LoadedRunbook loaded{Diagnostics(source), {}, {}, {}, {}};
  AdvanceReading reading(source, loaded.diagnostics);
  if (reading.document)
    loaded.runbook =
        build_runbook(std::make_shared<const Document>(*std::move(reading.document)), source->path, loaded.diagnostics);
  if (loaded.runbook) check(loaded, given, params_may_lack);
  if (!reading.confirm(loaded.diagnostics)) loaded.runbook.reset();
  loaded.diagnostics.sort();
  return loaded;
}

Result<LoadedRunbook> load_runbook(const RunbookArguments& arguments) {
  Result<std::shared_ptr<const Source>> source = read_source(arguments.path);
  if (!source) return std::move(source).error();
  GivenParams given;
  for (const std::string& text : arguments.params) {
    std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return not_a_param(text);
    given.texts.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::optional<Diagnostics> params_findings;
  if (!arguments.params_file.empty()) {
    Result<std::shared_ptr<const Source>> params_source = read_source(arguments.params_file);
    if (!params_source) return std::move(params_source).error();
    params_findings.emplace(*params_source);
    if (std::optional<Document> document = parse_yaml(*params_source, *params_findings))
      given.file = std::make_shared<const Document>(*std::move(document));
  }
  LoadedRunbook loaded = load_runbook_text(*std::move(source), given, arguments.params_may_lack);
  if (params_findings) loaded.diagnostics.append(*params_findings);
  return loaded;
}

int print_findings(const Diagnostics& diagnostics, std::string_view format, bool colour) {
  if (format == "json")
    fmt::print("{}\n", render_json(diagnostics).dump(2));
  else if (format == "sarif")
    fmt::print("{}\n", render_sarif(diagnostics).dump(2));
  else if (format == "github")
    fmt::print("{}", render_github(diagnostics));
  else if (!diagnostics.items().empty())
    fmt::print(stderr, "{}", render_text(diagnostics, colour));
  return diagnostics.has_errors() ? 3 : 0;
}

int print_error(const Error& error) {
  fmt::print(stderr, "error: {} [{}]\n", error.message, error.code);
  for (const std::string& circumstance : error.context) fmt::print(stderr, "  {}\n", circumstance);
  if (!error.remedy.empty()) fmt::print(stderr, "hint: {}\n", error.remedy);
  return 3;
}

}  // namespace lockstep
