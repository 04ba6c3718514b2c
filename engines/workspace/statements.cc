#include "engines/workspace/statements.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>

#include "engines/workspace/host.h"
#include "engines/workspace/query_history.h"
#include "engines/workspace/sql_error.h"
#include "engines/workspace/statement_answer.h"
#include "engines/workspace/statement_result.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = StatementState::End;

constexpr std::uint64_t kMostRowLimit = 10'000'000;  // beyond it nobody wants to be limited
// A server's clock may be behind, and a row of the history begins when the statement does.
constexpr std::chrono::minutes kClockDoubt{15};

void really_wait(milliseconds time, const Call& call) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  SteadyTime until = std::chrono::steady_clock::now() + time;
  if (call.deadline) until = std::min(until, *call.deadline);
  never.wait_until(lock, call.stop, until, [] { return false; });
}

// 96 bits of the process, since a random device takes microseconds, and the number of the submit.
std::string new_submit_id() {
  static const std::string process = [] {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}", random(), random(), random());
  }();
  static std::atomic<std::uint32_t> number{0};
  return fmt::format("{}{:08x}", process, number.fetch_add(1));
}

bool is_over(const StatementState& state) {
  return state.end != End::running;
}

// One submit and what becomes of it. Used by one thread.
class Execution {
 public:
  Execution(const std::string& connection, Workspace& workspace, const StatementPace& pace, const Statement& statement,
            const Call& call)
      : connection_(connection), workspace_(workspace), pace_(pace), statement_(statement), call_(call) {
    if (statement.is_query) {
      returns_rows_ = true;
      changes_ = false;
      return;
    }
    const std::vector<StatementWord> words = statement_words(statement.sql, SqlFlavour::spark);
    returns_rows_ = lockstep::returns_rows(words);
    changes_ = !only_reads(words);
  }

  Result<Rows> run(InFlight* budget) {
    Result<Json> ended = execute("INLINE");
    if (!ended) return std::move(ended).error();
    StatementState state = state_of(*ended);
    // It has failed for the size of its answer alone: a query may be asked again, for links this time.
    if (returns_rows_ && is_over_inline_limit(state)) {
      ended = execute("EXTERNAL_LINKS");
      if (!ended) return std::move(ended).error();
      state = state_of(*ended);
    }
    if (state.end == End::failed) return sql_error(state, id_);
    if (state.end == End::canceled)
      return Error("statement-canceled"_code,
                   fmt::format("the statement {} was cancelled on the server{}{}", id_,
                               state.message.empty() ? "" : ": ", state.message),
                   "find out who or what cancelled it (its page in the query history tells), then run the step again");
    const EndedStatement done{id_, state.end == End::closed, returns_rows_, statement_.max_rows};
    return read_result(workspace_, *std::move(ended), done, budget, call_);
  }

 private:
  // The answer that holds the terminal state.
  Result<Json> execute(const char* disposition) {
    id_.clear();
    tag();
    Result<Json> answer = submit(disposition);
    if (!answer) return answer;
    if (id_.empty()) return answer;  // ended, and never given an id
    // Only a wait must not begin before the id is on the disk. Of what has ended with its submit the power cut may take
    // the id; the action's start is there, and the statement's tags in the query history.
    const bool over = is_over(state_of(*answer));
    if (call_.trace && call_.trace->on_submitted)
      if (Result<void> noted = call_.trace->on_submitted(connection_, id_, changes_ && !over); !noted) {
        if (!over) (void)cancel();
        return std::move(noted).error().with_context(fmt::format("the statement {} had been submitted", id_));
      }
    return await_end(*std::move(answer));
  }

  void tag() {
    submit_id_ = new_submit_id();
    tags_.clear();
    if (call_.trace) {
      tags_.emplace_back("lockstep_run", call_.trace->run_id);
      tags_.emplace_back("lockstep_step", call_.trace->step_id);
      tags_.emplace_back("lockstep_attempt", fmt::format("{}", call_.trace->attempt));
    }
    tags_.emplace_back("lockstep_submit", submit_id_);
  }

