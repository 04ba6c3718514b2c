#include "engines/evolution/detect.h"

#include <fmt/format.h>

#include <utility>

#include "engines/evolution/evolution_json.h"
#include "engines/evolution/inputs.h"
#include "engines/evolution/planner.h"
#include "engines/evolution/scope.h"

namespace lockstep {
namespace {

class Detect : public Step {
 public:
  explicit Detect(EvolutionInputs inputs) : inputs_(std::move(inputs)) {}

  Result<Look> look(const StepContext& context) override {
    Result<OpenedCatalogs> scope = open_scope(context, inputs_);
    if (!scope) return scope.error();
    const Table* source = TableIndex(scope->source).find(inputs_.schema_name, inputs_.table_name);
    const Table* destination = TableIndex(scope->destination).find(inputs_.schema_name, inputs_.table_name);
    Look look;
    Outcome& outcome = look.preview;
    outcome.outputs = frame(*scope, source, destination);
    if (source == nullptr || source->kind == Table::Kind::view)
      return fail(std::move(look), source, inputs_.source_catalog);
    if (destination != nullptr && destination->kind == Table::Kind::view)
      return fail(std::move(look), destination, inputs_.destination_catalog);
    if (destination == nullptr) {
      outcome.outputs["status"] = "missing";
      outcome.outputs["requires_action"] = true;
      outcome.warnings.push_back(fmt::format("table \"{}.{}\" is missing on \"{}\": clone it first",
                                             inputs_.schema_name, inputs_.table_name, inputs_.destination_catalog));
      outcome.figure = "missing on the destination";
      return look;
    }
    TableDifference differing =
        difference(*source, *destination, inputs_.renames.for_table(*source, *destination), inputs_.ignored);
    for (const std::string& entry : inputs_.renames.unused())
      outcome.warnings.push_back(fmt::format("rename {{ {} }} fits no column of the table", entry));
    if (differing.empty()) {
      outcome.outputs["status"] = "unchanged";
      outcome.outputs["is_compatible"] = true;
      outcome.outputs["notes"] = differing.notes;
      outcome.figure = "no drift";
      return look;
    }
    Result<std::vector<TablePlan>> plans = plan_tables(*scope->warehouse, *scope->dialect, {std::move(differing)},
                                                       {false, inputs_.enable_features}, context.call);
    if (!plans) return plans.error();
    const TablePlan& plan = plans->front();
    outcome.outputs.update(changes_json(plan.difference, *scope->dialect));
    outcome.outputs["status"] = "drifted";
    outcome.outputs["is_compatible"] =
        is_compatible(plan.difference, *scope->dialect) && plan.alteration.refusals.empty();
    outcome.outputs["requires_action"] = true;
    outcome.outputs["notes"] = plan.alteration.notes;
    outcome.outputs["statements"] = statements_json(plan.alteration.statements);
    outcome.outputs["errors"] = refusals_json(plan.alteration.refusals);
    outcome.figure = fmt::format("{} added, {} removed, {} changed", plan.difference.added.size(),
                                 plan.difference.removed.size(), plan.difference.changed.size());
    return look;
  }

  Result<Outcome> act(const StepContext&, const Look& look) override { return look.preview; }

 private:
  // The response with nothing found.
  Json frame(const OpenedCatalogs& scope, const Table* source, const Table* destination) const {
    const TableName source_name{inputs_.source_catalog, inputs_.schema_name, inputs_.table_name};
    const TableName destination_name{inputs_.destination_catalog, inputs_.schema_name, inputs_.table_name};
    Json outputs = {{"source", (source != nullptr ? source->name : source_name).full()},
                    {"dest", (destination != nullptr ? destination->name : destination_name).full()},
                    {"added_columns", Json::array()},
                    {"removed_columns", Json::array()},
                    {"renamed_columns", Json::array()},
                    {"changed_columns", Json::array()},
                    {"is_compatible", false},
                    {"requires_action", false},
                    {"statements", Json::array()},
                    {"errors", Json::array()},
                    {"notes", Json::array()}};
    if (scope.source.version) outputs["source_version"] = *scope.source.version;
    if (scope.destination.version) outputs["destination_version"] = *scope.destination.version;
    return outputs;
  }

  Look fail(Look look, const Table* found, const std::string& catalog) const {
    const std::string name = fmt::format("{}.{}.{}", catalog, inputs_.schema_name, inputs_.table_name);
    Error error = found == nullptr ? Error("table-not-found"_code, fmt::format("there is no table \"{}\"", name),
                                           "check catalog, schema and table: DuckDB's default schema is \"main\"")
                                   : Error("table-is-view"_code, fmt::format("\"{}\" is a view", name),
                                           "views are not evolved: create the view anew where its text differs");
    look.preview.outputs["status"] = "error";
    look.preview.outputs["error"] = error.message;
    look.preview.outputs["errors"] = Json::array({refusal_json("", error)});
    look.preview.figure = error.message;
    look.preview.failure = std::move(error);
    return look;
  }

  EvolutionInputs inputs_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_detect(const Json& inputs) {
  Result<EvolutionInputs> read = read_inputs(inputs);
  if (!read) return std::move(read).error();
  return std::unique_ptr<Step>(std::make_unique<Detect>(std::move(read).value()));
}

}  // namespace lockstep
