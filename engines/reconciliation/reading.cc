#include "engines/reconciliation/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "engines/parallel.h"

namespace lockstep {

namespace {

// A statement of 50 counts is short enough to read in a log, and 1,000 tables are 20 statements a side.
constexpr std::size_t kCountsPerStatement = 50;
constexpr std::size_t kDigestsPerStatement = 8;
constexpr std::size_t kDigestColumnsPerStatement = 400;
constexpr std::size_t kStatementsPerWorker = 4;  // fewer would leave workers without work at the end

const Table& table_on(const TablePair& pair, SideName side) {
  return side == SideName::source ? *pair.source : *pair.target;
}

const std::optional<std::string>& version_on(const TablePair& pair, SideName side) {
  return side == SideName::source ? pair.source_version : pair.target_version;
}

std::string count_sql(const PairedCatalogs& catalogs, const Side& side, SideName name,
                      const std::vector<std::size_t>& tables) {
  std::string sql;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const TablePair& pair = catalogs.tables[tables[i]];
    sql += fmt::format("{}SELECT {} AS i, count(*) AS row_count FROM {}", i == 0 ? "" : " UNION ALL ", i,
                       side.dialect->from(table_on(pair, name).name, version_on(pair, name)));
  }
  return sql;
}

// One table: its digest as it is. Several: a row each, numbered.
std::string digest_sql(const PairedCatalogs& catalogs, const Side& side, SideName name,
                       const std::vector<std::size_t>& tables) {
  std::string sql;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const TablePair& pair = catalogs.tables[tables[i]];
    const std::vector<DigestColumn>& columns = name == SideName::source ? pair.source_columns : pair.target_columns;
    std::string digest;
    if (catalogs.algorithm == DigestAlgorithm::clone_xs) {
      std::vector<std::string> names;
      names.reserve(columns.size());
      for (const DigestColumn& column : columns) names.push_back(column.name);
      digest = side.dialect->clone_xs_query(table_on(pair, name).name, version_on(pair, name), names);
    } else {
      digest = side.dialect->digest_query(table_on(pair, name).name, version_on(pair, name), columns);
    }
    if (tables.size() == 1) return digest;
    // The tables of a statement are much alike, so that the first tells how long all will be.
    if (i == 0) sql.reserve(tables.size() * (digest.size() + digest.size() / 16));
    fmt::format_to(std::back_inserter(sql), "{}SELECT {} AS i, d.* FROM (", i == 0 ? "" : " UNION ALL ", i);
    sql.append(digest).append(") AS d");
  }
  return sql;
}

bool interruption(const Error& error) {
  return error.code == "cancelled" || error.code == "timeout";
}

// The statement itself is to blame, so one of its tables may be; a lost connection or a refused token is not cured by
// smaller statements.
bool blames_a_table(const Error& error) {
  return error.code.starts_with("sql-");
}

Error unreadable(std::string_view what) {
  return Error("unexpected-result"_code, fmt::format("the engine's answer to a {} has an unexpected shape", what),
               "report this as a defect, with the statement from the plan");
}

class Reader {
 public:
  Reader(const PairedCatalogs& catalogs, const Side& source, const Side& target, const Call& call)
      : catalogs_(catalogs), source_(source), target_(target), call_(call) {
    readings_.source.resize(catalogs.tables.size());
    readings_.target.resize(catalogs.tables.size());
    for (std::size_t i = 0; i < catalogs.tables.size(); ++i) {
      readings_.source[i].error = catalogs.tables[i].source_unpinned;
      readings_.target[i].error = catalogs.tables[i].target_unpinned;
    }
  }

  void read(const ReadPlan& plan, const std::string& sql) { read(plan.side, plan.digest, plan.tables, sql); }

  Readings take() { return std::move(readings_); }

 private:
  const Side& side(SideName name) const { return name == SideName::source ? source_ : target_; }
  // Every table of a side stands in one plan only, so threads never share an element.
  Reading& reading(SideName name, std::size_t table) {
    return name == SideName::source ? readings_.source[table] : readings_.target[table];
  }

