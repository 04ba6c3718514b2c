#include "engines/warehouse/databricks/databricks_checkup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <optional>

#include "engines/warehouse/databricks/databricks_warehouse.h"
#include "engines/warehouse/databricks/grants.h"
#include "engines/workspace/host.h"
#include "engines/workspace/retry.h"
#include "specs/counted.h"
#include "specs/json_member.h"
#include "specs/statement_words.h"

namespace lockstep {

namespace {

using Status = Check::Status;
using SteadyClock = std::chrono::steady_clock;

constexpr double kSkewOfConcern = 30;      // seconds: a token's last half minute is not accepted everywhere
constexpr double kLatencyOfConcern = 500;  // milliseconds: a thousand statements at 4 workers then take two minutes
constexpr int kLatencySamples = 3;
constexpr std::int64_t kDaysOfConcern = 30;  // before a certificate expires: time enough to have it renewed
constexpr std::uint64_t kMaxGrants = 10'000;

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

// Which setting an error of open_databricks() is about.
std::string check_of(const Error& error) {
  if (error.code == "workspace-warehouse-missing") return "warehouse";
  if (error.code == "engine-not-found") return "engine";
  if (error.code.starts_with("workspace-profile")) return "profile";
  if (error.code.starts_with("workspace-auth") || error.code.starts_with("workspace-secret")) return "auth";
  return "host";
}

// Whole days from now until an RFC 3339 time in UTC; nothing when the text is none.
std::optional<std::int64_t> days_until(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) return std::nullopt;
  const auto left = std::chrono::system_clock::from_time_t(timegm(&parts)) - std::chrono::system_clock::now();
  return std::chrono::floor<std::chrono::days>(left).count();
}

class Checkup {
 public:
  // `no_warehouse`: why there is none to look at.
  Checkup(const CheckupRequest& request, DatabricksWarehouse& warehouse, std::optional<Error> no_warehouse,
          const Call& call, const OnCheck& on_check)
      : request_(request),
        warehouse_(warehouse),
        workspace_(warehouse.workspace()),
        no_warehouse_(std::move(no_warehouse)),
        call_(call),
        tell_(on_check) {}

  void run() {
    configuration();
    if (!sign_in()) {
      for (const char* name : {"clock", "latency"}) tell_(skipped(name, "there is no sign-in"));
      tell_(no_warehouse_ ? failed("warehouse", *no_warehouse_) : skipped("warehouse", "there is no sign-in"));
      return statement_skipped("there is no sign-in");
    }
    clock();
    if (no_warehouse_) {
      tell_(failed("warehouse", *no_warehouse_));
      return statement_skipped("no warehouse is named");
    }
    const std::string why_not = warehouse();
    latency();
    if (!why_not.empty()) return statement_skipped(why_not);
    if (statement())
      catalogs();
    else
      grants_skipped("no statement runs");
  }

 private:
  void statement_skipped(const std::string& why) {
    tell_(skipped("statement", why));
    grants_skipped(why);
  }

  // What must be granted can be told from the runbook alone.
  void grants_skipped(const std::string& why) {
    for (const auto& [catalog, uses] : request_.uses)
      if (!catalog.empty())
        tell_(skipped("grants " + catalog, fmt::format("{}; not looked at: {}", needs_of(uses).words, why)));
    untold_grants();
  }

  void untold_grants() {
    if (const auto uses = request_.uses.find(""); uses != request_.uses.end())
      tell_(skipped("grants",
                    fmt::format("{}; on which catalogs, only its statement tells", needs_of(uses->second).words)));
  }

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
    if (me.status != 0) certificate(me.peer_certificate_expiry);
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
    const std::string user = text_member(*me.json, "userName");
    tell_({"sign-in", Status::ok, user.empty() ? "accepted" : user, ""});
    return true;
  }

