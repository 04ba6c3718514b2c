#include "engines/workspace/statements.h"

#include <set>

#include "tests/unit/engines/workspace/statement_lab.h"

namespace lockstep::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string all_of(const Error& error) {
  std::string text = error.message;
  for (const std::string& context : error.context) text += "\n" + context;
  return text + "\n" + error.remedy;
}

// ---- The submit

TEST(Submit, UsesPublicFieldsOnly) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  const std::set<std::string> open{"statement",  "warehouse_id", "catalog",         "schema",
                                   "parameters", "row_limit",    "byte_limit",      "disposition",
                                   "format",     "wait_timeout", "on_wait_timeout", "query_tags"};
  const Json body = lab.body();
  for (const auto& [key, value] : body.items()) EXPECT_TRUE(open.contains(key)) << key;
  EXPECT_EQ(body["format"], "JSON_ARRAY");
  EXPECT_EQ(body["disposition"], "INLINE");
  EXPECT_EQ(body["on_wait_timeout"], "CONTINUE");
  EXPECT_EQ(body["warehouse_id"], "wh1");
  const HttpRequest request = lab.transport->seen()[0].request;
  EXPECT_EQ(request.url, "https://ws.example/api/2.0/sql/statements");
  EXPECT_THAT(request.headers,
              ::testing::Contains(std::pair<std::string, std::string>("Authorization", "Bearer dapi-secret-token")));
}

TEST(Submit, CarriesRunStepAndAttemptAsTags) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", one_row())).then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  ASSERT_TRUE(lab.run());
  std::vector<std::string> values;
  std::set<std::string> keys;
  const Json body = lab.body();
  for (const Json& tag : body["query_tags"]) {
    keys.insert(tag["key"]);
    values.push_back(tag["value"]);
  }
  EXPECT_GE(keys.size(), 3U);
  EXPECT_EQ(keys.size(), values.size());
  EXPECT_THAT(values, ::testing::IsSupersetOf({"run-7", "count", "2"}));
  EXPECT_NE(lab.body(0)["query_tags"], lab.body(1)["query_tags"]) << "each submit has a mark of its own";
}

TEST(Submit, SendsTheStatementByteForByte) {
  StatementLab lab;
  const std::string sql = "\n  -- why: \"ä\" ${x} :p \t\r\nSELECT 'it''s' /* a; b */ ;  \n";
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run(sql));
  EXPECT_EQ(lab.body()["statement"], sql);
}

TEST(Submit, ParametersHaveNameValueAndType) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  Statement statement{"SELECT :a",
                      {{"s", " as it is "},
                       {"small", 7},
                       {"large", 9'223'372'036'854'775'807},
                       {"low", -9'223'372'036'854'775'807 - 1},
                       {"yes", true},
                       {"no", false},
                       {"half", 0.5},
                       {"huge", 18'446'744'073'709'551'615ULL},
                       {"none", nullptr}},
                      10};
  ASSERT_TRUE(lab.client.run(statement, lab.call));
  EXPECT_EQ(lab.body()["parameters"], Json::parse(R"json([
      {"name": "s", "value": " as it is ", "type": "STRING"},
      {"name": "small", "value": "7", "type": "INT"},
      {"name": "large", "value": "9223372036854775807", "type": "BIGINT"},
      {"name": "low", "value": "-9223372036854775808", "type": "BIGINT"},
      {"name": "yes", "value": "true", "type": "BOOLEAN"},
      {"name": "no", "value": "false", "type": "BOOLEAN"},
      {"name": "half", "value": "0.5", "type": "DOUBLE"},
      {"name": "huge", "value": "18446744073709551615", "type": "DECIMAL(20,0)"},
      {"name": "none", "type": "STRING"}])json"));
}