  Result<Rows> run(SideName name, const std::string& sql) {
    Statement statement;
    statement.sql = sql;
    statement.is_query = true;
    Result<Rows> rows = side(name).warehouse->run(statement, call_);
    if (!rows && interruption(rows.error())) {
      const std::lock_guard lock(mutex_);
      if (!readings_.interrupted) readings_.interrupted = rows.error();
    }
    return rows;
  }

  // When a statement over several tables fails, its halves are tried: log2(50) levels at most.
  void read(SideName name, bool digest, const std::vector<std::size_t>& tables, const std::string& sql) {
    Result<Rows> rows = run(name, sql);
    if (rows) {
      take(name, digest, tables, *rows);
      return;
    }
    if (tables.size() == 1 || !blames_a_table(rows.error()) || call_.stopped() || call_.expired()) {
      for (const std::size_t table : tables) reading(name, table).error = rows.error();
      return;
    }
    const auto middle = tables.begin() + static_cast<std::ptrdiff_t>(tables.size() / 2);
    for (const std::vector<std::size_t>& half :
         {std::vector<std::size_t>(tables.begin(), middle), std::vector<std::size_t>(middle, tables.end())})
      read(name, digest, half,
           digest ? digest_sql(catalogs_, side(name), name, half) : count_sql(catalogs_, side(name), name, half));
  }

  void take(SideName name, bool digest, const std::vector<std::size_t>& tables, const Rows& rows) {
    const bool numbered = !digest || tables.size() > 1;
    for (const std::vector<Json>& row : rows.rows) {
      const std::size_t first = numbered ? 1 : 0;  // of what belongs to the table
      if (row.size() < first + 1 || !row[first].is_number_integer()) continue;
      if (numbered && !row[0].is_number_integer()) continue;
      const std::int64_t index = numbered ? row[0].get<std::int64_t>() : 0;
      if (index < 0 || static_cast<std::size_t>(index) >= tables.size()) continue;
      Reading& into = reading(name, tables[static_cast<std::size_t>(index)]);
      if (into.count) {  // two rows for one table: neither is to be trusted
        into.error = unreadable(digest ? "digest" : "row count");
        continue;
      }
      into.count = row[first].get<std::int64_t>();
      into.checksum.clear();
      for (std::size_t i = first + 1; i < row.size(); ++i) {
        if (i > first + 1) into.checksum += ':';
        into.checksum += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
      }
    }
    for (const std::size_t table : tables)
      if (!reading(name, table).count) reading(name, table).error = unreadable(digest ? "digest" : "row count");
  }

  const PairedCatalogs& catalogs_;
  const Side& source_;
  const Side& target_;
  const Call& call_;
  Readings readings_;
  std::mutex mutex_;  // guards readings_.interrupted
};

}  // namespace

std::string_view side_text(SideName side) {
  return side == SideName::source ? "source" : "target";
}

void pin_versions(PairedCatalogs& catalogs, const Side& source, const Side& target, bool pin, std::size_t workers,
                  const Call& call) {
  std::vector<std::pair<TablePair*, SideName>> asked;
  for (TablePair& pair : catalogs.tables) {
    pair.source_version = source.contents.version;
    pair.target_version = target.contents.version;
    for (const SideName name : {SideName::source, SideName::target}) {
      const Side& side = name == SideName::source ? source : target;
      const bool there = name == SideName::source ? pair.source.has_value() : pair.target.has_value();
      if (pin && there && side.dialect->capabilities().table_versions) asked.emplace_back(&pair, name);
    }
  }
  const std::size_t ran = parallel_for(asked.size(), workers, call, [&](std::size_t i) {
    auto& [pair, name] = asked[i];
    const Side& side = name == SideName::source ? source : target;
    Result<std::optional<std::string>> version = side.warehouse->table_version(table_on(*pair, name).name, call);
    if (version)
      (name == SideName::source ? pair->source_version : pair->target_version) = *std::move(version);
    else
      (name == SideName::source ? pair->source_unpinned : pair->target_unpinned) =
          std::move(version).error().with_context("while asking for the table's version");
  });
  for (std::size_t i = ran; i < asked.size(); ++i) {
    auto& [pair, name] = asked[i];
    (name == SideName::source ? pair->source_unpinned : pair->target_unpinned) =
        Error("cancelled"_code, "its version was not asked for: the step was interrupted", "run the step again");
  }
}

