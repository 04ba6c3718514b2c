// A Databricks connection over the real transport, on a scripted workspace of the hostile server.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engines/warehouse/databricks/databricks_warehouse.h"
#include "specs/secrets.h"
#include "tests/faults/statement_api.h"
#include "tests/faults/transport_fixture.h"

namespace lockstep::testing {

struct LabSetup {
  bool tls = false;
  bool oauth = false;  // machine to machine instead of a token that never changes
  StatementPlan plan{};
  std::vector<ApiFault> faults{};
  std::function<void(ServerSetup&)> server{};  // the last word on it
  std::string host{};                          // instead of the server's
  std::size_t max_in_flight = 64;
};

// Waits and limits that a test has time for.
inline StatementPace quick_pace() {
  StatementPace pace;
  pace.first_poll = milliseconds(10);
  pace.longest_poll = milliseconds(20);
  pace.poll_patience = milliseconds(2'000);
  pace.cancel_grace = milliseconds(400);
  pace.history_patience = milliseconds(200);
  return pace;
}

class WorkspaceLab {
 public:
  static constexpr const char* kClientSecret = "client-secret+of/the test";

  explicit WorkspaceLab(LabSetup setup, StatementPace pace = quick_pace())
      : api(std::move(setup.plan), std::move(setup.faults), setup.tls), server(serving_api(setup)) {
    WorkspaceConfig config;
    config.host = setup.host.empty() ? server.url("") : setup.host;
    config.warehouse_id = "wh1";
    config.ca_file = ca_file();
    if (setup.oauth) {
      config.method = AuthMethod::oauth_m2m;
      config.credentials = {{"client_id", "client-of-the-test"}, {"client_secret", kClientSecret}};
    } else {
      config.credentials = {{"token", StatementApi::kToken}};
    }
    WorkspaceOptions options;
    options.pace.first = milliseconds(10);
    options.pace.longest = milliseconds(50);
    options.pace.max_attempts_idempotent = 3;
    options.pace.jitter = [] { return 0.0; };
    options.environment = [](const std::string&) { return std::string(); };
    options.on_secret = [this](std::string_view name, std::string_view value) { (void)secrets.add(name, value); };
    warehouse = std::make_unique<DatabricksWarehouse>("dr", std::make_unique<Workspace>(config, transport, options),
                                                      setup.max_in_flight, std::move(pace));
    auto made = std::make_shared<CallTrace>();
    made->run_id = "run-7";
    made->step_id = "count";
    made->on_submitted = [this](std::string_view, std::string_view id, bool) -> Result<void> {
      const std::lock_guard lock(mutex_);
      journal_.emplace_back(id);
      return {};
    };
    trace = made;
  }

  Result<Rows> run(std::optional<milliseconds> time, const std::string& sql = "SELECT n FROM t",
                   const std::stop_token& stop = {}) const {
    Call call;
    call.stop = stop;
    if (time) call.deadline = Clock::now() + *time;
    call.trace = trace;
    Statement statement;
    statement.sql = sql;
    return warehouse->run(statement, call);
  }
  // Ids, in the order in which they were journaled.
  [[nodiscard]] std::vector<std::string> journal() const {
    const std::lock_guard lock(mutex_);
    return journal_;
  }

  StatementApi api;
  HostileServer server;
  std::shared_ptr<HttpTransport> transport = make_poco_transport({});
  SecretSet secrets;
  std::unique_ptr<DatabricksWarehouse> warehouse;
  std::shared_ptr<const CallTrace> trace;

 private:
  ServerSetup serving_api(const LabSetup& setup) {
    ServerSetup made = serving(setup.tls, [this](const ServedRequest& request) { return api.serve(request); });
    if (setup.server) setup.server(made);
    return made;
  }

  mutable std::mutex mutex_;
  std::vector<std::string> journal_;
};

// All that a person would read of an error.
inline std::string text_of(const Error& error) {
  std::string text = error.code + ": " + error.message;
  for (const std::string& context : error.context) text += "\n" + context;
  return text + "\n" + error.remedy;
}

inline std::string text_of(const Result<Rows>& rows) {
  return rows ? fmt::format("{} rows", rows->rows.size()) : text_of(rows.error());
}

inline milliseconds since(Clock::time_point began) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - began);
}

}  // namespace lockstep::testing