  void certificate(const std::string& expiry) {
    const std::optional<std::int64_t> days = days_until(expiry);
    if (!days) return tell_(skipped("certificate", "the connection has none: it is plain HTTP"));
    const bool soon = *days < kDaysOfConcern;
    tell_({"certificate", soon ? Status::warning : Status::ok,
           fmt::format("expires {}, in {}", expiry.substr(0, 10), counted(*days, "day")),
           soon ? "have it renewed in time, by whoever runs the workspace or the proxy before it: once it has expired, "
                  "no request gets through"
                : ""});
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
  // Why it runs no statement; empty: it does.
  std::string warehouse() {
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
      return "the warehouse cannot be looked at";
    }
    const std::string state = text_member(*answer.json, "state");
    const std::string name = text_member(*answer.json, "name");
    const std::string found = fmt::format("{}{} is {}", id, name.empty() ? "" : " (" + name + ")",
                                          state.empty() ? "in a state that it does not tell" : state);
    if (state == "DELETED" || state == "DELETING") {
      tell_({"warehouse", Status::failed, found, "name another warehouse in warehouse_id"});
      return "the warehouse is no more";
    }
    if (state == "RUNNING") {
      tell_({"warehouse", Status::ok, found, ""});
      return {};
    }
    tell_({"warehouse", request_.start ? Status::ok : Status::warning, found,
           request_.start ? "" : "the first statement of a run starts it, which takes minutes"});
    return request_.start ? "" : "the warehouse does not run; `lockstep doctor --start` starts it, which costs";
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
    user_ = user;
    tell_({"statement", Status::ok,
           fmt::format("SELECT current_user() gives {} after {:.0f} ms", user, milliseconds_since(begin)), ""});
    return true;
  }

  void catalogs() {
    std::set<std::string> all = request_.read;
    all.insert(request_.written.begin(), request_.written.end());
    for (const std::string& catalog : all) {
      this->catalog(catalog, request_.written.contains(catalog));
      if (const auto uses = request_.uses.find(catalog); uses != request_.uses.end()) grants(catalog, uses->second);
    }
    untold_grants();
  }

  struct Needs {
    std::string words;                // "sql/query needs SELECT; ..."
    std::vector<std::string> grants;  // of all step types together
  };

  static Needs needs_of(const std::map<std::string, bool>& uses) {
    Needs needs;
    for (const auto& [step_type, writes] : uses) {
      const std::vector<std::string> own = grants_needed(step_type, writes);
      needs.words += fmt::format("{}{} needs {}", needs.words.empty() ? "" : "; ", step_type, fmt::join(own, ", "));
      for (const std::string& one : own)
        if (std::find(needs.grants.begin(), needs.grants.end(), one) == needs.grants.end()) needs.grants.push_back(one);
    }
    return needs;
  }

  // Not being listed is no proof of not being allowed: a grant may come through a group, a schema or ownership, and
  // who asks need not be allowed to see all grants. So there is no "failed" here.
  void grants(const std::string& catalog, const std::map<std::string, bool>& uses) {
    const Needs needs = needs_of(uses);
    const std::string quoted = DatabricksDialect().quote(catalog);
    const Result<Rows> rows = warehouse_.run({"SHOW GRANTS ON CATALOG " + quoted, {}, kMaxGrants}, call_);
    const std::string label = "grants " + catalog;
    if (!rows) {
      tell_({label, Status::unknown,
             fmt::format("{}; what is granted cannot be read: {}", needs.words,
                         rows.error().message.substr(0, rows.error().message.find('\n'))),
             ""});
      return;
    }
    const std::vector<std::string> missing = grants_missing(needs.grants, grants_of(*rows, user_));
    if (missing.empty()) {
      tell_({label, Status::ok, fmt::format("{}; all of it is granted to {} on the catalog", needs.words, user_), ""});
      return;
    }
    tell_({label, Status::unknown,
           fmt::format("{}; on the catalog itself {} not granted to {}: a group, a schema or ownership may give it",
                       needs.words, fmt::format("{} {}", fmt::join(missing, ", "), missing.size() == 1 ? "is" : "are"),
                       user_),
           fmt::format("GRANT {} ON CATALOG {} TO {}", fmt::join(missing, ", "), quoted,
                       DatabricksDialect().quote(user_))});
  }

