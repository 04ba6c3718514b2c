#include "engines/evolution/commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "engines/evolution/obstacles.h"
#include "engines/parallel.h"
#include "specs/counted.h"

namespace lockstep {
namespace {

// Beyond it a commit's own cost no longer matters, and a failure would throw away too much work.
constexpr std::size_t kTablesPerCommit = 200;

class Committer {
 public:
  Committer(Warehouse& warehouse, const StepContext& context, const std::vector<Action>& actions,
            const std::vector<TableWork>& work, const CommitOptions& options)
      : warehouse_(warehouse), context_(context), actions_(actions), work_(work), options_(options) {
    results_.resize(work.size());
    begun_.resize(actions.size());
    stamp_.message = fmt::format("schema-evolution: run {} step {}", context.run.run_id, context.run.step_id);
    stamp_.extra = {{"run_id", context.run.run_id}, {"step_id", context.run.step_id}, {"attempt", context.run.attempt}};
  }

  Result<std::vector<TableResult>> commit() {
    int rounds = 0;
    for (const TableWork& table : work_)
      for (const int round : table.rounds) rounds = std::max(rounds, round + 1);
    for (int round = 0; round < rounds; ++round) {
      std::vector<std::size_t> tables;
      for (std::size_t i = 0; i < work_.size(); ++i)
        if (!results_[i].error &&
            std::find(work_[i].rounds.begin(), work_[i].rounds.end(), round) != work_[i].rounds.end())
          tables.push_back(i);
      if (options_.together) {
        for (std::size_t first = 0; first < tables.size(); first += kTablesPerCommit)
          commit_together(
              {tables.begin() + static_cast<std::ptrdiff_t>(first),
               tables.begin() + static_cast<std::ptrdiff_t>(std::min(first + kTablesPerCommit, tables.size()))},
              round);
      } else {
        if (!options_.transactions) begin_first(tables, round);
        const std::size_t run = parallel_for(tables.size(), options_.max_workers, context_.call,
                                             [&](std::size_t i) { commit_one(tables[i], round); });
        for (std::size_t i = run; i < tables.size(); ++i) {
          fail(tables[i], stopped_error());
          if (const std::size_t first = actions_of(tables[i], round).front(); begun_[first])
            withdraw(first, *results_[tables[i]].error);
        }
      }
    }
    if (log_error_) return *log_error_;
    return std::move(results_);
  }

 private:
  [[nodiscard]] Error stopped_error(std::size_t applied = 0) const {
    const char* const when = applied == 0 ? "before this table was changed" : "before this table was finished";
    if (context_.call.stopped())
      return Error("cancelled"_code, fmt::format("the run was stopped {}", when), "run again to go on");
    return Error("timeout"_code, fmt::format("the step's time ran out {}", when),
                 "run again to go on, or raise the step's timeout");
  }

  void fail(std::size_t table, Error error) { results_[table].error = std::move(error); }

  [[nodiscard]] std::vector<std::size_t> actions_of(std::size_t table, int round) const {
    std::vector<std::size_t> indexes;
    for (std::size_t k = 0; k < work_[table].rounds.size(); ++k)
      if (work_[table].rounds[k] == round) indexes.push_back(work_[table].first + k);
    return indexes;
  }

  // Nothing may start any more: the log cannot be written, or the run is over.
  [[nodiscard]] std::optional<Error> over(std::size_t applied = 0) {
    const std::lock_guard lock(mutex_);
    if (log_error_) return log_error_;
    if (context_.call.stopped() || context_.call.expired()) return stopped_error(applied);
    return std::nullopt;
  }

  // An error of the log stops everything that has not started. The log is called without the lock: durable records of
  // many tables then share a sync.
  std::optional<Error> log_started(const std::vector<std::size_t>& indexes, std::size_t applied) {
    if (std::optional<Error> error = over(applied)) return error;
    for (const std::size_t index : indexes)
      if (Result<void> logged = context_.log.started(actions_[index]); !logged) return log_failed(logged.error());
    return std::nullopt;
  }

  // The statements with which all workers begin, and those they go on with, are recorded at once: sixty records one by
  // one, each waiting for the disk, take longer than to send what they announce. A stop closes what has not begun.
  void begin_first(const std::vector<std::size_t>& tables, int round) {
    if (over()) return;
    std::vector<std::size_t> indexes;
    std::vector<const Action*> first;
    for (std::size_t i = 0; i < std::min(2 * options_.max_workers, tables.size()); ++i) {
      indexes.push_back(actions_of(tables[i], round).front());
      first.push_back(&actions_[indexes.back()]);
    }
    if (first.empty()) return;
    if (Result<void> logged = context_.log.started_together(first); !logged) {
      log_failed(logged.error());
      return;
    }
    for (const std::size_t index : indexes) begun_[index] = true;
  }

