#include "engines/warehouse/databricks/databricks_checkup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "engines/warehouse/databricks/databricks_warehouse.h"
#include "engines/workspace/host.h"
#include "engines/workspace/retry.h"

namespace lockstep {

namespace {

using Status = Check::Status;
using SteadyClock = std::chrono::steady_clock;

constexpr double kSkewOfConcern = 30;      // seconds: a token's last half minute is not accepted everywhere
constexpr double kLatencyOfConcern = 500;  // milliseconds: a thousand statements at 4 workers then take two minutes
constexpr int kLatencySamples = 3;

double milliseconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}

Check failed(std::string name, const Error& error) {
  std::string found = error.message;
  for (const std::string& circumstance : error.context) found += ", " + circumstance;
  return {std::move(name), Status::failed, std::move(found), error.remedy};
}

Check skipped(std::string name, std::string because) {
  return {std::move(name), Status::skipped, std::move(because), ""};
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

class Checkup {
 public:
  Checkup(const CheckupRequest& request, DatabricksWarehouse& warehouse, const Call& call, const OnCheck& on_check)
      : request_(request), warehouse_(warehouse), workspace_(warehouse.workspace()), call_(call), tell_(on_check) {}

  void run() {
    configuration();
    if (!sign_in()) {
      for (const char* name : {"clock", "latency", "warehouse", "statement"})
        tell_(skipped(name, "there is no sign-in"));
      return;
    }
    clock();
    const bool running = warehouse();
    latency();
    if (!running) {
      const std::string why = "the warehouse does not run; `lockstep doctor --start` starts it, which costs";
      tell_(skipped("statement", why));
      return;
    }
    if (statement()) catalogs();
  }

 private:
  void configuration() {
    const WorkspaceConfig& config = workspace_.config();
    const auto from = [&config](const char* key) {
      const auto origin = config.origins.find(key);
      return origin == config.origins.end() ? std::string("the default") : origin->second;
    };
    tell_({"host", Status::ok, fmt::format("{} (from {})", config.host, from("host")), ""});
    if (config.origins.contains("profile")) tell_({"profile", Status::ok, config.origins.at("profile"), ""});
    std::string method = fmt::format("{} (from {})", to_string(config.method), from("auth_method"));
    for (const auto& [key, value] : config.credentials)
      if (key != "host" && key != "warehouse_id") method += fmt::format("; {} from {}", key, from(key.c_str()));
    tell_({"auth", Status::ok, std::move(method), ""});
  }

  // Who the workspace takes us for.
  bool sign_in() {
    const ApiAnswer me =
        workspace_.send({"GET", "/api/2.0/preview/scim/v2/Me", std::nullopt}, RequestClass::idempotent, call_);
    seen_ = std::chrono::system_clock::now();
    date_ = me.date;
    if (me.error && me.status == 404) {
      // An older workspace; the warehouse will tell.
      tell_({"sign-in", Status::warning, "the workspace does not say who we are: " + me.error->message,
             "see whether the warehouse and the statement below succeed"});
      return true;
    }
    if (me.error) {
      tell_(failed("sign-in", *me.error));
      return false;
    }
    const std::string user = text_of(*me.json, "userName");
    tell_({"sign-in", Status::ok, user.empty() ? "accepted" : user, ""});
    return true;
  }

  void clock() {
    const std::optional<std::chrono::system_clock::time_point> server = parse_http_date(date_);
    if (!server) {
      tell_(skipped("clock", "the workspace sends no Date"));
      return;
    }
    // The header has whole seconds.
    const double skew = std::chrono::duration<double>(seen_ - *server).count();
    const double off = std::max(0.0, std::abs(skew) - 1);
    if (off > kSkewOfConcern)
      tell_({"clock", Status::warning,
             fmt::format("this machine's clock is {:.0f} s {} the workspace's", std::abs(skew),
                         skew > 0 ? "ahead of" : "behind"),
             "synchronise the clock (NTP): tokens are accepted by time, and reports carry it"});
    else
      tell_({"clock", Status::ok, fmt::format("within {:.0f} s of the workspace's", std::ceil(off + 1)), ""});
  }

  void latency() {
    std::vector<double> samples;
    for (int i = 0; i < kLatencySamples; ++i) {
      const auto begin = SteadyClock::now();
      if (ask_warehouse().error) break;
      samples.push_back(milliseconds_since(begin));
    }
    if (samples.empty()) return tell_(skipped("latency", "the workspace does not answer about the warehouse"));
    std::sort(samples.begin(), samples.end());
    const double median = samples[samples.size() / 2];
    tell_({"latency", median > kLatencyOfConcern ? Status::warning : Status::ok,
           fmt::format("{:.{}f} ms a request", median, median < 10 ? 1 : 0),
           median > kLatencyOfConcern ? "run lockstep nearer to the workspace, or give steps more max_workers" : ""});
  }

  ApiAnswer ask_warehouse() {
    return workspace_.send(
        {"GET", "/api/2.0/sql/warehouses/" + percent_encoded(workspace_.config().warehouse_id), std::nullopt},
        RequestClass::idempotent, call_);
  }

  // True: statements may be sent.
  bool warehouse() {
    const ApiAnswer answer = ask_warehouse();
    const std::string& id = workspace_.config().warehouse_id;
    if (answer.error) {
      Check check = failed("warehouse", *answer.error);
      if (answer.status == 404 || answer.status == 400)
        check.remedy = fmt::format(
            "there is no warehouse {} here, or it is not shown to us: take the id from the "
            "warehouse's connection details, or have CAN USE granted on it",
            id);
      if (answer.status == 403) check.remedy = fmt::format("have CAN USE granted on the warehouse {}", id);
      tell_(check);
      return false;
    }
    const std::string state = text_of(*answer.json, "state");
    const std::string name = text_of(*answer.json, "name");
    const std::string found = fmt::format("{}{} is {}", id, name.empty() ? "" : " (" + name + ")",
                                          state.empty() ? "in a state that it does not tell" : state);
    if (state == "DELETED" || state == "DELETING") {
      tell_({"warehouse", Status::failed, found, "name another warehouse in warehouse_id"});
      return false;
    }
    if (state == "RUNNING") {
      tell_({"warehouse", Status::ok, found, ""});
      return true;
    }
    tell_({"warehouse", request_.start ? Status::ok : Status::warning, found,
           request_.start ? "" : "the first statement of a run starts it, which takes minutes"});
    return request_.start;
  }

  bool statement() {
    const auto begin = SteadyClock::now();
    const Result<Rows> rows = warehouse_.run({"SELECT current_user()", {}, 1}, call_);
    if (!rows) {
      tell_(failed("statement", rows.error()));
      return false;
    }
    const std::string user = !rows->rows.empty() && !rows->rows[0].empty() && rows->rows[0][0].is_string()
                                 ? rows->rows[0][0].get<std::string>()
                                 : std::string("nobody");
    tell_({"statement", Status::ok,
           fmt::format("SELECT current_user() gives {} after {:.0f} ms", user, milliseconds_since(begin)), ""});
    return true;
  }

  void catalogs() {
    std::set<std::string> all = request_.read;
    all.insert(request_.written.begin(), request_.written.end());
    for (const std::string& catalog : all) this->catalog(catalog, request_.written.contains(catalog));
  }

  // What can be seen is proved by seeing it. MODIFY and ownership show only when something is changed.
  void catalog(const std::string& name, bool written) {
    const DatabricksDialect dialect;
    const std::string quoted = dialect.quote(name);
    const std::string needed =
        fmt::format("GRANT USE CATALOG, USE SCHEMA, SELECT{} ON CATALOG {} TO ...", written ? ", MODIFY" : "", quoted);
    const Result<Rows> rows =
        warehouse_.run({fmt::format("SELECT count(*) FROM {}.information_schema.tables", quoted), {}, 1}, call_);
    const std::string label = "catalog " + name;
    if (!rows) {
      Check check = failed(label, rows.error());
      check.remedy = needed;
      tell_(check);
      return;
    }
    const Json count = rows->rows.empty() || rows->rows[0].empty() ? Json(0) : rows->rows[0][0];
    if (count == 0) {
      tell_({label, Status::warning, "no table in it can be seen", needed});
      return;
    }
    std::string found = fmt::format("{} tables and views can be seen", count.dump());
    if (written) found += "; whether they may be changed (MODIFY, and ownership for a rename) shows only when they are";
    tell_({label, Status::ok, std::move(found), ""});
  }

  const CheckupRequest& request_;
  DatabricksWarehouse& warehouse_;
  Workspace& workspace_;
  const Call& call_;
  const OnCheck& tell_;
  std::string date_;
  std::chrono::system_clock::time_point seen_;
};

}  // namespace

void check_databricks(const CheckupRequest& request, const WorkspaceServices& services, const Call& call,
                      const OnCheck& on_check) {
  const Result<std::unique_ptr<Warehouse>> warehouse =
      open_databricks(request.plan.name, request.plan.settings, request.plan.directory, services);
  if (!warehouse) {
    on_check(failed("host", warehouse.error()));
    return;
  }
  // open_databricks() makes no other.
  Checkup(request, static_cast<DatabricksWarehouse&>(**warehouse), call, on_check).run();
}

}  // namespace lockstep
