#include "engines/reconciliation/reading.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "engines/parallel.h"

namespace lockstep {

namespace {

// A statement of 25 counts is short enough to read in a log, and 1,000 tables are 40 statements a side.
constexpr std::size_t kCountsPerStatement = 25;

const Table& table_on(const TablePair& pair, SideName side) {
  return side == SideName::source ? *pair.source : *pair.target;
}

std::string count_sql(const PairedCatalogs& catalogs, const Side& side, SideName name,
                      const std::vector<std::size_t>& tables) {
  std::string sql;
  for (std::size_t i = 0; i < tables.size(); ++i)
    sql += fmt::format("{}SELECT {} AS i, count(*) AS row_count FROM {}", i == 0 ? "" : " UNION ALL ", i,
                       side.dialect->from(table_on(catalogs.tables[tables[i]], name).name, side.contents.version));
  return sql;
}

bool interruption(const Error& error) {
  return error.code == "cancelled" || error.code == "timeout";
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
  }

  void read(const ReadPlan& plan) {
    if (plan.digest)
      read_digest(plan);
    else
      read_counts(plan.side, plan.tables, plan.sql);
  }

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
    Result<Rows> rows = side(name).warehouse->run(statement, call_);
    if (!rows && interruption(rows.error())) {
      const std::lock_guard lock(mutex_);
      if (!readings_.interrupted) readings_.interrupted = rows.error();
    }
    return rows;
  }

  void read_digest(const ReadPlan& plan) {
    Reading& into = reading(plan.side, plan.tables.front());
    Result<Rows> rows = run(plan.side, plan.sql);
    if (!rows) {
      into.error = std::move(rows).error();
      return;
    }
    if (rows->rows.size() != 1 || rows->rows[0].size() < 2 || !rows->rows[0][0].is_number_integer()) {
      into.error = unreadable("digest");
      return;
    }
    const std::vector<Json>& row = rows->rows[0];
    into.count = row[0].get<std::int64_t>();
    for (std::size_t i = 1; i < row.size(); ++i) {
      if (i > 1) into.checksum += ':';
      into.checksum += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
    }
  }

  void read_counts(SideName name, const std::vector<std::size_t>& tables, const std::string& sql) {
    Result<Rows> rows = run(name, sql);
    if (rows) {
      take_counts(name, tables, *rows);
      return;
    }
    if (tables.size() == 1 || interruption(rows.error()) || call_.stopped() || call_.expired()) {
      for (const std::size_t table : tables) reading(name, table).error = rows.error();
      return;
    }
    // log2(25) levels at most.
    const auto middle = tables.begin() + static_cast<std::ptrdiff_t>(tables.size() / 2);
    for (const std::vector<std::size_t>& half :
         {std::vector<std::size_t>(tables.begin(), middle), std::vector<std::size_t>(middle, tables.end())})
      read_counts(name, half, count_sql(catalogs_, side(name), name, half));
  }

  void take_counts(SideName name, const std::vector<std::size_t>& tables, const Rows& rows) {
    for (const std::vector<Json>& row : rows.rows) {
      if (row.size() != 2 || !row[0].is_number_integer() || !row[1].is_number_integer()) continue;
      const auto index = row[0].get<std::int64_t>();
      if (index < 0 || static_cast<std::size_t>(index) >= tables.size()) continue;
      reading(name, tables[static_cast<std::size_t>(index)]).count = row[1].get<std::int64_t>();
    }
    for (const std::size_t table : tables)
      if (!reading(name, table).count) reading(name, table).error = unreadable("row count");
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

std::vector<ReadPlan> plan_reads(const PairedCatalogs& catalogs, const Side& source, const Side& target, bool digests) {
  const bool comparable = digests && source.dialect->digest_name() == target.dialect->digest_name();
  std::vector<ReadPlan> plans;
  std::vector<std::size_t> counted[2];
  for (std::size_t i = 0; i < catalogs.tables.size(); ++i) {
    const TablePair& pair = catalogs.tables[i];
    if (comparable && pair.paired() && !pair.source_columns.empty()) {
      plans.push_back({SideName::source,
                       true,
                       {i},
                       source.dialect->digest_query(pair.source->name, source.contents.version, pair.source_columns)});
      plans.push_back({SideName::target,
                       true,
                       {i},
                       target.dialect->digest_query(pair.target->name, target.contents.version, pair.target_columns)});
      continue;
    }
    if (pair.source) counted[0].push_back(i);
    if (pair.target) counted[1].push_back(i);
  }
  for (const SideName name : {SideName::source, SideName::target}) {
    const std::vector<std::size_t>& tables = counted[name == SideName::source ? 0 : 1];
    const Side& side = name == SideName::source ? source : target;
    for (std::size_t begin = 0; begin < tables.size(); begin += kCountsPerStatement) {
      const std::size_t end = std::min(tables.size(), begin + kCountsPerStatement);
      std::vector<std::size_t> batch(tables.begin() + static_cast<std::ptrdiff_t>(begin),
                                     tables.begin() + static_cast<std::ptrdiff_t>(end));
      std::string sql = count_sql(catalogs, side, name, batch);
      plans.push_back({name, false, std::move(batch), std::move(sql)});
    }
  }
  return plans;
}

Readings read_all(const std::vector<ReadPlan>& plans, const PairedCatalogs& catalogs, const Side& source,
                  const Side& target, std::size_t workers, const Call& call,
                  const std::function<void(std::string_view, double)>& progress) {
  Reader reader(catalogs, source, target, call);
  std::mutex progress_mutex;
  std::size_t done = 0;
  const std::size_t ran = parallel_for(plans.size(), workers, call, [&](std::size_t i) {
    reader.read(plans[i]);
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