// The answer must be here before the step's deadline: without its id a statement cannot be cancelled.
TEST(Submit, WaitsOnTheServerOnlyWhileThereIsTime) {
  const auto waited = [](std::optional<milliseconds> left, bool long_running) {
    StatementLab lab;
    lab.transport->then(answer_state("SUCCEEDED", one_row()));
    if (left) lab.call.deadline = lab.time.now() + *left;
    Statement statement{"SELECT 1", {}, 10, long_running};
    EXPECT_TRUE(lab.client.run(statement, lab.call));
    return lab.body()["wait_timeout"].get<std::string>();
  };
  EXPECT_EQ(waited(std::nullopt, false), "5s") << "one request a statement";
  EXPECT_EQ(waited(seconds(60), false), "5s");
  EXPECT_EQ(waited(seconds(6), false), "0s");
  EXPECT_EQ(waited(seconds(1), false), "0s");
  EXPECT_EQ(waited(std::nullopt, true), "0s") << "its id comes at once";
}

TEST(Submit, OneRequestIsEnoughForAQuickStatement) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(lab.transport->seen().size(), 1U);
}

// ---- The way to the end

TEST(Polling, TheIdIsJournaledBeforeTheFirstPoll) {
  StatementLab lab;
  lab.transport->then(answer_state("RUNNING")).then(answer_state("SUCCEEDED"));
  ASSERT_TRUE(lab.run("INSERT INTO t VALUES (1)"));
  EXPECT_THAT(lab.journal, ElementsAre("dr s1 awaited after 1 requests"));
}

TEST(Polling, TheIdOfWhatHasEndedNeedNotBeOnTheDiskFirst) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED"));
  ASSERT_TRUE(lab.run("INSERT INTO t VALUES (1)"));
  EXPECT_THAT(lab.journal, ElementsAre("dr s1 after 1 requests"));
}

TEST(Polling, AQueryOfOurOwnReadsWhateverItsWordsAre) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  Statement statement;
  statement.sql = "a digest whose words nobody reads";
  statement.is_query = true;
  ASSERT_TRUE(lab.client.run(statement, lab.call));
  EXPECT_THAT(lab.journal, ElementsAre("dr s1 after 1 requests"));
  EXPECT_TRUE(lab.body().contains("row_limit"));
}

TEST(Polling, WithoutAJournalNothingGoesOn) {
  StatementLab lab;
  auto trace = std::make_shared<CallTrace>(*lab.call.trace);
  trace->on_submitted = [](std::string_view, std::string_view, bool) -> Result<void> {
    return Error("journal-not-writable"_code, "the disk is full", "make room");
  };
  lab.call.trace = trace;
  lab.transport->then(answer_state("RUNNING")).then(answer_json("{}")).then(answer_state("CANCELED"));
  const Result<Rows> rows = lab.run();
  EXPECT_EQ(rows.error().code, "journal-not-writable");
  EXPECT_EQ(lab.cancels(), 1U);
}

TEST(Polling, BeginsSoonIsNeverHastyAndNeverSlow) {
  StatementLab lab;
  lab.transport->then(answer_state("PENDING"));
  for (int i = 0; i < 40; ++i) lab.transport->then(answer_state("RUNNING"));
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  const std::vector<milliseconds> waits = lab.time.waits();
  ASSERT_EQ(waits.size(), 41U);
  EXPECT_LE(waits.front(), seconds(1));
  for (const milliseconds wait : waits) {
    EXPECT_GE(wait.count() * 13, 1000) << "at most 13 a second";
    EXPECT_LE(wait, seconds(5));
  }
}

TEST(Polling, AnUnknownStateIsPolledOn) {
  StatementLab lab;
  lab.transport->then(answer_state("STATE_UNSPECIFIED"))
      .then(answer_state("DEFROSTING"))
      .then(answer_json(R"({"statement_id": "s1"})"))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(lab.transport->count("GET", "/statements/s1"), 3U);
}

