#include "engines/evolution/evolve_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "engines/evolution/evolution_json.h"
#include "engines/evolution/execution.h"
#include "engines/evolution/inputs.h"
#include "engines/evolution/scope.h"
#include "engines/filter.h"
#include "engines/parallel.h"
#include "engines/warehouse/names.h"
#include "specs/counted.h"
#include "specs/json_member.h"

namespace lockstep {
namespace {

constexpr std::size_t kNamesInAMessage = 5;

std::string some_of(const std::vector<std::string>& names) {
  std::string text = fmt::format(
      "{}", fmt::join(names.begin(),
                      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamesInAMessage)), ", "));
  if (names.size() > kNamesInAMessage) text += fmt::format(" and {} more", names.size() - kNamesInAMessage);
  return text;
}

// "1 table", "3 tables".
std::string tables(std::size_t count) {
  return counted(count, "table");
}

class EvolveCatalog : public Step {
 public:
  EvolveCatalog(EvolutionInputs inputs, TableFilter filter)
      : inputs_(std::move(inputs)), filter_(std::move(filter)), policy_(inputs_.policy()) {}

  Result<Look> look(const StepContext& context) override {
    Result<OpenedCatalogs> scope = open_scope(context, inputs_);
    if (!scope) return scope.error();
    scope_ = std::move(scope).value();
    if (Result<void> planned = plan(context.call); !planned) return planned.error();
    Look look;
    if (!inputs_.dry_run) look.actions = actions_for(planned_, context.connection);
    if (context.acts && !look.actions.empty()) return look;
    // A live step with nothing to execute has looked for real: its preview is its outcome.
    look.preview = outcome(inputs_.dry_run || !context.acts, {});
    return look;
  }

  Result<Outcome> act(const StepContext& context, const Look& look) override {
    if (inputs_.dry_run) return look.preview;
    Result<Executed> executed = execute(*scope_.warehouse, *scope_.dialect, context, look.actions, planned_, policy_,
                                        inputs_.ignored, inputs_.max_workers, inputs_.read_back);
    if (!executed) return executed.error();
    if (executed->version) scope_.destination.version = executed->version;
    return outcome(false, executed->tables);
  }

 private:
  // Pairs the tables, compares them, and plans the ones that differ.
  Result<void> plan(const Call& call) {
    const TableIndex in_destination(scope_.destination);
    const TableIndex in_source(scope_.source);
    std::vector<Pair> pairs;
    std::vector<TableFilter::Name> seen;
    for (const Table& source : scope_.source.tables) {
      if (source.kind == Table::Kind::view) continue;
      seen.push_back({source.name.schema, source.name.table});
      if (!filter_.matches(source.name.schema, source.name.table)) continue;
      ++total_;
      const Table* destination = in_destination.find(source.name);
      if (destination == nullptr || destination->kind == Table::Kind::view) {
        missing_.push_back(source.name.in_catalog());
        Json entry = {{"table", source.name.in_catalog()}, {"status", "missing"}};
        if (destination != nullptr) entry["notes"] = Json::array({"the destination has a view of that name"});
        reported_.push_back(std::move(entry));
        continue;
      }
      pairs.push_back({&source, destination, inputs_.renames.for_table(source, *destination)});
    }
    std::vector<TableDifference> differences = compare(pairs);
    for (const Table& destination : scope_.destination.tables) {
      if (destination.kind == Table::Kind::view) continue;
      seen.push_back({destination.name.schema, destination.name.table});
      if (!filter_.matches(destination.name.schema, destination.name.table)) continue;
      const Table* source = in_source.find(destination.name);
      if (source != nullptr && source->kind == Table::Kind::table) continue;
      Json entry = {{"table", destination.name.in_catalog()}, {"status", "extra"}};
      if (source != nullptr) entry["notes"] = Json::array({"the source has a view of that name"});
      reported_.push_back(std::move(entry));
      ++extra_;
    }
    warn(seen);
    Result<std::vector<TablePlan>> plans =
        plan_tables(*scope_.warehouse, *scope_.dialect, std::move(differences), policy_, call);
    if (!plans) return plans.error();
    for (std::size_t i = 0; i < planned_.size(); ++i) planned_[i].plan = std::move((*plans)[i]);
    return {};
  }

