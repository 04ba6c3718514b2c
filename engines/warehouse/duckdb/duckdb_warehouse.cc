#include "engines/warehouse/duckdb/duckdb_warehouse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <unordered_set>

#include "engines/parallel.h"
#include "engines/warehouse/duckdb/metadata.h"
#include "engines/warehouse/duckdb/type_text.h"
#include "engines/warehouse/names.h"
#include "specs/json_dump.h"
#include "specs/nearest.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kMetadataRows = 50'000'000;

Statement metadata_statement(std::string sql) {
  return {std::move(sql), {}, kMetadataRows};
}

Error gave_up(const Call& call) {
  if (call.stopped())
    return {"cancelled"_code, "stopped while waiting for the connection", "run again when you are ready"};
  return {"timeout"_code, "timeout while waiting for the connection",
          "give the step a longer `timeout`, or the connection a larger `max_in_flight`"};
}

}  // namespace

class DuckDbWarehouse::Lease {
 public:
  Lease(DuckDbWarehouse& owner, std::unique_ptr<DuckDbSession> session) : owner_(owner), session_(std::move(session)) {}
  ~Lease() {
    std::lock_guard lock(owner_.mutex_);
    if (session_ != nullptr && !session_->altered()) owner_.idle_.push_back(std::move(session_));
    ++owner_.free_places_;
    owner_.freed_.notify_one();
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  [[nodiscard]] DuckDbSession& session() { return *session_; }
  // The session is in a state nobody knows (a ROLLBACK failed): it is closed instead of going back to the pool.
  void discard() { session_.reset(); }

 private:
  DuckDbWarehouse& owner_;
  std::unique_ptr<DuckDbSession> session_;
};

DuckDbWarehouse::DuckDbWarehouse(std::string name, DuckDbInstance& instance,
                                 std::map<std::string, CatalogSource> sources, std::size_t max_in_flight)
    : name_(std::move(name)),
      instance_(instance),
      sources_(std::move(sources)),
      free_places_(std::max<std::size_t>(1, max_in_flight)) {}

Result<std::unique_ptr<DuckDbWarehouse::Lease>> DuckDbWarehouse::lease(const Call& call) {
  std::unique_ptr<DuckDbSession> session;
  {
    std::unique_lock lock(mutex_);
    auto free = [this] { return free_places_ > 0; };
    bool got =
        call.deadline ? freed_.wait_until(lock, call.stop, *call.deadline, free) : freed_.wait(lock, call.stop, free);
    if (!got) return gave_up(call);
    --free_places_;
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (session == nullptr) {
    Result<std::unique_ptr<DuckDbSession>> made = instance_.connect();
    if (!made) {
      Lease give_back(*this, nullptr);
      return std::move(made).error();
    }
    session = *std::move(made);
  }
  return std::make_unique<Lease>(*this, std::move(session));
}

Result<Rows> DuckDbWarehouse::send(DuckDbSession& session, const Statement& statement, const Call& call) {
  sent_.fetch_add(1);
  return session.run(statement, call);
}

Result<const CatalogSource*> DuckDbWarehouse::source(std::string_view catalog) const {
  auto found = sources_.find(fold_name(catalog));
  if (found != sources_.end()) return &found->second;
  std::vector<std::string> known;
  known.reserve(sources_.size());
  for (const auto& [key, source] : sources_) known.push_back(source.name);
  const std::string meant = did_you_mean(catalog, known);
  return Error("catalog-unknown"_code, fmt::format("connection \"{}\" has no catalog \"{}\"", name_, catalog),
               fmt::format("{}{}its catalogs are: {}", meant, meant.empty() ? "" : " ",
                           known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

Result<const Dialect*> DuckDbWarehouse::open(std::string_view catalog, const Call& call) {
  Result<const CatalogSource*> found = source(catalog);
  if (!found) return std::move(found).error();
  Result<const DuckDbDialect*> dialect = instance_.attach(**found, call);
  if (!dialect) return std::move(dialect).error();
  return static_cast<const Dialect*>(*dialect);
}

Result<std::optional<std::string>> DuckDbWarehouse::version(std::string_view catalog, const Call& call) {
  Result<const Dialect*> dialect = open(catalog, call);
  if (!dialect) return std::move(dialect).error();
  if (!(*dialect)->capabilities().versions) return std::optional<std::string>();
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  std::string name = (*source(catalog))->name;
  Result<Rows> rows =
      send((*leased)->session(),
           {"SELECT id::VARCHAR FROM " + quote_duckdb_identifier(name) + ".current_snapshot()", {}, 1}, call);
  if (!rows) return std::move(rows).error();
  if (rows->rows.size() != 1) return std::optional<std::string>();
  return std::optional<std::string>(rows->rows[0][0].get<std::string>());
}

Result<void> DuckDbWarehouse::open_mentioned(std::string_view sql, const Call& call) {
  const std::unordered_set<std::string> names = mentioned_names(sql);
  for (const auto& [key, source] : sources_) {
    if (!names.contains(key)) continue;
    if (Result<const DuckDbDialect*> dialect = instance_.attach(source, call); !dialect)
      return std::move(dialect).error();
  }
  return {};
}

// A file is attached once a process, writable when any connection writes to it. What this connection may only read is
// then kept by looking at the statement; where the file itself is attached read-only, the engine keeps it.
Result<void> DuckDbWarehouse::check_read_only(std::string_view sql) const {
  const std::vector<StatementWord> words = statement_words(sql);
  if (only_reads(words)) return {};
  const std::optional<std::vector<std::string>> targets = written_catalogs(words);
  for (const auto& [key, source] : sources_) {
    if (source.writable || !source.attach_writable || !mentions(words, source.name)) continue;
    const bool spared = targets && std::none_of(targets->begin(), targets->end(), [&](const std::string& target) {
                          return same_name(target, source.name);
                        });
    if (!spared) return read_only(source);
  }
  return {};
}

// The engine's words: Cannot execute statement of type "INSERT" on database "x" which is attached in read-only mode!
Error DuckDbWarehouse::explained(Error error) const {
  constexpr std::string_view kCatalog = "Catalog \"";
  constexpr std::string_view kNotThere = "\" does not exist!";
  if (const std::size_t name = error.message.find(kCatalog), after = error.message.find(kNotThere);
      error.code == "sql-unknown-name" && name != std::string::npos && after != std::string::npos) {
    const std::string wanted = error.message.substr(name + kCatalog.size(), after - name - kCatalog.size());
    const Result<const CatalogSource*> found = source(wanted);
    return found ? error : found.error();
  }
  constexpr std::string_view kReadOnly = "\" which is attached in read-only mode";
  constexpr std::string_view kBefore = "on database \"";
  const std::size_t end = error.message.find(kReadOnly);
  const std::size_t start = end == std::string::npos ? end : error.message.rfind(kBefore, end);
  if (start == std::string::npos) return error;
  const std::string name = error.message.substr(start + kBefore.size(), end - start - kBefore.size());
  const Result<const CatalogSource*> written = source(name);
  return written ? read_only(**written) : error;
}

// What is sure to be refused when it runs is refused in a dry run, too.
Result<void> DuckDbWarehouse::check_marked_read_only(std::string_view sql) const {
  const std::vector<StatementWord> words = statement_words(sql);
  if (only_reads(words)) return {};
  const std::optional<std::vector<std::string>> targets = written_catalogs(words);
  if (!targets) return {};
  for (const std::string& target : *targets) {
    const auto found = sources_.find(fold_name(target));
    if (found != sources_.end() && found->second.read_only) return read_only(found->second);
  }
  return {};
}

Error DuckDbWarehouse::read_only(const CatalogSource& source) const {
  if (source.read_only)
    return {"catalog-read-only"_code,
            fmt::format("catalog \"{}\" of connection \"{}\" is marked read_only", source.name, name_),
            fmt::format("remove read_only from the catalog{}, or write to another one",
                        source.place.empty() ? "" : fmt::format(" ({})", source.place))};
  return {"catalog-read-only"_code,
          fmt::format("catalog \"{}\" of connection \"{}\" is not opened for writing", source.name, name_),
          "name the catalog in the statement of a step on this connection, so that the run knows that it is written"};
}

Result<Rows> DuckDbWarehouse::run(const Statement& statement, const Call& call) {
  if (Result<void> allowed = check_read_only(statement.sql); !allowed) return std::move(allowed).error();
  if (Result<void> opened = open_mentioned(statement.sql, call); !opened) return std::move(opened).error();
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  Result<Rows> rows = send((*leased)->session(), statement, call);
  if (!rows) return explained(std::move(rows).error());
  return rows;
}

Result<bool> DuckDbWarehouse::would_change(const Statement& statement, const Call& call) {
  if (Result<void> allowed = check_marked_read_only(statement.sql); !allowed) return std::move(allowed).error();
  if (Result<void> opened = open_mentioned(statement.sql, call); !opened) return std::move(opened).error();
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  Result<bool> changes = (*leased)->session().would_change(statement, call);
  if (!changes) return explained(std::move(changes).error());
  return changes;
}

Result<std::vector<CatalogContents>> DuckDbWarehouse::describe(const std::vector<std::string>& catalogs,
                                                               const Call& call) {
  std::vector<Result<const Dialect*>> opened(catalogs.size(), Result<const Dialect*>(nullptr));
  parallel_for(catalogs.size(), catalogs.size(), {}, [&](std::size_t i) { opened[i] = open(catalogs[i], call); });
  std::vector<CatalogSource> wanted;
  for (std::size_t i = 0; i < catalogs.size(); ++i) {
    if (!opened[i]) return std::move(opened[i]).error();
    wanted.push_back(**source(catalogs[i]));
  }
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  DuckDbSession& session = (*leased)->session();
  // One transaction, so that columns and versions belong together.
  if (Result<void> begun = session.control("BEGIN", call); !begun) return std::move(begun).error();
  Result<Rows> columns = send(session, metadata_statement(columns_statement(wanted)), call);
  Result<Rows> objects =
      columns ? send(session, metadata_statement(objects_statement(wanted)), call) : Result<Rows>(Rows());
  if (Result<void> ended = session.control("ROLLBACK", {}); !ended) (*leased)->discard();
  if (!columns) return std::move(columns).error();
  if (!objects) return std::move(objects).error();
  return read_contents(wanted, *columns, *objects);
}

Result<std::vector<Dependents>> DuckDbWarehouse::dependents(std::string_view catalog,
                                                            const std::vector<TableName>& tables, const Call& call) {
  if (Result<const Dialect*> opened = open(catalog, call); !opened) return std::move(opened).error();
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  Result<Rows> rows = send((*leased)->session(), metadata_statement(dependents_statement(**source(catalog))), call);
  if (!rows) return std::move(rows).error();
  return read_dependents(tables, *rows);
}

Result<void> DuckDbWarehouse::transact(std::string_view catalog, const std::vector<std::string>& statements,
                                       const CommitStamp& stamp, const Call& call) {
  Result<const Dialect*> dialect = open(catalog, call);
  if (!dialect) return std::move(dialect).error();
  const CatalogSource& written = **source(catalog);
  if (!written.writable) return read_only(written);
  Result<std::unique_ptr<Lease>> leased = lease(call);
  if (!leased) return std::move(leased).error();
  DuckDbSession& session = (*leased)->session();
  std::vector<std::string> all;
  if ((*dialect)->capabilities().commit_message)
    all.push_back(fmt::format("CALL {}.set_commit_message({}, {}, extra_info => {})",
                              quote_duckdb_identifier(written.name), quote_duckdb_literal(stamp.author),
                              quote_duckdb_literal(stamp.message), quote_duckdb_literal(dump_json(stamp.extra))));
  all.insert(all.end(), statements.begin(), statements.end());
  if (Result<void> begun = session.control("BEGIN", call); !begun) return begun;
  for (const std::string& sql : all) {
    Result<Rows> done = send(session, {sql, {}, 1}, call);
    if (done) continue;
    // Whatever happened: a failed statement may or may not have aborted the transaction (duckdb: "Transactions lie").
    if (Result<void> undone = session.control("ROLLBACK", {}); !undone) (*leased)->discard();
    return std::move(done).error().with_context("in the statement " + sql);
  }
  if (Result<void> committed = session.control("COMMIT", call); !committed) {
    // A COMMIT that failed has ended the transaction or not: the session is not worth the doubt.
    if (Result<void> undone = session.control("ROLLBACK", {}); !undone) (*leased)->discard();
    return std::move(committed).error().with_context("in the statement COMMIT");
  }
  return {};
}

}  // namespace lockstep