  // Before a statement runs. An error: it must not, and a record that was made before is closed.
  std::optional<Error> begin(std::size_t index, std::size_t applied) {
    if (!begun_[index]) return log_started({index}, applied);
    std::optional<Error> error = over(applied);
    if (error) withdraw(index, *error);
    return error;
  }

  void withdraw(std::size_t index, const Error& why) {
    if (Result<void> logged = context_.log.withdrawn(actions_[index], why); !logged) log_failed(logged.error());
  }

  Error log_failed(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!log_error_) log_error_ = error;
    return *log_error_;
  }

  void log_finished(const std::vector<std::size_t>& indexes, const std::optional<Error>& error) {
    for (const std::size_t index : indexes)
      if (Result<void> logged = context_.log.finished(actions_[index], error); !logged) log_failed(logged.error());
  }

  void tell_progress(std::size_t tables) {
    const std::lock_guard lock(mutex_);
    finished_ += tables;
    if (context_.progress)
      context_.progress(counted(finished_, "table") + " altered",
                        std::min(1.0, static_cast<double>(finished_) / static_cast<double>(work_.size())));
  }

  // Logs, runs and logs again.
  std::optional<Error> transact(const std::vector<std::size_t>& tables, int round) {
    std::vector<std::size_t> indexes;
    for (const std::size_t table : tables)
      for (const std::size_t index : actions_of(table, round)) indexes.push_back(index);
    if (std::optional<Error> error = log_started(indexes, 0)) return error;
    std::vector<std::string> statements;
    statements.reserve(indexes.size());
    for (const std::size_t index : indexes) statements.push_back(actions_[index].text);
    const Result<void> done = warehouse_.transact(options_.catalog, statements, stamp_, context_.call);
    const std::optional<Error> error = done ? std::nullopt : std::optional(done.error());
    log_finished(indexes, error);
    if (!error)
      for (const std::size_t table : tables) results_[table].applied += actions_of(table, round).size();
    tell_progress(tables.size());
    return error;
  }

  // Without transactions: the first error ends the table's work, and what ran before stays.
  std::optional<Error> run_each(std::size_t table, int round) {
    std::optional<Error> error;
    for (const std::size_t index : actions_of(table, round)) {
      error = begin(index, results_[table].applied);
      if (error) break;
      const Result<Rows> done = warehouse_.run({actions_[index].text, {}}, context_.call);
      if (!done) error = explain_delta_refusal(done.error()).with_context("in the statement " + actions_[index].text);
      log_finished({index}, error);
      if (error) break;
      ++results_[table].applied;
    }
    tell_progress(1);
    return error;
  }

  void commit_one(std::size_t table, int round) {
    std::optional<Error> error = options_.transactions ? transact({table}, round) : run_each(table, round);
    if (error) fail(table, std::move(*error));
  }

  // A transaction that failed was rolled back for all of its tables. Halving finds the ones to blame, and lets the
  // others through, in few commits; log2(kTablesPerCommit) levels deep at most.
  void commit_together(const std::vector<std::size_t>& tables, int round) {
    std::optional<Error> error = transact(tables, round);
    if (!error) return;
    const bool give_up = log_error_ || context_.call.stopped() || context_.call.expired();
    if (tables.size() == 1 || give_up) {
      for (const std::size_t table : tables) fail(table, *error);
      return;
    }
    const auto middle = tables.begin() + static_cast<std::ptrdiff_t>(tables.size() / 2);
    commit_together({tables.begin(), middle}, round);
    commit_together({middle, tables.end()}, round);
  }

  Warehouse& warehouse_;
  const StepContext& context_;
  const std::vector<Action>& actions_;
  const std::vector<TableWork>& work_;
  const CommitOptions& options_;
  CommitStamp stamp_;
  std::vector<TableResult> results_;  // each element is touched by one thread at a time
  std::vector<bool> begun_;           // by action: recorded by begin_first()
  std::mutex mutex_;                  // guards log_error_, finished_ and progress
  std::optional<Error> log_error_;
  std::size_t finished_ = 0;
};

}  // namespace

Result<std::vector<TableResult>> commit_tables(Warehouse& warehouse, const StepContext& context,
                                               const std::vector<Action>& actions, const std::vector<TableWork>& work,
                                               const CommitOptions& options) {
  return Committer(warehouse, context, actions, work, options).commit();
}

}  // namespace lockstep