std::vector<ReadPlan> plan_reads(const PairedCatalogs& catalogs, const Side& source, const Side& target, bool digests,
                                 std::size_t workers) {
  const std::string name_here = digest_name(*source.dialect, catalogs.algorithm);
  const bool comparable =
      digests && !name_here.empty() && name_here == digest_name(*target.dialect, catalogs.algorithm);
  std::vector<ReadPlan> plans;
  std::vector<std::size_t> counted[2];
  std::vector<std::size_t> digested;
  for (std::size_t i = 0; i < catalogs.tables.size(); ++i) {
    const TablePair& pair = catalogs.tables[i];
    if (comparable && pair.paired() && !pair.source_columns.empty()) {
      // One side that is not read settles the table: the other's digest would be for nothing.
      if (!pair.source_unpinned && !pair.target_unpinned) digested.push_back(i);
      continue;
    }
    if (pair.source && !pair.source_unpinned) counted[0].push_back(i);
    if (pair.target && !pair.target_unpinned) counted[1].push_back(i);
  }
  const bool remote = source.dialect->capabilities().remote && target.dialect->capabilities().remote;
  const std::size_t wanted = 2 * digested.size() / (kStatementsPerWorker * std::max<std::size_t>(1, workers));
  const std::size_t together = remote ? std::clamp<std::size_t>(wanted, 1, kDigestsPerStatement) : 1;
  for (std::size_t begin = 0; begin < digested.size();) {
    std::vector<std::size_t> batch;
    std::size_t columns = 0;
    while (begin < digested.size() && batch.size() < together) {
      columns += catalogs.tables[digested[begin]].source_columns.size();
      if (!batch.empty() && columns > kDigestColumnsPerStatement) break;
      batch.push_back(digested[begin++]);
    }
    plans.push_back({SideName::source, true, batch});
    plans.push_back({SideName::target, true, std::move(batch)});
  }
  for (const SideName name : {SideName::source, SideName::target}) {
    const std::vector<std::size_t>& tables = counted[name == SideName::source ? 0 : 1];
    for (std::size_t begin = 0; begin < tables.size(); begin += kCountsPerStatement) {
      const std::size_t end = std::min(tables.size(), begin + kCountsPerStatement);
      plans.push_back({name, false,
                       std::vector<std::size_t>(tables.begin() + static_cast<std::ptrdiff_t>(begin),
                                                tables.begin() + static_cast<std::ptrdiff_t>(end))});
    }
  }
  return plans;
}

std::string read_sql(const ReadPlan& plan, const PairedCatalogs& catalogs, const Side& source, const Side& target) {
  const Side& side = plan.side == SideName::source ? source : target;
  return plan.digest ? digest_sql(catalogs, side, plan.side, plan.tables)
                     : count_sql(catalogs, side, plan.side, plan.tables);
}

Readings read_all(const std::vector<ReadPlan>& plans, const std::vector<Action>& actions,
                  const PairedCatalogs& catalogs, const Side& source, const Side& target, std::size_t workers,
                  const Call& call, const std::function<void(std::string_view, double)>& progress) {
  Reader reader(catalogs, source, target, call);
  std::mutex progress_mutex;
  std::size_t done = 0;
  const std::size_t ran = parallel_for(plans.size(), workers, call, [&](std::size_t i) {
    reader.read(plans[i], actions[i].text);
    if (!progress) return;
    const std::lock_guard lock(progress_mutex);
    ++done;
    const TablePair& pair = catalogs.tables[plans[i].tables.front()];
    progress(fmt::format("{} {}", side_text(plans[i].side), pair.name()),
             static_cast<double>(done) / static_cast<double>(plans.size()));
  });
  Readings readings = reader.take();
  if (!readings.interrupted && ran < plans.size())
    readings.interrupted = call.stopped()
                               ? Error("cancelled"_code, "the comparison was cancelled", "run the step again")
                               : Error("timeout"_code, "the comparison did not end within the step's timeout",
                                       "give the step a longer `timeout`, or compare fewer tables at a time");
  return readings;
}

}  // namespace lockstep