TEST(Polling, AWarehouseThatStartsIsShown) {
  StatementLab quick;
  quick.transport->then(answer_state("PENDING"))
      .then(answer_state("PENDING"))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(quick.run());
  EXPECT_THAT(quick.shown, IsEmpty()) << "every statement is PENDING for a moment";

  StatementLab lab;
  for (int i = 0; i < 10; ++i) lab.transport->then(answer_state("PENDING"));
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_THAT(lab.shown, Each(HasSubstr("warehouse wh1 is starting")));
  EXPECT_FALSE(lab.shown.empty());
}

TEST(Polling, OutlivesATroubleOfTheServer) {
  StatementLab lab;
  lab.transport->then(answer_state("RUNNING"));
  for (int i = 0; i < 8; ++i) lab.transport->then(answer(500, "oops"));
  lab.transport->then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(lab.submits(), 1U);
}

TEST(Polling, AStateThatCannotBeReadIsUnknown) {
  StatementLab lab;
  lab.transport->then(answer_state("RUNNING")).then(answer_json(R"({"message": "no"})", 404));
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "outcome-unknown");
  EXPECT_THAT(error.message, AllOf(HasSubstr("may have run"), HasSubstr("s1")));
  EXPECT_EQ(lab.submits(), 1U);
}

// ---- Its end

TEST(Ending, CanceledIsAFailure) {
  StatementLab lab;
  lab.transport->then(answer_state("CANCELED"));
  EXPECT_EQ(lab.run().error().code, "statement-canceled");
}

TEST(Ending, AFailureKeepsMessageClassAndSqlState) {
  struct Case {
    Json status;
    const char* code;
    const char* state;
  };
  const std::vector<Case> cases{
      {{{"state", "FAILED"},
        {"sql_state", "42P01"},
        {"error",
         {{"error_code", "BAD_REQUEST"}, {"message", "\n[TABLE_OR_VIEW_NOT_FOUND] The table `x` is not there."}}}},
       "sql-unknown-name",
       "42P01"},
      {{{"state", "FAILED"},
        {"error",
         {{"error_code", "BAD_REQUEST"},
          {"message", "\n[PARSE_SYNTAX_ERROR] Syntax error. SQLSTATE: 42601 (line 1)"}}}},
       "sql-invalid",
       "42601"},
      {{{"state", "FAILED"},
        {"sql_state", "22012"},
        {"error", {{"error_code", 400}, {"message", "[DIVIDE_BY_ZERO] Division by zero."}}}},
       "sql-failed",
       "22012"},
      {{{"state", "FAILED"},
        {"sql_state", "42501"},
        {"error", {{"message", "[INSUFFICIENT_PERMISSIONS] User lacks SELECT."}}}},
       "sql-denied",
       "42501"},
  };
  for (const Case& one : cases) {
    StatementLab lab;
    lab.transport->then(answer_state("FAILED", {{"status", one.status}}));
    const Error error = lab.run().error();
    EXPECT_EQ(error.code, one.code);
    EXPECT_THAT(error.message, ::testing::StartsWith("["));
    EXPECT_THAT(error.message, HasSubstr(one.state));
    EXPECT_FALSE(error.remedy.empty());
    EXPECT_THAT(error.context, ElementsAre("statement s1"));
  }
}

TEST(Ending, AFailureWithoutAnyWordIsStillOne) {
  StatementLab lab;
  lab.transport->then(answer_state("FAILED"));
  EXPECT_EQ(lab.run().error().code, "sql-failed");
}

TEST(Ending, AResultTooLargeForInlineComesAsLinks) {
  StatementLab lab;
  lab.transport
      ->then(answer_state("FAILED", {{"status",
                                      {{"state", "FAILED"},
                                       {"error",
                                        {{"error_code", "BAD_REQUEST"},
                                         {"message",
                                          "Inline byte limit exceeded. Statements executed with "
                                          "disposition=INLINE can have ..."}}}}}}))
      .then(answer_state("SUCCEEDED", one_row()));
  ASSERT_TRUE(lab.run());
  EXPECT_EQ(lab.body(1)["disposition"], "EXTERNAL_LINKS");
}

// ---- A submit whose answer is lost

