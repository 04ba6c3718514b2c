#include "runner/environment_check.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

namespace lockstep {

namespace {

// What is known before a run, for conditions that ask for more.
EvalScope before_run(EvalScope scope, bool dry_run) {
  scope.status = nullptr;  // not known: a condition that asks for it has no value now
  scope.run = [dry_run](std::string_view name) -> Result<Value> {
    if (name == "dry_run") return Value{dry_run, false};
    return Error("value-not-known-yet"_code, "known only while steps run");
  };
  return scope;
}

// What can be told of a step before the run.
struct Outlook {
  bool skipped = false;   // its `if` is false, or that of a step that it needs
  bool no_items = false;  // its for_each has nothing to go through
  bool certain = true;    // it runs when all goes well, and when it fails the run does
  [[nodiscard]] bool does_nothing() const { return skipped || no_items; }
};

Outlook own_outlook(const StepSpec& spec, const EvalScope& scope) {
  Outlook outlook;
  outlook.certain = !spec.continue_on_error;
  if (spec.condition) {
    const Result<Value> value = evaluate(*spec.condition, scope);
    outlook.skipped = value && value->json == false;
    outlook.certain = outlook.certain && value && !spec.condition_uses_status;
  }
  outlook.no_items = spec.for_each_list != nullptr && spec.for_each_list->items.empty();
  if (spec.for_each) {
    const Result<Value> items = evaluate(*spec.for_each, scope);
    outlook.no_items = items && items->json.is_array() && items->json.empty();
    outlook.certain = outlook.certain && items;
  }
  return outlook;
}

std::vector<Outlook> outlooks(const Runbook& runbook, const Graph& graph, const EvalScope& scope) {
  std::vector<Outlook> all(runbook.steps.size());
  for (const std::size_t step : graph.order) {
    all[step] = own_outlook(runbook.steps[step], scope);
    for (const std::size_t need : graph.needs[step]) {
      if (!runbook.steps[step].condition_uses_status) all[step].skipped = all[step].skipped || all[need].skipped;
      all[step].certain = all[step].certain && all[need].certain;
    }
  }
  return all;
}

class EnvironmentCheck {
 public:
  EnvironmentCheck(const Runbook& runbook, const Graph& graph, EvalScope scope)
      : runbook_(runbook), graph_(graph), scope_(std::move(scope)) {}

  void run() {
    for (const ConnectionSpec& connection : runbook_.connections) node(*connection.node);
    const std::vector<Outlook> outlook = outlooks(runbook_, graph_, scope_);
    for (std::size_t step = 0; step < runbook_.steps.size(); ++step)
      if (!outlook[step].does_nothing()) this->step(runbook_.steps[step]);
  }

  void report(Diagnostics& diagnostics) {
    for (auto& [key, missing] : missing_) {
      std::sort(missing.places.begin(), missing.places.end(),
                [](const Span& a, const Span& b) { return a.start.offset < b.start.offset; });
      Diagnostic& finding = diagnostics.error(Code{missing.error.code}, missing.places.front(), missing.error.message,
                                              missing.error.remedy);
      for (std::size_t i = 1; i < missing.places.size() && i <= kMostPlaces; ++i)
        finding.related.push_back({missing.places[i], "also asked for here"});
    }
    diagnostics.sort();
  }

 private:
  static constexpr std::size_t kMostPlaces = 10;

  struct Missing {
    Error error;
    std::vector<Span> places;
  };

  void step(const StepSpec& spec) {
    if (spec.condition) ask(*spec.condition);
    if (spec.for_each) ask(*spec.for_each);
    if (spec.for_each_list != nullptr) node(*spec.for_each_list);
    if (spec.with != nullptr) node(*spec.with);
  }

  // Not recursive, so that the file's depth does not matter.
  void node(const Node& root) {
    std::vector<const Node*> todo{&root};
    while (!todo.empty()) {
      const Node& at = *todo.back();
      todo.pop_back();
      if (at.kind == Node::Kind::string && looks_like_template(at.scalar.get_ref<const std::string&>())) {
        Diagnostics ignored(nullptr);  // validate has reported them
        if (const std::optional<Template> parsed = parse_template(at, false, ignored)) ask(*parsed);
      }
      for (const Node& item : at.items) todo.push_back(&item);
      for (const Member& member : at.members) todo.push_back(&member.value);
    }
  }

  void ask(const Template& text) {
    for (const RequiredName& required : required_names(text)) {
      const Result<Value> value = required.secret ? scope_.secret(required.name) : scope_.env(required.name);
      if (value) continue;
      missing_.try_emplace({required.secret, required.name}, Missing{value.error(), {}})
          .first->second.places.push_back(required.span);
    }
  }

  const Runbook& runbook_;
  const Graph& graph_;
  EvalScope scope_;
  std::map<std::pair<bool, std::string>, Missing> missing_;
};

}  // namespace

void check_environment(const Runbook& runbook, const Graph& graph, EvalScope scope, bool dry_run,
                       Diagnostics& diagnostics) {
  EnvironmentCheck check(runbook, graph, before_run(std::move(scope), dry_run));
  check.run();
  check.report(diagnostics);
}

void check_connections(const Runbook& runbook, const Graph& graph,
                       const std::vector<std::vector<CatalogAccess>>& accesses, EvalScope scope, bool dry_run,
                       const std::vector<ConnectionPlan>& plans, const SecretSet& secrets, Diagnostics& diagnostics) {
  std::map<std::string, Error> lacking;  // by connection
  for (const ConnectionPlan& plan : plans)
    if (const Result<void> checked = check_settings(plan); !checked) lacking.emplace(plan.name, checked.error());
  if (lacking.empty()) return;
  const std::vector<Outlook> outlook = outlooks(runbook, graph, before_run(std::move(scope), dry_run));
  std::map<std::string, std::size_t> openers;  // by connection: the first step that opens it, a certain one if any
  for (std::size_t step = 0; step < runbook.steps.size(); ++step) {
    if (outlook[step].does_nothing()) continue;
    for (const std::string& name : opened_connections(runbook, runbook.steps[step], accesses[step])) {
      const auto [opener, first] = openers.emplace(name, step);
      if (!first && outlook[step].certain && !outlook[opener->second].certain) opener->second = step;
    }
  }
  for (const auto& [name, error] : lacking) {
    const auto opener = openers.find(name);
    if (opener == openers.end()) continue;
    const bool certain = outlook[opener->second].certain;
    // Settings may come from secrets.
    Diagnostic& finding = diagnostics.add(
        certain ? Severity::error : Severity::warning, Code{error.code}, runbook.connection(name)->span,
        secrets.redact(fmt::format("connection \"{}\": {}", name, error.message)), secrets.redact(error.remedy));
    finding.related.push_back(
        {runbook.steps[opener->second].id_span, certain ? "this step opens it" : "this step opens it, if it runs"});
  }
  diagnostics.sort();
}

}  // namespace lockstep