  // How long the server holds its answer back in the hope that the statement ends: 0 s, or 5 s and more. The client
  // must have it before its own deadline, or it would not know the statement's id, and could not cancel it.
  [[nodiscard]] const char* wait_timeout() const {
    constexpr seconds kNeeded{7};
    if (statement_.long_running) return "0s";
    return call_.deadline && *call_.deadline - pace_.now() < kNeeded ? "0s" : "5s";
  }

  [[nodiscard]] Json submit_body(const char* disposition) const {
    Json body = Json::object();  // member by member: a list of pairs is copied, the statement in it too
    body["warehouse_id"] = workspace_.config().warehouse_id;
    body["statement"] = statement_.sql;
    body["format"] = "JSON_ARRAY";
    body["disposition"] = disposition;
    body["wait_timeout"] = wait_timeout();
    body["on_wait_timeout"] = "CONTINUE";
    body["query_tags"] = query_tags_json(tags_);
    if (!statement_.parameters.empty()) body["parameters"] = statement_parameters(statement_.parameters);
    if (returns_rows_ && statement_.max_rows > 0 && statement_.max_rows <= kMostRowLimit)
      body["row_limit"] = statement_.max_rows;
    return body;
  }

  // Interrupted while the server holds its answer back, the id to cancel is not known yet: the answer is awaited for
  // some time more, and the history is asked meanwhile. Whichever tells it first.
  Result<Json> submit(const char* disposition) {
    const auto began = std::chrono::system_clock::now();
    ApiRequest request{"POST", "/api/2.0/sql/statements", submit_body(disposition), false};
    std::optional<Looked> looked;
    std::stop_source told;
    std::jthread looking;
    if (!call_.reads_back)
      request.linger = HttpLinger{time_to_search(),
                                  [&] {
                                    if (!interrupted()) return (void)told.request_stop();  // one attempt's limit
                                    try {
                                      looking = std::jthread([&](const std::stop_token& stop) {
                                        looked = look_until_late(began, stop);
                                        if (!looked->id.empty()) told.request_stop();
                                      });
                                    } catch (const std::system_error&) {  // no thread: one after the other, then
                                      told.request_stop();
                                    }
                                  },
                                  told.get_token()};
    ApiAnswer answer = workspace_.send(request, RequestClass::submit, call_);
    if (looking.joinable()) {
      looking.request_stop();
      looking.join();
    }
    if (answer.json) {
      id_ = text_member(*answer.json, "statement_id");
      if (!id_.empty() || is_over(state_of(*answer.json))) return *std::move(answer.json);
      answer.error = Error("workspace-answer-invalid"_code, "the answer to the submit holds no statement id", "");
      answer.may_have_run = true;
    }
    if (!answer.may_have_run) return not_run(*std::move(answer.error));
    return looked ? settled(*looked, *answer.error) : settle(*answer.error, began);
  }

  // Where nobody took it in time, nothing need be looked for.
  static Error not_run(Error why) {
    if (why.code != "timeout" && why.code != "workspace-unreachable" && why.code != "workspace-throttled") return why;
    if (why.code == "timeout")
      why.remedy = "see whether the server runs and can be reached (`lockstep doctor`); it may be run again";
    return std::move(why).with_context(std::string(kNotSent));
  }

  [[nodiscard]] bool interrupted() const { return call_.stopped() || past_deadline(call_); }
  [[nodiscard]] bool past_deadline(const Call& call) const { return call.deadline && pace_.now() >= *call.deadline; }
  void wait(milliseconds time, const Call& call) const {
    pace_.wait ? pace_.wait(time, call) : really_wait(time, call);
  }
  // For what is still to be done after a stop or the deadline: all of it together has one grace.
  Call grace() {
    if (!grace_end_) grace_end_ = pace_.now() + pace_.cancel_grace;
    return {{}, grace_end_, call_.trace};
  }
  // For finding out what to cancel; the rest is for cancelling it.
  [[nodiscard]] milliseconds time_to_search() const { return pace_.cancel_grace - pace_.cancel_grace / 4; }

  // What the query history tells of the submit.
  struct Looked {
    std::string id;  // empty: it does not show it
    std::string words = "the query history does not show it";
    bool hopeless = false;  // it cannot be read at all
  };