  struct Pair {
    const Table* source;
    const Table* destination;
    TableRenames renames;
  };

  // The differences of those that differ, for which planned_ has an entry each, in the same order.
  std::vector<TableDifference> compare(const std::vector<Pair>& pairs) {
    std::vector<TableDifference> all(pairs.size());
    parallel_for(pairs.size(), processors(), {}, [&](std::size_t i) {
      all[i] = difference(*pairs[i].source, *pairs[i].destination, pairs[i].renames, inputs_.ignored);
    });
    std::vector<TableDifference> differences;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (!all[i].empty()) {
        differences.push_back(std::move(all[i]));
        planned_.push_back({*pairs[i].source, {}});
      } else if (!all[i].notes.empty()) {
        reported_.push_back(
            {{"table", pairs[i].destination->name.in_catalog()}, {"status", "unchanged"}, {"notes", all[i].notes}});
      }
    }
    return differences;
  }

  void warn(const std::vector<TableFilter::Name>& seen) {
    if (!missing_.empty())
      warnings_.push_back(fmt::format("{} missing on \"{}\": {}; clone {} first", tables(missing_.size()),
                                      inputs_.destination_catalog, some_of(missing_),
                                      missing_.size() == 1 ? "it" : "them"));
    if (total_ == 0) warnings_.push_back(fmt::format("no table of \"{}\" is in scope", inputs_.source_catalog));
    for (const std::string& pattern : filter_.unmatched(seen))
      warnings_.push_back(fmt::format("{} matches nothing", pattern));
    for (const std::string& entry : inputs_.renames.unused())
      warnings_.push_back(fmt::format("rename {{ {} }} fits no table", entry));
  }

  // `results`: empty before acting.
  [[nodiscard]] Outcome outcome(bool dry_run, const std::vector<TableOutcome>& results) const {
    Json details = reported_;
    std::size_t changed = 0;
    std::vector<std::string> failed;
    const std::optional<Error>* first_error = nullptr;
    std::string remedy;              // of the first table that has an error
    std::set<std::string> upgrades;  // table features
    std::vector<std::string> upgraded;
    bool unknown = false;  // a statement may have run, and nobody can tell
    for (std::size_t i = 0; i < planned_.size(); ++i) {
      const TableOutcome result = i < results.size() ? results[i] : TableOutcome{};
      Json entry = detail(planned_[i].plan, dry_run, result);
      const std::string status = entry["status"];
      if (status == "error" || status == "unknown") {
        if (remedy.empty())
          remedy = text_member(entry, "table") + ": " + text_member(entry["errors"].front(), "remedy");
        failed.push_back(fmt::format("{} ({})", entry["table"].get_ref<const std::string&>(),
                                     entry["error"].get_ref<const std::string&>()));
        if (i < results.size() && results[i].error && first_error == nullptr) first_error = &results[i].error;
        unknown = unknown || (result.error && result.error->code == "outcome-unknown");
      } else if (status != "unchanged") {
        ++changed;
      }
      const std::vector<std::string>& turned_on = planned_[i].plan.alteration.upgrades;
      upgrades.insert(turned_on.begin(), turned_on.end());
      if (!turned_on.empty()) upgraded.push_back(text_member(entry, "table"));
      details.push_back(std::move(entry));
    }
    std::sort(details.begin(), details.end(), [](const Json& a, const Json& b) {
      return std::pair(a["table"].get_ref<const std::string&>(), a["status"].get_ref<const std::string&>()) <
             std::pair(b["table"].get_ref<const std::string&>(), b["status"].get_ref<const std::string&>());
    });
    Outcome outcome;
    outcome.outputs = {{"total_tables", total_},
                       {"tables_with_changes", changed},
                       {"tables_unchanged", total_ - changed - failed.size() - missing_.size()},
                       {"tables_with_errors", failed.size()},
                       {"tables_missing", missing_.size()},
                       {"tables_extra", extra_},
                       {"dry_run", dry_run},
                       {"details", std::move(details)}};
    if (scope_.source.version) outcome.outputs["source_version"] = *scope_.source.version;
    if (scope_.destination.version) outcome.outputs["destination_version"] = *scope_.destination.version;
    outcome.warnings = warnings_;
    if (!upgraded.empty()) outcome.warnings.push_back(upgrade_warning(upgrades, some_of(upgraded)));
    outcome.figure = fmt::format("{}, {} {}", tables(total_), changed, dry_run ? "to change" : "changed");
    if (!failed.empty()) outcome.figure += fmt::format(", {} with errors", failed.size());
    if (!missing_.empty()) outcome.figure += fmt::format(", {} missing", missing_.size());
    if (!failed.empty()) {
      // A stop or the end of the time is the step's failure, not the tables'.
      const bool stopped =
          first_error != nullptr && ((*first_error)->code == "cancelled" || (*first_error)->code == "timeout");
      Error error(
          "evolution-incomplete"_code,
          fmt::format("{} of {} could not be brought in line: {}", failed.size(), tables(total_), some_of(failed)),
          fmt::format(
              "{}; each table's reason and remedy are in the report's details[].errors (--report json=FILE), and "
              "the other tables are not held up by them",
              remedy));
      if (stopped) error.code = (*first_error)->code;
      if (unknown) error.code = "outcome-unknown";
      outcome.failure = std::move(error);
    }
    return outcome;
  }

  [[nodiscard]] Json detail(const TablePlan& plan, bool dry_run, const TableOutcome& result) const {
    const Alteration& alteration = plan.alteration;
    Json entry = {{"table", plan.difference.destination.in_catalog()},
                  {"changes", changes_json(plan.difference, *scope_.dialect)},
                  {"statements", statements_json(alteration.statements)}};
    entry["changes"]["is_compatible"] = is_compatible(plan.difference, *scope_.dialect);
    entry["changes"]["requires_action"] = true;
    Json notes = alteration.notes;
    for (const std::string& column : alteration.skipped)
      notes.push_back(
          fmt::format("column \"{}\" is on the destination only and is kept (drop_removed is off)", column));
    if (!notes.empty()) entry["notes"] = std::move(notes);
    const auto fail = [&](const char* status, Json errors) {
      entry["status"] = status;
      entry["error"] = errors.front()["error"];
      entry["errors"] = std::move(errors);
    };
    if (!alteration.refusals.empty()) {
      fail("error", refusals_json(alteration.refusals));
    } else if (result.error) {
      fail(result.state == TableOutcome::State::unknown ? "unknown" : "error",
           Json::array({refusal_json("", *result.error)}));
      if (result.partly) {
        entry["partly_applied"] = true;
        entry["applied"] = applied_json(result.taken);
      }
    } else if (alteration.statements.empty()) {
      entry["status"] = "unchanged";
      entry["changes"]["requires_action"] = false;
    } else if (dry_run) {
      entry["status"] = "dry_run";
    } else {
      entry["status"] = "applied";
      entry["applied"] = applied_json(alteration);
    }
    return entry;
  }

  EvolutionInputs inputs_;
  TableFilter filter_;
  AlterationPolicy policy_;
  OpenedCatalogs scope_;
  std::size_t total_ = 0;
  std::size_t extra_ = 0;
  std::vector<std::string> missing_;
  Json reported_ = Json::array();     // entries that need no plan: missing, extra, notes only
  std::vector<WantedTable> planned_;  // tables that differ
  std::vector<std::string> warnings_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_evolve_catalog(const Json& inputs) {
  Result<EvolutionInputs> read = read_inputs(inputs);
  if (!read) return std::move(read).error();
  Result<TableFilter> filter = TableFilter::from_inputs(inputs);
  if (!filter) return std::move(filter).error();
  return std::unique_ptr<Step>(std::make_unique<EvolveCatalog>(std::move(read).value(), std::move(filter).value()));
}

}  // namespace lockstep
