#include "engines/workspace/statement_result.h"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <system_error>

#include "engines/workspace/host.h"
#include "specs/counted.h"

namespace lockstep {

namespace {

Error incomplete(std::string what) {
  return {"result-incomplete"_code, std::move(what),
          "the statement ran; run the step again to read its result, if running it twice does no harm"};
}

// So many chunks are under way or waiting to be read: each has a connection, and its rows are in memory.
constexpr std::int64_t kAhead = 4;

// A chunk, and its rows where they lay behind its one link.
struct Part {
  Json result;
  std::optional<Json> linked;
};

// Chunks in the order in which they are asked for, fetched ahead of that. Used by one thread; `fetch` is called from
// others, one of them for each chunk under way.
class ChunksAhead {
 public:
  using Fetch = std::function<Result<Part>(std::int64_t index, const Call& call)>;
  ChunksAhead(Fetch fetch, InFlight* budget, const Call& call)
      : fetch_(std::move(fetch)), budget_(budget), call_(call), stop_with_(call_.stop, StopToo{&stop_}) {}
  // What nobody will read is not waited for.
  ~ChunksAhead() { stop_.request_stop(); }
  ChunksAhead(const ChunksAhead&) = delete;
  ChunksAhead& operator=(const ChunksAhead&) = delete;

  // `end`: no chunk from there on will be asked for.
  Result<Part> take(std::int64_t index, std::int64_t end) {
    for (std::int64_t next = index + 1; next < std::min(end, index + kAhead) && begin(next); ++next) {
    }
    const auto begun = under_way_.find(index);
    if (begun == under_way_.end()) return fetch_(index, call_);
    Result<Part> part = begun->second.get();
    under_way_.erase(begun);
    return part;
  }

 private:
  struct StopToo {
    std::stop_source* stop;
    void operator()() const noexcept { stop->request_stop(); }
  };