  Looked look(std::chrono::system_clock::time_point began, const Call& call) {
    const std::int64_t since =
        std::chrono::duration_cast<milliseconds>((began - kClockDoubt).time_since_epoch()).count();
    Result<std::optional<std::string>> found = find_tagged_statement(workspace_, tags_, since, call);
    Looked looked;
    if (found) {
      looked.id = std::move(*found).value_or(std::string());
    } else {
      looked.words = "the query history cannot be read: " + found.error().message;
      looked.hopeless = found.error().code != "timeout" && found.error().code != "cancelled";
    }
    return looked;
  }

  // What was interrupted still has to be found, so that it can be cancelled.
  Looked look_until_late(std::chrono::system_clock::time_point began, const std::stop_token& enough) {
    Call call = grace();
    call.stop = enough;
    *call.deadline -= pace_.cancel_grace - time_to_search();
    for (milliseconds pause{125};; pause = std::min<milliseconds>(pause * 2, seconds(2))) {
      Looked looked = look(began, call);
      if (!looked.id.empty() || looked.hopeless) return looked;
      wait(pause, call);
      if (past_deadline(call) || call.stopped()) return looked;
    }
  }

  // Whether the submit has run is not known. Only a row with its own tags can tell; the lack of one cannot.
  Result<Json> settle(const Error& why, std::chrono::system_clock::time_point began) {
    announce("the answer to a submit did not arrive: looking for the statement in the query history");
    if (interrupted() && call_.reads_back) return why;
    const SteadyTime patience = pace_.now() + pace_.history_patience;
    Looked looked;
    for (milliseconds pause{250}; !interrupted(); pause = std::min<milliseconds>(pause * 2, seconds(2))) {
      looked = look(began, call_);
      if (!looked.id.empty() || looked.hopeless) return settled(looked, why);
      if (interrupted()) break;
      if (pace_.now() + pause > patience) return settled(looked, why);
      wait(pause, call_);
    }
    return settled(look_until_late(began, {}), why);
  }

  Result<Json> settled(const Looked& looked, const Error& why) {
    if (looked.id.empty()) return unknown(why, looked.words);
    id_ = looked.id;
    // Nothing is known of its state yet: the next poll tells.
    return Json{{"statement_id", id_}, {"status", {{"state", "RUNNING"}}}};
  }

  [[nodiscard]] Error unknown(const Error& why, const std::string& history) const {
    const bool may_run_on = interrupted();
    Error error(
        "outcome-unknown"_code,
        fmt::format("the statement may have run{}: {}; {}",
                    may_run_on ? ", and may still run, as there was no id to cancel it by" : "", why.message, history),
        fmt::format("look in the query history of warehouse {} for the tag lockstep_submit = {}{}; it was not sent "
                    "again. When it did not run, run the step again",
                    workspace_.config().warehouse_id, submit_id_, may_run_on ? ", and cancel it there" : ""));
    error.context = why.context;
    return error;
  }

  Result<Json> await_end(Json answer) {
    milliseconds pause = pace_.first_poll;
    const SteadyTime began = pace_.now();
    SteadyTime heard = began;
    for (;;) {
      const StatementState state = state_of(answer);
      if (is_over(state)) return answer;
      if (interrupted()) return interrupted_end();
      if (state.word == "PENDING" && pace_.now() - began >= pace_.quiet)
        announce(fmt::format("warehouse {} is starting or busy: the statement is PENDING",
                             workspace_.config().warehouse_id));
      wait(pause, call_);
      pause = std::min(pause + pause / 4, pace_.longest_poll);
      if (interrupted()) return interrupted_end();
      ApiAnswer polled = poll(call_);
      if (polled.json) {
        heard = pace_.now();
        answer = *std::move(polled.json);
        continue;
      }
      if (interrupted()) return interrupted_end();
      if (polled.throttled) return throttled_end(*std::move(polled.error));
      const bool passing = polled.status == 0 || polled.status == 429 || polled.status >= 500 ||
                           polled.error->code == "workspace-answer-invalid";
      if (!passing || polled.error->code.ends_with("-refused") || pace_.now() - heard >= pace_.poll_patience)
        return unreadable(*polled.error);
    }
  }