  // What can be seen is proved by seeing it. MODIFY and ownership show only when something is changed.
  void catalog(const std::string& name, bool written) {
    const DatabricksDialect dialect;
    const std::string quoted = dialect.quote(name);
    const std::string needed =
        fmt::format("GRANT USE CATALOG, USE SCHEMA, SELECT{} ON CATALOG {} TO ...", written ? ", MODIFY" : "", quoted);
    const Result<Rows> rows =
        warehouse_.run({fmt::format("SELECT count(*) FROM {}.information_schema.tables WHERE table_schema <> "
                                    "'information_schema'",
                                    quoted),
                        {},
                        1},
                       call_);
    const std::string label = "catalog " + name;
    if (!rows) {
      Check check = failed(label, rows.error());
      check.remedy = fmt::format("{}{}", other_names(name), needed);
      tell_(check);
      return;
    }
    const Json count = rows->rows.empty() || rows->rows[0].empty() ? Json(0) : rows->rows[0][0];
    if (count == 0) {
      tell_(
          {label, Status::warning, "it has no tables, or none that can be seen", "if it should have some: " + needed});
      return;
    }
    std::string found =
        fmt::format("{} can be seen", count == 1 ? "1 table or view" : count.dump() + " tables and views");
    if (written) found += "; whether they may be changed (MODIFY, and ownership for a rename) shows only when they are";
    tell_({label, Status::ok, std::move(found), ""});
  }

  // "check the name, the catalogs here are dr, prod; or: " where it is none of them; empty: it is, or nobody can tell.
  std::string other_names(const std::string& name) {
    constexpr std::size_t kMost = 20;
    constexpr std::uint64_t kMostRead = 10'000;
    if (!catalogs_) {
      catalogs_.emplace();
      if (const Result<Rows> rows = warehouse_.run({"SHOW CATALOGS", {}, kMostRead}, call_))
        for (const std::vector<Json>& row : rows->rows)
          if (!row.empty()) catalogs_->push_back(text_of(row.front()));
    }
    const auto same = [&name](const std::string& other) { return same_name(other, name); };
    if (catalogs_->empty() || std::any_of(catalogs_->begin(), catalogs_->end(), same)) return {};
    const std::vector<std::string> shown(
        catalogs_->begin(), catalogs_->begin() + static_cast<std::ptrdiff_t>(std::min(kMost, catalogs_->size())));
    return fmt::format("check the name, the catalogs here are {}{}; or: ", fmt::join(shown, ", "),
                       catalogs_->size() > kMost ? ", ..." : "");
  }

  const CheckupRequest& request_;
  DatabricksWarehouse& warehouse_;
  Workspace& workspace_;
  const std::optional<Error> no_warehouse_;
  const Call& call_;
  const OnCheck& tell_;
  std::string date_;
  std::string user_;                                  // as the warehouse calls us
  std::optional<std::vector<std::string>> catalogs_;  // nothing: not asked for yet
  std::chrono::system_clock::time_point seen_;
};

}  // namespace

void check_databricks(const CheckupRequest& request, const WorkspaceServices& services, const Call& call,
                      const OnCheck& on_check) {
  Json settings = request.plan.settings;
  std::optional<Error> no_warehouse;
  for (;;) {
    const Result<std::unique_ptr<Warehouse>> warehouse =
        open_databricks(request.plan.name, settings, request.plan.directory, services);
    if (warehouse) {
      // open_databricks() makes no other.
      Checkup(request, static_cast<DatabricksWarehouse&>(**warehouse), std::move(no_warehouse), call, on_check).run();
      return;
    }
    if (check_of(warehouse.error()) != "warehouse") {
      on_check(failed(check_of(warehouse.error()), warehouse.error()));
      if (no_warehouse) on_check(failed("warehouse", *no_warehouse));
      return;
    }
    // All else can be looked at without one.
    no_warehouse = warehouse.error();
    settings["warehouse_id"] = "none";
  }
}

}  // namespace lockstep
