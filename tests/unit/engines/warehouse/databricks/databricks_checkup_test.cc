#include <fmt/chrono.h>
#include <ctime>

#include "engines/warehouse/checkup.h"
#include "tests/unit/engines/workspace/statement_lab.h"

namespace lockstep::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string in_days(int days) {
  const std::time_t then = std::time(nullptr) + days * 86'400L + 3600;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", *std::gmtime(&then));
}

HttpResult table_answer(const std::vector<std::string>& names, const Json& rows) {
  Json columns = Json::array();
  for (const std::string& name : names) columns.push_back(column(name, "STRING"));
  return answer_state("SUCCEEDED", result_of(columns, rows, rows.size()));
}

class DoctorOnAWorkspace : public ::testing::Test {
 protected:
  DoctorOnAWorkspace() {
    request_.plan.name = "dr";
    request_.plan.type = "databricks";
    request_.plan.directory = "/";
    request_.plan.settings = {{"type", "databricks"},
                              {"host", "https://ws.example"},
                              {"warehouse_id", "wh1"},
                              {"token", "dapi-secret-token"}};
    request_.read = {"prod"};
    request_.written = {"staging"};
    request_.uses = {{"prod", {{"reconciliation/cross-metastore", false}}},
                     {"staging", {{"reconciliation/cross-metastore", false}, {"sql/query", true}}}};
    transport_->handle([this](const HttpRequest& request, const Call&) { return answer_to(request); });
  }

  HttpResult answer_to(const HttpRequest& request) const {
    if (request.url.ends_with("/scim/v2/Me")) {
      HttpResult me = answer_json(R"({"userName": "lab@example.com"})");
      me.peer_certificate_expiry = expiry_;
      return me;
    }
    if (request.url.find("/sql/warehouses/") != std::string::npos)
      return answer_json(Json{{"name", "small"}, {"state", state_}}.dump());
    const std::string sql = Json::parse(request.body).value("statement", "");
    if (sql.starts_with("SHOW CATALOGS")) return table_answer({"catalog"}, {{"prod"}, {"dr"}});
    if (sql.find("information_schema.tables") != std::string::npos && contents_) return *contents_;
    if (sql.starts_with("SHOW GRANTS")) return sql.find("`prod`") != std::string::npos ? prod_grants_ : other_grants_;
    return table_answer({"n"}, {{sql.starts_with("SELECT count") ? "3" : "lab@example.com"}});
  }

  std::map<std::string, Check> checks() {
    WorkspaceServices services;
    services.transport = transport_;
    services.environment = [](const std::string&) { return std::string(); };
    services.pace = time_.pace();
    services.retry.max_attempts_idempotent = 1;
    std::map<std::string, Check> all;
    order_.clear();
    check_connection(request_, services, {}, [&](const Check& check) {
      all[check.name] = check;
      order_.push_back(check.name);
    });
    return all;
  }

  const std::vector<std::string> kGrantColumns{"principal", "action_type", "object_type", "object_key"};
  CheckupRequest request_;
  VirtualTime time_;
  std::shared_ptr<FakeTransport> transport_ = std::make_shared<FakeTransport>();
  std::string expiry_ = in_days(200);
  std::string state_ = "RUNNING";
  HttpResult prod_grants_ = table_answer(kGrantColumns, {{"lab@example.com", "USE CATALOG", "CATALOG", "prod"},
                                                         {"lab@example.com", "USE_SCHEMA", "CATALOG", "prod"},
                                                         {"lab@example.com", "SELECT", "CATALOG", "prod"}});
  HttpResult other_grants_ = table_answer(kGrantColumns, {{"somebody", "ALL PRIVILEGES", "CATALOG", "staging"},
                                                          {"lab@example.com", "USE CATALOG", "CATALOG", "staging"}});
  std::optional<HttpResult> contents_;  // of every catalog; nothing: three tables
  std::vector<std::string> order_;
};

TEST_F(DoctorOnAWorkspace, PutsWhatIsMissingUnderItsOwnName) {
  request_.plan.settings.erase("token");
  EXPECT_EQ(checks()["auth"].status, Check::Status::failed);
  request_.plan.settings["host"] = "";
  EXPECT_EQ(checks()["host"].status, Check::Status::failed);
  request_.plan.settings["profile"] = "nope";
  EXPECT_EQ(checks()["profile"].status, Check::Status::failed);
}

TEST_F(DoctorOnAWorkspace, SignsInAlsoWithoutAWarehouse) {
  request_.plan.settings.erase("warehouse_id");
  std::map<std::string, Check> all = checks();
  EXPECT_EQ(all["host"].status, Check::Status::ok);
  EXPECT_EQ(all["sign-in"].status, Check::Status::ok);
  EXPECT_EQ(all["warehouse"].status, Check::Status::failed);
  EXPECT_THAT(all["warehouse"].remedy, HasSubstr("warehouse_id"));
  EXPECT_EQ(all["statement"].status, Check::Status::skipped);
  EXPECT_EQ(all["grants prod"].status, Check::Status::skipped);
  request_.plan.settings.erase("token");
  all = checks();
  EXPECT_EQ(all["warehouse"].status, Check::Status::failed);
  EXPECT_EQ(all["auth"].status, Check::Status::failed);
}