TEST(LostSubmit, IsNotRepeatedAndEndsUnknown) {
  using Kind = HttpFailure::Kind;
  struct Case {
    const char* name;
    HttpResult first;
  };
  const std::vector<Case> cases{{"500", answer(500, "oops")},
                                {"502", answer(502, "<html>bad gateway</html>", {{"Content-Type", "text/html"}})},
                                {"503 without Retry-After", answer(503)},
                                {"504", answer(504)},
                                {"reset", failure(Kind::closed, true)},
                                {"cut", failure(Kind::cut, true)},
                                {"garbage", failure(Kind::garbage, true)},
                                {"too large", failure(Kind::too_large, true)},
                                {"timeout", failure(Kind::timeout, true)},
                                {"no JSON", answer_json("{\"statement_id\": \"s")},
                                {"no id", answer_json("{}")}};
  for (const Case& one : cases) {
    StatementLab lab;
    lab.transport->then(one.first);
    for (int i = 0; i < 20; ++i) lab.transport->then(answer_json(R"({"res": []})"));
    const Error error = lab.run().error();
    EXPECT_EQ(error.code, "outcome-unknown") << one.name;
    EXPECT_THAT(error.message, HasSubstr("may have run")) << one.name;
    EXPECT_EQ(lab.submits(), 1U) << one.name;
    EXPECT_GE(lab.transport->count("GET", kHistory), 3U) << one.name << ": a row may come late";
    EXPECT_THAT(lab.journal, IsEmpty());
  }
}

TEST(LostSubmit, IsSettledByItsOwnTags) {
  StatementLab lab;
  lab.transport->then(failure(HttpFailure::Kind::closed, true)).then(answer_json(R"({"res": []})"));
  // The second look finds the row, on the second page.
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url.find("page_token=p2") != std::string::npos)
      return answer_json(history_row(lab.body()["query_tags"], "s9"));
    if (request.url.find(kHistory) != std::string::npos) return answer_json(R"({"res": [], "next_page_token": "p2"})");
    EXPECT_THAT(request.url, HasSubstr("/statements/s9"));
    Json done{{"statement_id", "s9"}, {"status", {{"state", "SUCCEEDED"}}}};
    done.update(one_row());
    return answer_json(done.dump());
  });
  const Result<Rows> rows = lab.run();
  ASSERT_TRUE(rows) << all_of(rows.error());
  EXPECT_EQ(rows->rows[0][0], 1);
  EXPECT_EQ(lab.submits(), 1U);
  EXPECT_EQ(lab.journal.size(), 1U);
}

TEST(LostSubmit, ARowWithTheSameTextButOtherTagsSettlesNothing) {
  StatementLab lab;
  lab.transport->then(failure(HttpFailure::Kind::closed, true));
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    EXPECT_THAT(request.url, HasSubstr(kHistory));
    Json tags = lab.body()["query_tags"];
    tags.back()["value"] = "another submit of the same step";
    Json row = Json::parse(history_row(tags));
    row["res"][0]["query_text"] = "SELECT 1";
    return answer_json(row.dump());
  });
  EXPECT_EQ(lab.run().error().code, "outcome-unknown");
  EXPECT_EQ(lab.submits(), 1U);
}

TEST(LostSubmit, ARowWithoutTagsSettlesNothing) {
  StatementLab lab;
  lab.transport->then(failure(HttpFailure::Kind::closed, true));
  lab.transport->handle([&](const HttpRequest&, const Call&) {
    return answer_json(R"({"res": [{"query_id": "s1", "query_text": "SELECT 1", "status": "FINISHED"}]})");
  });
  EXPECT_EQ(lab.run().error().code, "outcome-unknown");
}

TEST(LostSubmit, AHistoryThatCannotBeReadSaysSo) {
  StatementLab lab;
  lab.transport->then(failure(HttpFailure::Kind::closed, true)).then(answer_json(R"({"message": "no"})", 403));
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "outcome-unknown");
  EXPECT_THAT(error.message, HasSubstr("cannot be read"));
}