  [[nodiscard]] Error unreadable(const Error& why) const {
    return {
        "outcome-unknown"_code,
        fmt::format("the statement {} was accepted and may have run; its state cannot be read: {}", id_, why.message),
        fmt::format("look it up in the query history of warehouse {}; it was not sent again",
                    workspace_.config().warehouse_id)};
  }

  // A poll may not be repeated before the deadline: the rest of the time is better spent on the cancel. A statement of
  // which it is not known that it was cancelled must not look as if it could be run again.
  Result<Json> throttled_end(Error why) {
    Ending ending = cancel();
    if (ending.end == End::canceled) return std::move(why).with_context(std::move(ending.words));
    if (ending.end != End::running) return std::move(ending.answer);
    return unreadable(why).with_context(std::move(ending.words));
  }

  ApiAnswer poll(const Call& call) {
    return workspace_.send({"GET", "/api/2.0/sql/statements/" + percent_encoded(id_), std::nullopt, false},
                           RequestClass::idempotent, call);
  }

  struct Ending {
    std::string words;  // what can be said of the statement
    End end = End::running;
    Json answer = nullptr;  // with the terminal state
  };

  // Asks for the cancel and waits for the terminal state.
  Ending cancel() {
    const Call call = grace();
    // Its answer may be lost although it took: half of the time is left to look.
    Call asking = call;
    asking.deadline = *call.deadline - (*call.deadline - pace_.now()) / 2;
    const ApiAnswer asked = workspace_.send(
        {"POST", fmt::format("/api/2.0/sql/statements/{}/cancel", percent_encoded(id_)), Json::object(), false},
        RequestClass::idempotent, asking);
    for (milliseconds pause = pace_.first_poll; !past_deadline(call); pause += pause / 4) {
      ApiAnswer polled = poll(call);
      const StatementState state = polled.json ? state_of(*polled.json) : StatementState();
      if (state.end == End::canceled)
        return {fmt::format("the server has cancelled the statement {}", id_), state.end, *std::move(polled.json)};
      if (is_over(state))
        return {fmt::format("the statement {} had come to its end before the cancel: {}", id_, state.word), state.end,
                *std::move(polled.json)};
      wait(pause, call);
    }
    if (asked.json)
      return {fmt::format("the server was asked to cancel the statement {} and has not confirmed it: it {}", id_,
                          kMayStillRun)};
    return {fmt::format("the statement {} {}: it could not be cancelled: {}", id_, kMayStillRun, asked.error->message)};
  }

  // What could not be stopped any more has happened: a change that took must not look as if it were to be made again.
  Result<Json> interrupted_end() {
    Ending ending = cancel();
    const bool over = ending.end == End::succeeded || ending.end == End::closed;
    if (over && changes_ && !returns_rows_) return std::move(ending.answer);
    Error error = call_.stopped() ? Error("cancelled"_code, "the statement was interrupted",
                                          changes_ ? "look what it has changed before you run it again"
                                                   : "run again when you are ready")
                                  : Error("timeout"_code, "the statement was interrupted: timeout",
                                          "give it more time with `timeout`, or less to do");
    return std::move(error).with_context(std::move(ending.words));
  }

  void announce(const std::string& what) const {
    if (call_.trace && call_.trace->on_wait) call_.trace->on_wait(what);
  }

  const std::string& connection_;
  Workspace& workspace_;
  const StatementPace& pace_;
  const Statement& statement_;
  const Call& call_;
  bool returns_rows_ = false;
  bool changes_ = true;
  std::optional<SteadyTime> grace_end_;
  std::string submit_id_;
  QueryTags tags_;
  std::string id_;
};

}  // namespace

StatementClient::StatementClient(std::string connection, Workspace& workspace, StatementPace pace)
    : connection_(std::move(connection)), workspace_(workspace), pace_(std::move(pace)) {}

Result<Rows> StatementClient::run(const Statement& statement, const Call& call, InFlight* budget) {
  return Execution(connection_, workspace_, pace_, statement, call).run(budget);
}

}  // namespace lockstep