TEST_F(DoctorOnAWorkspace, TellsWhenTheCertificateExpires) {
  EXPECT_THAT(checks()["certificate"].found, AllOf(HasSubstr(expiry_.substr(0, 10)), HasSubstr("in 200 days")));
  EXPECT_EQ(checks()["certificate"].status, Check::Status::ok);
  expiry_ = in_days(29);
  EXPECT_EQ(checks()["certificate"].status, Check::Status::warning);
  expiry_ = in_days(1);
  EXPECT_THAT(checks()["certificate"].found, HasSubstr("in 1 day"));
  expiry_.clear();
  EXPECT_EQ(checks()["certificate"].status, Check::Status::skipped);
}

TEST_F(DoctorOnAWorkspace, SaysWhatEachStepTypeNeedsAndWhatIsGranted) {
  std::map<std::string, Check> all = checks();
  EXPECT_EQ(all["grants prod"].status, Check::Status::ok);
  EXPECT_THAT(all["grants prod"].found,
              HasSubstr("reconciliation/cross-metastore needs USE CATALOG, USE SCHEMA, SELECT"));
  const Check& staging = all["grants staging"];
  EXPECT_EQ(staging.status, Check::Status::unknown);
  EXPECT_THAT(staging.found, AllOf(HasSubstr("sql/query needs USE CATALOG, USE SCHEMA, SELECT, MODIFY, CREATE TABLE"),
                                   HasSubstr("group")));
  EXPECT_EQ(staging.remedy, "GRANT USE SCHEMA, SELECT, MODIFY, CREATE TABLE ON CATALOG `staging` TO `lab@example.com`");
}

TEST_F(DoctorOnAWorkspace, CallsGrantsThatCannotBeReadUnknown) {
  prod_grants_ =
      answer_state("FAILED", {{"status", {{"error", {{"error_code", "BAD_REQUEST"}, {"message", "no such syntax"}}}}}});
  const Check grants = checks()["grants prod"];
  EXPECT_EQ(grants.status, Check::Status::unknown);
  EXPECT_THAT(grants.found, AllOf(HasSubstr("needs USE CATALOG"), HasSubstr("no such syntax")));
  EXPECT_EQ(to_string(grants.status), "unknown");
}

TEST_F(DoctorOnAWorkspace, NamesTheGrantsWhereNothingCanBeAsked) {
  state_ = "STOPPED";
  const Check grants = checks()["grants staging"];
  EXPECT_EQ(grants.status, Check::Status::skipped);
  EXPECT_THAT(grants.found, HasSubstr("MODIFY"));
  EXPECT_THAT(order_, Not(::testing::Contains("catalog staging")));
}

TEST_F(DoctorOnAWorkspace, NamesTheGrantsOfAStatementWhoseCatalogsAreNotTold) {
  request_.uses = {{"", {{"sql/query", true}}}};
  const Check grants = checks()["grants"];
  EXPECT_EQ(grants.status, Check::Status::skipped);
  EXPECT_THAT(grants.found, HasSubstr("sql/query needs USE CATALOG, USE SCHEMA, SELECT, MODIFY, CREATE TABLE"));
  EXPECT_THAT(order_, Not(::testing::Contains("grants ")));
}

TEST_F(DoctorOnAWorkspace, AnEmptyCatalogIsNotCalledForbidden) {
  contents_ = answer_state("SUCCEEDED", result_of(Json::array({column("n", "LONG")}), Json::parse(R"([["0"]])"), 1));
  const Check empty = checks()["catalog staging"];
  EXPECT_EQ(empty.status, Check::Status::warning);
  EXPECT_THAT(empty.found, HasSubstr("no tables, or none that can be seen"));
  EXPECT_THAT(empty.remedy, HasSubstr("if it should have some: GRANT USE CATALOG"));
  bool own_left_out = false;
  for (const FakeTransport::Seen& seen : transport_->seen())
    own_left_out = own_left_out || seen.request.body.find("<> 'information_schema'") != std::string::npos;
  EXPECT_TRUE(own_left_out) << "every catalog lists the views of its own information_schema";
}

TEST_F(DoctorOnAWorkspace, ACatalogThatIsNotThereIsHeldAgainstThoseThatAre) {
  contents_ =
      answer_state("FAILED", {{"status",
                               {{"error",
                                 {{"error_code", "BAD_REQUEST"},
                                  {"message", "[NO_SUCH_CATALOG_EXCEPTION] Catalog 'stging' was not found"}}}}}});
  std::map<std::string, Check> all = checks();
  EXPECT_EQ(all["catalog staging"].status, Check::Status::failed);
  EXPECT_THAT(all["catalog staging"].remedy, HasSubstr("check the name, the catalogs here are prod, dr; or: GRANT"));
  EXPECT_EQ(all["catalog prod"].status, Check::Status::failed);
  EXPECT_THAT(all["catalog prod"].remedy, ::testing::StartsWith("GRANT")) << "its name is not what is wrong";
}

}  // namespace
}  // namespace lockstep::testing
