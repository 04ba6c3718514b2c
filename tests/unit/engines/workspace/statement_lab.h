// A statement client on a scripted workspace, with a clock that only moves when somebody waits.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/workspace/statements.h"
#include "tests/unit/engines/workspace/fake_transport.h"

namespace lockstep::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kStatements = "/api/2.0/sql/statements";
constexpr const char* kHistory = "/api/2.0/sql/history/queries";

class VirtualTime {
 public:
  StatementPace pace() {
    StatementPace pace;
    pace.now = [this] { return now(); };
    pace.wait = [this](milliseconds time, const Call& call) { wait(time, call); };
    return pace;
  }
  [[nodiscard]] SteadyTime now() const { return start_ + passed(); }
  [[nodiscard]] milliseconds passed() const {
    const std::lock_guard lock(mutex_);
    return passed_;
  }
  void advance(milliseconds time) {
    const std::lock_guard lock(mutex_);
    passed_ += time;
  }
  [[nodiscard]] std::vector<milliseconds> waits() const { return waits_; }
  std::function<void()> on_wait;  // before each wait

 private:
  void wait(milliseconds time, const Call& call) {
    if (on_wait) on_wait();
    if (call.stopped()) return;
    if (call.deadline) time = std::min(time, std::chrono::ceil<milliseconds>(*call.deadline - now()));
    waits_.push_back(time);
    advance(std::max(time, milliseconds(0)));
  }

  const SteadyTime start_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  milliseconds passed_{0};
  std::vector<milliseconds> waits_;
};

inline WorkspaceConfig pat_config() {
  WorkspaceConfig config;
  config.host = "https://ws.example";
  config.warehouse_id = "wh1";
  config.credentials["token"] = "dapi-secret-token";
  return config;
}

inline WorkspaceOptions quick_options() {
  WorkspaceOptions options;
  options.pace.first = milliseconds(1);
  options.pace.longest = milliseconds(2);
  options.pace.jitter = [] { return 0.0; };
  options.environment = [](const std::string&) { return std::string(); };
  return options;
}

// {"statement_id": "s1", "status": {"state": STATE}, ...more}
inline HttpResult answer_state(const std::string& state, const Json& more = Json::object()) {
  Json answer{{"statement_id", "s1"}, {"status", {{"state", state}}}};
  answer.update(more, true);
  return answer_json(answer.dump());
}

inline Json column(const std::string& name, const std::string& type_name, const std::string& type_text = {}) {
  return {{"name", name}, {"type_name", type_name}, {"type_text", type_text.empty() ? type_name : type_text}};
}

// manifest and, unless `rows` is null, an inline result.
inline Json result_of(const Json& columns, const Json& rows, const Json& total, const Json& chunks = 1) {
  Json manifest{{"format", "JSON_ARRAY"},
                {"schema", {{"column_count", columns.size()}, {"columns", columns}}},
                {"total_chunk_count", chunks},
                {"total_row_count", total},
                {"truncated", false}};
  Json more{{"manifest", manifest}, {"result", Json::object()}};
  if (!rows.is_null()) more["result"] = {{"chunk_index", 0}, {"row_offset", 0}, {"data_array", rows}};
  return more;
}

inline Json one_row() {
  return result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1"})}), 1);
}

class StatementLab {
 public:
  explicit StatementLab(WorkspaceConfig config = pat_config(), WorkspaceOptions options = quick_options())
      : workspace(std::move(config), transport, std::move(options)), client("dr", workspace, time.pace()) {
    auto made = std::make_shared<CallTrace>();
    made->run_id = "run-7";
    made->step_id = "count";
    made->attempt = 2;
    made->on_submitted = [this](std::string_view connection, std::string_view id, bool awaited) -> Result<void> {
      journal.push_back(fmt::format("{} {}{} after {} requests", connection, id, awaited ? " awaited" : "",
                                    transport->seen().size()));
      return {};
    };
    made->on_wait = [this](std::string_view what) { shown.emplace_back(what); };
    call.trace = made;
  }

  Result<Rows> run(const std::string& sql = "SELECT 1") {
    Statement statement;
    statement.sql = sql;
    return client.run(statement, call);
  }
  [[nodiscard]] Json body(std::size_t request = 0) const {
    return Json::parse(transport->seen().at(request).request.body);
  }
  [[nodiscard]] std::size_t submits() const {
    return transport->count("POST", kStatements) - transport->count("POST", "/cancel");
  }
  [[nodiscard]] std::size_t cancels() const { return transport->count("POST", "/s1/cancel"); }

  VirtualTime time;
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  Workspace workspace;
  StatementClient client;
  Call call;
  std::vector<std::string> journal;
  std::vector<std::string> shown;
};

// The tags of a submit's body as a history row's.
inline std::string history_row(const Json& tags, const std::string& id = "s1") {
  return Json{{"res", {{{"query_id", id}, {"status", "FINISHED"}, {"query_tags", tags}}}}, {"has_next_page", false}}
      .dump();
}

}  // namespace lockstep::testing