// ---- A submit that cannot have run

TEST(RefusedSubmit, IsRepeatedWhereNothingCanHaveRun) {
  const std::vector<HttpResult> first{failure(HttpFailure::Kind::refused), answer(429),
                                      answer(503, "", {{"Retry-After", "0"}})};
  for (const HttpResult& refusal : first) {
    StatementLab lab;
    lab.transport->then(refusal).then(refusal).then(answer_state("SUCCEEDED", one_row()));
    const Result<Rows> rows = lab.run();
    ASSERT_TRUE(rows) << all_of(rows.error());
    EXPECT_EQ(lab.submits(), 3U);
    EXPECT_EQ(lab.transport->count("GET", kHistory), 0U);
    EXPECT_FALSE(lab.shown.empty());
    EXPECT_THAT(lab.shown, Each(AllOf(HasSubstr("; again in 0."), HasSubstr("s, for "), HasSubstr(" at most"))));
  }
}

TEST(RefusedSubmit, ARetryAfterBeyondTheDeadlineFailsAtOnce) {
  StatementLab lab;
  lab.call.deadline = lab.time.now() + seconds(5);
  lab.transport->then(answer(429, "", {{"Retry-After", "120"}}));
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "workspace-throttled");
  EXPECT_THAT(error.message, AllOf(HasSubstr("throttles"), HasSubstr("120 s")));
  EXPECT_EQ(lab.submits(), 1U);
}

TEST(RefusedSubmit, HasNotRun) {
  struct Case {
    HttpResult result;
    const char* code;
    const char* says;
  };
  const std::vector<Case> cases{
      {answer_json(R"({"error_code": 401, "message": "Credential was not sent"})", 401), "authentication-refused",
       "authentication"},
      {answer_json(R"({"error_code": 403, "message": "Invalid access token."})", 403), "authentication-refused",
       "authentication"},
      {answer_json(R"({"error_code": "INVALID_PARAMETER_VALUE", "message": "bad"})", 400), "workspace-refused",
       "INVALID_PARAMETER_VALUE: bad"},
      {answer_json(R"({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no warehouse"})", 404), "workspace-refused",
       "no warehouse"},
      {answer(302, "", {{"Location", "https://login.example/x?secret=1"}}), "workspace-redirected",
       "redirect (302) to https://login.example/x"},
      {answer(200, "<html><title>Sign in</title></html>", {{"Content-Type", "text/html"}}), "workspace-answer-html",
       "HTML"},
      {answer(200, "  <!doctype html><pre>hello</pre>"), "workspace-answer-html", "hello"},
      {failure(HttpFailure::Kind::certificate), "workspace-certificate-refused", "certificate"},
  };
  for (const Case& one : cases) {
    StatementLab lab;
    lab.transport->then(one.result);
    const Error error = lab.run().error();
    EXPECT_EQ(error.code, one.code);
    EXPECT_THAT(error.message, HasSubstr(one.says));
    EXPECT_THAT(all_of(error), Not(HasSubstr("secret")));
    EXPECT_FALSE(error.remedy.empty());
    EXPECT_EQ(lab.transport->seen().size(), 1U) << one.code;
  }
}

TEST(RefusedSubmit, ARedirectOfAPollIsNamedAndNotFollowed) {
  StatementLab lab;
  lab.transport->then(answer_state("RUNNING")).then(answer(307, "", {{"Location", "https://elsewhere/"}}));
  const Error error = lab.run().error();
  EXPECT_THAT(error.message, HasSubstr("redirect"));
  EXPECT_EQ(lab.transport->seen().size(), 2U);
}

// ---- Interruption

