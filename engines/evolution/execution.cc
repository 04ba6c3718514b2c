#include "engines/evolution/execution.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <set>
#include <unordered_map>
#include <utility>

#include "engines/evolution/commit.h"
#include "engines/warehouse/names.h"
#include "specs/counted.h"

namespace lockstep {
namespace {

// "st" of "st.a.b". A name with a dot of its own is cut too, which at worst says less than took.
std::string column_of(const std::string& path) {
  return path.substr(0, path.find('.'));
}

// What a table still lacks, as names; empty when it is as planned.
std::set<std::string> not_taken(const Table& wanted, const Table& now, const Dialect& dialect,
                                const AlterationPolicy& policy, const IgnoredAspects& ignored) {
  const TableDifference rest = difference(wanted, now, {}, ignored);
  const Alteration more = plan_alteration(rest, dialect, {}, {}, policy);
  std::set<std::string> names(more.added.begin(), more.added.end());
  names.insert(more.altered.begin(), more.altered.end());
  names.insert(more.dropped.begin(), more.dropped.end());
  // The refusal of a field hides what else of its column is missing, so none of that column is called taken.
  for (const Refusal& refusal : more.refusals) names.insert({refusal.column, column_of(refusal.column)});
  return names;
}

// After a stop or at the end of the time the tables are still read back, but not for long.
Call call_for_reading_back(const Call& call) {
  if (!call.stopped() && !call.expired()) return call;
  return {std::stop_token(), std::chrono::steady_clock::now() + std::chrono::milliseconds(1500), call.trace, true};
}

std::vector<std::string> without(const std::vector<std::string>& names, const std::set<std::string>& missing) {
  std::vector<std::string> rest;
  for (const std::string& name : names)
    if (missing.count(name) == 0 && missing.count(column_of(name)) == 0) rest.push_back(name);
  return rest;
}

// "2 of this table's 5 statements had been applied", for an error that leaves a table half changed.
std::string how_far(std::size_t applied, std::size_t planned) {
  return fmt::format("after {} of this table's {} had been applied; run again: what is left is looked at anew", applied,
                     counted(planned, "statement"));
}

TableOutcome confirm(const WantedTable& table, const Table* now, const TableResult& result, const Dialect& dialect,
                     const AlterationPolicy& policy, const IgnoredAspects& ignored) {
  using State = TableOutcome::State;
  const std::string name = table.plan.difference.destination.in_catalog();
  if (now == nullptr) {
    if (result.error) return {State::failed, result.error, false, {}};
    return {State::failed,
            Error("change-not-applied"_code, fmt::format("\"{}\" is gone after the change was committed", name),
                  "someone else dropped or renamed the table: run again"),
            false,
            {}};
  }
  const std::set<std::string> missing = not_taken(table.wanted, *now, dialect, policy, ignored);
  // Read back is what counts: a COMMIT whose answer was lost, by a stop for instance, may still have happened.
  if (missing.empty()) return {State::applied, std::nullopt, false, {}};
  const Alteration& planned = table.plan.alteration;
  TableOutcome outcome;
  outcome.taken.added = without(planned.added, missing);
  outcome.taken.altered = without(planned.altered, missing);
  outcome.taken.dropped = without(planned.dropped, missing);
  const bool some = !outcome.taken.added.empty() || !outcome.taken.altered.empty() || !outcome.taken.dropped.empty();
  if (!result.error) {
    outcome.state = State::failed;
    outcome.partly = some;
    outcome.error =
        Error("change-not-applied"_code,
              fmt::format("\"{}\" was changed, but read back it still differs in: {}", name, fmt::join(missing, ", ")),
              "run again; if it stays so, leave the aspect alone (ignore:) or change it by hand");
    return outcome;
  }
  outcome.state = result.error->code == "outcome-unknown" ? State::unknown : State::failed;
  outcome.partly = result.applied > 0 || some;
  outcome.error = result.error;
  if (outcome.partly)
    outcome.error = std::move(*outcome.error)
                        .with_context(how_far(result.applied, planned.statements.size()))
                        .with_context(fmt::format("\"{}\" still differs in: {}", name, fmt::join(missing, ", ")));
  return outcome;
}

// The outcome of a table that could not be read back.
TableOutcome unread(const TableResult& result, const TableWork& work, const std::string& reason) {
  TableOutcome outcome;
  outcome.state = TableOutcome::State::unknown;
  outcome.error = result.error
                      ? *result.error
                      : Error("change-unconfirmed"_code,
                              fmt::format("\"{}\" was committed, but could not be read back: {}", work.table, reason),
                              "run again: what is already in line is not changed twice");
  outcome.partly = result.error && result.applied > 0;
  if (outcome.partly)
    outcome.error = std::move(*outcome.error).with_context(how_far(result.applied, work.rounds.size()));
  return outcome;
}

}  // namespace

std::vector<Action> actions_for(const std::vector<WantedTable>& tables, const std::string& connection) {
  std::vector<Action> actions;
  for (const WantedTable& table : tables)
    for (const PlannedStatement& statement : table.plan.alteration.statements)
      actions.push_back({Action::Kind::sql, connection, table.plan.difference.destination.full(), statement.sql,
                         statement.why, true});
  return actions;
}

Result<Executed> execute(Warehouse& warehouse, const Dialect& dialect, const StepContext& context,
                         const std::vector<Action>& actions, const std::vector<WantedTable>& tables,
                         const AlterationPolicy& policy, const IgnoredAspects& ignored, std::size_t max_workers,
                         ReadBack read_back) {
  Executed executed;
  executed.tables.resize(tables.size());
  std::vector<TableWork> work;
  std::vector<std::size_t> owners;
  std::size_t next = 0;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::vector<PlannedStatement>& statements = tables[i].plan.alteration.statements;
    if (statements.empty()) continue;
    TableWork one{tables[i].plan.difference.destination.in_catalog(), next, {}};
    for (const PlannedStatement& statement : statements) one.rounds.push_back(statement.round);
    next += statements.size();
    work.push_back(std::move(one));
    owners.push_back(i);
  }
  if (work.empty()) return executed;
  if (next != actions.size()) return plan_mismatch(next, actions.size());