  // False: the connection has no place for it, or the machine no thread.
  bool begin(std::int64_t index) {
    if (under_way_.contains(index)) return true;
    std::shared_ptr<InFlight::Place> place;
    if (budget_ != nullptr) {
      std::optional<InFlight::Place> free = budget_->try_enter();
      if (!free) return false;
      place = std::make_shared<InFlight::Place>(std::move(*free));
    }
    Call call = call_;
    call.stop = stop_.get_token();
    try {
      under_way_.emplace(index,
                         std::async(std::launch::async, [this, index, call, place] { return fetch_(index, call); }));
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  const Fetch fetch_;
  InFlight* const budget_;
  const Call call_;
  std::stop_source stop_;
  std::stop_callback<StopToo> stop_with_;
  std::map<std::int64_t, std::future<Result<Part>>> under_way_;  // last: waited for before the rest goes
};

class ResultReader {
 public:
  ResultReader(Workspace& workspace, const EndedStatement& statement, InFlight* budget, const Call& call)
      : workspace_(workspace),
        statement_(statement),
        call_(call),
        ahead_([this](std::int64_t index, const Call& own) { return fetch_part(index, own); }, budget, call) {}

  Result<Rows> read(Json answer) {
    std::optional<ResultManifest> manifest = manifest_of(answer);
    if (!manifest && statement_.returns_rows)
      return statement_.closed ? gone()
                               : incomplete("the server says that the statement succeeded, and sends no manifest");
    if (manifest) manifest_ = *std::move(manifest);
    rows_.columns = manifest_.columns;
    rows_.truncated = manifest_.truncated;
    Json first =
        answer.contains("result") && answer["result"].is_object() ? std::move(answer["result"]) : Json::object();
    if (Result<void> taken = take_all(std::move(first)); !taken) return std::move(taken).error();
    if (!statement_.returns_rows && !rows_.rows.empty() && rows_.columns.front().name == "num_affected_rows" &&
        rows_.rows.front().front().is_number_integer())
      rows_.changed = rows_.rows.front().front().get<std::int64_t>();
    return std::move(rows_);
  }

 private:
  [[nodiscard]] Error gone() const {
    return {
        "result-gone"_code,
        fmt::format("the statement {} ran to its end, and its result is gone: the server has closed it", statement_.id),
        "the statement was not repeated; run the step again if running it twice does no harm"};
  }

  // True: there is enough, or nothing more.
  [[nodiscard]] bool full() const { return rows_.rows.size() >= statement_.max_rows; }

  [[nodiscard]] std::optional<std::int64_t> next_after(const Chunk& chunk) const {
    if (chunk.next) return chunk.next;
    if (manifest_.rows == 0) return std::nullopt;
    // A chunk that nobody points to is still there to be asked for.
    if (manifest_.chunks && chunks_ < *manifest_.chunks) return chunks_;
    if (chunks_ == 0 && manifest_.rows.value_or(0) > 0) return 0;
    return std::nullopt;
  }

  // Where fetching ahead ends: only what is certain to be read is worth a connection.
  [[nodiscard]] std::int64_t known_end() const {
    const bool all = !several_links_ && manifest_.rows && *manifest_.rows >= 0 &&
                     static_cast<std::uint64_t>(*manifest_.rows) <= statement_.max_rows;
    return all ? manifest_.chunks.value_or(0) : 0;
  }

  Result<void> take_all(Json first) {
    std::set<std::int64_t> asked;
    Part part{std::move(first), std::nullopt};
    for (;;) {
      const Chunk chunk = chunk_of(part.result);
      if (Result<void> taken = take(chunk, part); !taken) return taken;
      const std::optional<std::int64_t> next = next_after(chunk);
      if (full() && (next || got_ > static_cast<std::int64_t>(rows_.rows.size()))) {
        rows_.truncated = true;
        return {};
      }
      if (!next) break;
      if (statement_.closed) {
        // DDL and DML: its counts are gone, its effect is not. What the columns are called tells it from a query.
        const bool counts = manifest_.columns.empty() || manifest_.columns.front().name == "num_affected_rows";
        if (counts && !statement_.returns_rows && got_ == 0) return {};
        return gone();
      }
      if (!asked.insert(*next).second)
        return incomplete(fmt::format("part {} of the result of {} was sent without its rows", *next, statement_.id));
      Result<Part> fetched = ahead_.take(*next, known_end());
      if (!fetched) return std::move(fetched).error();
      part = *std::move(fetched);
    }
    if (manifest_.rows && got_ != *manifest_.rows)
      return incomplete(fmt::format("the result of {} has {}, and {} of them arrived", statement_.id,
                                    counted(*manifest_.rows, "row"), got_));
    return {};
  }

  Result<void> take(const Chunk& chunk, Part& part) {
    if (chunk.has_rows) {
      ++chunks_;
      return take_data(part.result["data_array"]);
    }
    if (part.linked) {
      ++chunks_;
      return take_data(*part.linked);
    }
    // Where an answer holds the links of several chunks, the next ones come with it.
    several_links_ = several_links_ || chunk.links.size() > 1;
    for (const ExternalLink& link : chunk.links) {
      if (full()) {
        rows_.truncated = true;
        return {};
      }
      Result<Json> data = follow(link, call_);
      if (!data) return std::move(data).error();
      ++chunks_;
      if (Result<void> taken = take_data(*data); !taken) return taken;
    }
    return {};
  }

  Result<void> take_data(Json& data) {
    Result<std::int64_t> count = take_rows(data, manifest_, statement_.max_rows, rows_.rows);
    if (!count) return unread(std::move(count).error(), "its result");
    got_ += *count;
    return {};
  }

  // Called from several threads at once.
  Result<Part> fetch_part(std::int64_t index, const Call& call) const {
    Result<Json> fetched = fetch_chunk(index, call);
    if (!fetched) return std::move(fetched).error();
    Part part{*std::move(fetched), std::nullopt};
    const Chunk chunk = chunk_of(part.result);
    if (chunk.has_rows || chunk.links.size() != 1) return part;
    Result<Json> data = follow(chunk.links.front(), call);
    if (!data) return std::move(data).error();
    part.linked = *std::move(data);
    return part;
  }

  Result<Json> fetch_chunk(std::int64_t index, const Call& call) const {
    const std::string path =
        fmt::format("/api/2.0/sql/statements/{}/result/chunks/{}", percent_encoded(statement_.id), index);
    ApiAnswer answer = workspace_.send({"GET", path, std::nullopt, true}, RequestClass::idempotent, call);
    if (answer.json) return std::move(*answer.json);
    if (answer.status == 404 || answer.status == 410)
      return Error("result-gone"_code,
                   fmt::format("the statement {} ran to its end, and part {} of its result is gone: {}", statement_.id,
                               index, answer.error->message),
                   "a result is kept for an hour; run the step again if running the statement twice does no harm");
    return unread(*std::move(answer.error), fmt::format("part {} of its result", index));
  }

  // The statement ran, whatever became of its result: the error must not look like one that is worth another attempt.
  [[nodiscard]] Error unread(Error why, const std::string& what) const {
    if (why.code == "cancelled" || why.code == "timeout")
      return std::move(why).with_context(
          fmt::format("the statement {} had succeeded; this was {}", statement_.id, what));
    Error error = incomplete(
        fmt::format("the statement {} had succeeded, and {} cannot be read: {}", statement_.id, what, why.message));
    error.context = std::move(why.context);
    return error;
  }

  // A link is good for some minutes. One that has expired is asked for anew, once.
  Result<Json> follow(const ExternalLink& link, const Call& call) const {
    ApiAnswer answer = workspace_.fetch(link.url, link.headers, call);
    if (answer.json) return std::move(*answer.json);
    if (link.chunk && !statement_.closed && (answer.status == 400 || answer.status == 403 || answer.status == 404)) {
      Result<Json> again = fetch_chunk(*link.chunk, call);
      if (!again) return again;
      for (const ExternalLink& fresh : chunk_of(*again).links)
        if (!fresh.chunk || fresh.chunk == link.chunk) {
          answer = workspace_.fetch(fresh.url, fresh.headers, call);
          if (answer.json) return std::move(*answer.json);
          break;
        }
    }
    return unread(*std::move(answer.error), "its result");
  }

  Workspace& workspace_;
  const EndedStatement& statement_;
  const Call& call_;
  ResultManifest manifest_;
  Rows rows_;
  std::int64_t got_ = 0;     // rows that arrived, also those beyond max_rows
  std::int64_t chunks_ = 0;  // that arrived
  bool several_links_ = false;
  ChunksAhead ahead_;  // last: its threads read the rest
};

}  // namespace

Result<Rows> read_result(Workspace& workspace, Json answer, const EndedStatement& statement, InFlight* budget,
                         const Call& call) {
  return ResultReader(workspace, statement, budget, call).read(std::move(answer));
}

}  // namespace lockstep