TEST(Interruption, TheDeadlineCancelsAndWaitsForTheEnd) {
  StatementLab lab;
  lab.call.deadline = lab.time.now() + seconds(3);
  bool cancelled = false;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url.find("/cancel") != std::string::npos) {
      cancelled = true;
      return answer_json("{}");
    }
    return answer_state(cancelled ? "CANCELED" : "RUNNING");
  });
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "timeout");
  EXPECT_THAT(error.message, HasSubstr("timeout"));
  EXPECT_THAT(error.context, ElementsAre(HasSubstr("has cancelled the statement s1")));
  EXPECT_EQ(lab.cancels(), 1U);
}

TEST(Interruption, AServerThatDoesNotCancelIsAwaitedForTwoSecondsAtMost) {
  StatementLab lab;
  lab.call.deadline = lab.time.now() + seconds(3);
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    return request.url.find("/cancel") != std::string::npos ? answer_json("{}") : answer_state("RUNNING");
  });
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "timeout");
  EXPECT_THAT(error.context, ElementsAre(HasSubstr("may still run")));
  EXPECT_LE(lab.time.passed(), milliseconds(5250));
  EXPECT_GE(lab.time.passed(), milliseconds(4900));
}

// A statement whose cancel comes too late: it runs until it is asked for, and has ended by then.
Result<Rows> run_too_long(const std::string& sql) {
  StatementLab lab;
  lab.call.deadline = lab.time.now() + seconds(1);
  bool asked = false;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url.find("/cancel") != std::string::npos) {
      asked = true;
      return answer_json("{}");
    }
    return answer_state(asked ? "SUCCEEDED" : "RUNNING");
  });
  return lab.run(sql);
}

TEST(Interruption, AStatementThatEndedBeforeTheCancelIsSaidToHaveEnded) {
  const Result<Rows> rows = run_too_long("SELECT 1");
  EXPECT_EQ(rows.error().code, "timeout");
  EXPECT_THAT(rows.error().context, ElementsAre(HasSubstr("had come to its end")));
}

TEST(Interruption, AChangeThatTookBeforeTheCancelIsNoFailure) {
  const Result<Rows> rows = run_too_long("INSERT INTO t VALUES (1)");
  EXPECT_TRUE(rows) << "whoever is told \"cancelled\" makes it again";
}

TEST(Interruption, AStopCancelsAtOnce) {
  StatementLab lab;
  std::stop_source stop;
  lab.call.stop = stop.get_token();
  int waits = 0;
  lab.time.on_wait = [&] {
    if (++waits == 3) stop.request_stop();
  };
  bool cancelled = false;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    cancelled = cancelled || request.url.find("/cancel") != std::string::npos;
    return cancelled ? answer_state("CANCELED") : answer_state("RUNNING");
  });
  const Error error = lab.run().error();
  EXPECT_EQ(error.code, "cancelled");
  EXPECT_EQ(lab.cancels(), 1U);
}

// The submit itself was interrupted: without an id, only the history can tell what to cancel.
TEST(Interruption, AStopDuringTheSubmitFindsTheStatementAndCancelsIt) {
  StatementLab lab;
  std::stop_source stop;
  lab.call.stop = stop.get_token();
  bool cancelled = false;
  lab.transport->handle([&](const HttpRequest& request, const Call&) {
    if (request.url.ends_with("/sql/statements")) {
      stop.request_stop();
      return failure(HttpFailure::Kind::cancelled, true);
    }
    if (request.url.find(kHistory) != std::string::npos) return answer_json(history_row(lab.body()["query_tags"]));
    cancelled = cancelled || request.url.find("/cancel") != std::string::npos;
    return cancelled ? answer_state("CANCELED") : answer_state("RUNNING");
  });
  EXPECT_EQ(lab.run().error().code, "cancelled");
  EXPECT_EQ(lab.cancels(), 1U);
}

TEST(Interruption, AStopBeforeAnythingWasSentChangesNothing) {
  StatementLab lab;
  std::stop_source stop;
  stop.request_stop();
  lab.call.stop = stop.get_token();
  EXPECT_EQ(lab.run().error().code, "cancelled");
  EXPECT_THAT(lab.transport->seen(), IsEmpty());
}

}  // namespace
}  // namespace lockstep::testing
