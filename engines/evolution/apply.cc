#include "engines/evolution/apply.h"

#include <fmt/format.h>

#include <utility>

#include "engines/evolution/changes.h"
#include "engines/evolution/evolution_json.h"
#include "engines/evolution/execution.h"
#include "engines/evolution/inputs.h"
#include "engines/evolution/scope.h"

namespace lockstep {
namespace {

class Apply : public Step {
 public:
  Apply(EvolutionInputs inputs, Json changes)
      : inputs_(std::move(inputs)), changes_(std::move(changes)), policy_(inputs_.policy()) {
    inputs_.source_catalog.clear();  // only for the reader of the runbook: nothing is read there
  }

  Result<Look> look(const StepContext& context) override {
    Result<OpenedCatalogs> scope = open_scope(context, inputs_);
    if (!scope) return scope.error();
    scope_ = std::move(scope).value();
    const std::string name = TableName{inputs_.destination_catalog, inputs_.schema_name, inputs_.table_name}.full();
    const Table* destination = TableIndex(scope_.destination).find(inputs_.schema_name, inputs_.table_name);
    if (destination == nullptr)
      return refused({{"", Error("table-not-found"_code, fmt::format("there is no table \"{}\"", name),
                                 "check catalog, schema and table: DuckDB's default schema is \"main\"")}});
    if (destination->kind == Table::Kind::view)
      return refused({{"", Error("table-is-view"_code, fmt::format("\"{}\" is a view", name),
                                 "views are not evolved: create the view anew where its text differs")}});
    Result<AppliedChanges> changed = apply_changes(changes_, *destination, *scope_.dialect);
    if (!changed) return refused({{"", changed.error()}});
    if (!changed->stale.empty()) return refused(changed->stale);

    const Table& wanted = changed->table.wanted;
    TableRenames renames = inputs_.renames.for_table(wanted, *destination);
    renames.renames.insert(renames.renames.end(), changed->table.renames.renames.begin(),
                           changed->table.renames.renames.end());
    std::vector<TableDifference> differences{difference(wanted, *destination, renames, inputs_.ignored)};
    // The wanted table was made from this one: how its columns are ordered says nothing.
    differences.front().notes.clear();
    Result<std::vector<TablePlan>> plans =
        plan_tables(*scope_.warehouse, *scope_.dialect, std::move(differences), policy_, context.call);
    if (!plans) return plans.error();
    if (!plans->front().alteration.refusals.empty()) return refused(plans->front().alteration.refusals);
    planned_.push_back({wanted, std::move(plans->front())});
    Look look;
    if (!inputs_.dry_run) look.actions = actions_for(planned_, context.connection);
    look.preview = outcome(inputs_.dry_run || !look.actions.empty() || !context.acts, {});
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    if (inputs_.dry_run || planned_.empty()) return look.preview;
    Result<Executed> executed =
        execute(*scope_.warehouse, *scope_.dialect, context, look.actions, planned_, policy_, inputs_.ignored, 1);
    if (!executed) return executed.error();
    if (executed->version) scope_.destination.version = executed->version;
    return outcome(false, executed->tables.front());
  }

 private:
  // Nothing can be done: the table stays as it is.
  [[nodiscard]] Look refused(const std::vector<Refusal>& refusals) const {
    Look look;
    look.preview.outputs = applied_json({});
    look.preview.outputs["errors"] = refusals_json(refusals);
    look.preview.outputs["statements"] = Json::array();
    look.preview.outputs["status"] = "error";
    look.preview.outputs["dry_run"] = inputs_.dry_run;
    Error error = refusals.front().error;
    if (refusals.size() > 1) error.message += fmt::format(" (and {} more, see errors)", refusals.size() - 1);
    look.preview.figure = "nothing was changed";
    look.preview.failure = std::move(error);
    return look;
  }

  [[nodiscard]] Outcome outcome(bool dry_run, const TableOutcome& result) const {
    const Alteration& alteration = planned_.front().plan.alteration;
    const bool failed = result.error.has_value();
    Outcome outcome;
    outcome.outputs = applied_json(failed ? result.taken : alteration);
    outcome.outputs["errors"] = failed ? Json::array({refusal_json("", *result.error)}) : Json::array();
    outcome.outputs["statements"] = statements_json(alteration.statements);
    outcome.outputs["notes"] = alteration.notes;
    outcome.outputs["dry_run"] = dry_run;
    if (result.partly) outcome.outputs["partly_applied"] = true;
    outcome.outputs["status"] = failed ? (result.state == TableOutcome::State::unknown ? "unknown" : "error")
                                : alteration.statements.empty() ? "unchanged"
                                : dry_run                       ? "dry_run"
                                                                : "applied";
    if (!alteration.upgrades.empty())
      outcome.warnings.push_back(upgrade_warning({alteration.upgrades.begin(), alteration.upgrades.end()},
                                                 planned_.front().plan.difference.destination.in_catalog()));
    if (scope_.destination.version) outcome.outputs["destination_version"] = *scope_.destination.version;
    outcome.figure = fmt::format("{} added, {} altered, {} dropped, {} skipped{}", alteration.added.size(),
                                 alteration.altered.size(), alteration.dropped.size(), alteration.skipped.size(),
                                 dry_run ? " (dry run)" : "");
    if (failed) {
      outcome.figure = result.partly ? "the change failed midway" : "the change failed";
      outcome.failure = result.error;
    }
    return outcome;
  }

  EvolutionInputs inputs_;
  Json changes_;
  AlterationPolicy policy_;
  OpenedCatalogs scope_;
  std::vector<WantedTable> planned_;  // one, when the changes can be applied
};

}  // namespace

Result<std::unique_ptr<Step>> make_apply(const Json& inputs) {
  Result<EvolutionInputs> read = read_inputs(inputs);
  if (!read) return std::move(read).error();
  return std::unique_ptr<Step>(std::make_unique<Apply>(std::move(read).value(), inputs.value("changes", Json())));
}

}  // namespace lockstep