  const std::string& catalog = tables[owners.front()].plan.difference.destination.catalog;
  const Capabilities& can = dialect.capabilities();
  const Result<std::vector<TableResult>> results =
      commit_tables(warehouse, context, actions, work, {catalog, !can.cheap_commits, max_workers, can.transactions});
  if (!results) return results.error();

  std::vector<TableName> changed;
  std::vector<std::size_t> read;  // places in `work`
  for (std::size_t k = 0; k < owners.size(); ++k) {
    if (read_back == ReadBack::in_doubt && !can.transactions && !(*results)[k].error) {
      executed.tables[owners[k]].state = TableOutcome::State::applied;
      continue;
    }
    changed.push_back(tables[owners[k]].plan.difference.destination);
    read.push_back(k);
  }
  if (read.empty()) return executed;
  const Result<CatalogContents> now = warehouse.describe_tables(catalog, changed, call_for_reading_back(context.call));
  if (!now) {
    for (const std::size_t k : read) executed.tables[owners[k]] = unread((*results)[k], work[k], now.error().message);
    return executed;
  }
  executed.version = now->version;
  std::unordered_map<std::string, const Table*> by_name;
  for (const Table& table : now->tables)
    if (table.kind == Table::Kind::table) by_name.emplace(fold_name(table.name.in_catalog()), &table);
  for (const std::size_t k : read) {
    const auto found = by_name.find(fold_name(work[k].table));
    executed.tables[owners[k]] = confirm(tables[owners[k]], found == by_name.end() ? nullptr : found->second,
                                         (*results)[k], dialect, policy, ignored);
  }
  return executed;
}

}  // namespace lockstep
