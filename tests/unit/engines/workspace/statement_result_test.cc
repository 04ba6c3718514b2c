#include "engines/workspace/statement_result.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/unit/engines/workspace/statement_lab.h"

namespace lockstep::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Json chunk(const Json& rows, std::int64_t index, const Json& next = nullptr) {
  Json json{{"chunk_index", index}, {"data_array", rows}};
  if (!next.is_null()) {
    json["next_chunk_index"] = next;
    json["next_chunk_internal_link"] = "/api/2.0/sql/statements/s1/result/chunks/" + next.dump();
  }
  return json;
}

TEST(Cells, AreWhatTheirTypesSay) {
  StatementLab lab;
  const Json columns =
      Json::array({column("i", "INT"), column("l", "LONG", "BIGINT"), column("b", "BOOLEAN"),
                   column("d", "DECIMAL", "DECIMAL(10,2)"), column("day", "DATE"), column("at", "TIMESTAMP"),
                   column("s", "STRING"), column("v", "VARIANT"), column("st", "STRUCT", "STRUCT<a: INT>")});
  const Json rows = Json::array(
      {Json::array({"-7", "9223372036854775807", "true", "12.50", "2026-11-24", "2026-11-24T10:00:00.000Z", "", "7",
                    "{\"a\":1}"}),
       Json::array({nullptr, "-9223372036854775808", "false", nullptr, nullptr, nullptr, nullptr, nullptr, nullptr})});
  lab.transport->then(answer_state("SUCCEEDED", result_of(columns, rows, 2)));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(Json(got->rows[0]), Json::array({-7, 9'223'372'036'854'775'807, true, "12.50", "2026-11-24",
                                             "2026-11-24T10:00:00.000Z", "", "7", "{\"a\":1}"}));
  EXPECT_EQ(Json(got->rows[1]), Json::array({nullptr, std::numeric_limits<std::int64_t>::min(), false, nullptr, nullptr,
                                             nullptr, nullptr, nullptr, nullptr}));
  EXPECT_TRUE(got->rows[0][1].is_number_integer());
  EXPECT_EQ(got->columns[1].type, "BIGINT") << "type_text";
  EXPECT_EQ(got->columns[8].type, "STRUCT<a: INT>");
}

TEST(Cells, FloatsAreNumbersAndWhatIsNoneStaysText) {
  StatementLab lab;
  const Json columns = Json::array({column("d", "DOUBLE"), column("f", "FLOAT"), column("i", "INT")});
  lab.transport->then(answer_state(
      "SUCCEEDED", result_of(columns, Json::array({Json::array({"1.5E10", "NaN", "99999999999999999999"})}), 1)));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got);
  EXPECT_EQ(Json(got->rows[0]), Json::array({1.5e10, "NaN", "99999999999999999999"}));
}

TEST(Results, AStatementWithoutColumnsHasNone) {
  StatementLab lab;
  lab.transport->then(answer_state(
      "SUCCEEDED",
      {{"manifest",
        {{"schema", {{"column_count", 0}}}, {"total_chunk_count", 0}, {"total_row_count", 0}, {"truncated", false}}},
       {"result", Json::object()}}));
  const Result<Rows> got = lab.run("CREATE TABLE t (a INT)");
  ASSERT_TRUE(got);
  EXPECT_THAT(got->columns, IsEmpty());
  EXPECT_THAT(got->rows, IsEmpty());
  EXPECT_FALSE(got->truncated);
}

TEST(Results, ASelectWithoutRowsKeepsItsColumns) {
  StatementLab lab;
  lab.transport->then(answer_state("SUCCEEDED", result_of(Json::array({column("n", "INT")}), nullptr, 0, 0)));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->columns.size(), 1U);
  EXPECT_THAT(got->rows, IsEmpty());
}

TEST(Results, DmlTellsHowManyRowsItChanged) {
  StatementLab lab;
  lab.transport->then(answer_state(
      "SUCCEEDED", result_of(Json::array({column("num_affected_rows", "LONG"), column("num_inserted_rows", "LONG")}),
                             Json::array({Json::array({"3", "3"})}), "1")));
  EXPECT_EQ(lab.run("INSERT INTO t SELECT 1")->changed, 3);
}

TEST(Results, FewerRowsThanAnnouncedFail) {
  for (const Json& total : {Json(2), Json("2")}) {
    StatementLab lab;
    lab.transport->then(answer_state(
        "SUCCEEDED", result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1"})}), total)));
    const Result<Rows> got = lab.run();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, "result-incomplete");
    EXPECT_THAT(got.error().message, AllOf(HasSubstr("2 rows"), HasSubstr("1 of them")));
  }
}

TEST(Results, TruncatedIsTold) {
  StatementLab lab;
  Json more = one_row();
  more["manifest"]["truncated"] = true;
  lab.transport->then(answer_state("SUCCEEDED", more));
  EXPECT_TRUE(lab.run()->truncated);
}

TEST(Results, RowsBeyondTheLimitAreLeftOut) {
  StatementLab lab;
  Json rows = Json::array({Json::array({"1"}), Json::array({"2"}), Json::array({"3"})});
  lab.transport->then(answer_state("SUCCEEDED", result_of(Json::array({column("n", "INT")}), rows, 3)));
  const Result<Rows> got = lab.client.run({"SELECT 1", {}, 2}, lab.call);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->rows.size(), 2U);
  EXPECT_TRUE(got->truncated);
  EXPECT_EQ(lab.body()["row_limit"], 2);
}

// ---- Chunks

TEST(Chunks, AreAllFetched) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), nullptr, "3", 3);
  more["result"] = chunk(Json::array({Json::array({"1"})}), 0, 1);
  lab.transport->then(answer_state("SUCCEEDED", more));
  lab.transport->handle([](const HttpRequest& request, const Call&) {
    return request.url.ends_with("/chunks/1") ? answer_json(chunk(Json::array({Json::array({"2"})}), 1, 2).dump())
                                              : answer_json(chunk(Json::array({Json::array({"3"})}), 2).dump());
  });
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(Json(got->rows), Json::parse("[[1],[2],[3]]"));
  EXPECT_EQ(lab.transport->count("GET", "/s1/result/chunks/1"), 1U);
  EXPECT_EQ(lab.transport->count("GET", "/s1/result/chunks/2"), 1U);
}

// With a positive wait_timeout some servers deliver the first chunk only and name no next one.
TEST(Chunks, OnesThatNobodyPointsToAreAskedFor) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1"})}), 2, 2);
  lab.transport->then(answer_state("SUCCEEDED", more))
      .then(answer_json(chunk(Json::array({Json::array({"2"})}), 1).dump()));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->rows.size(), 2U);
}

TEST(Chunks, AMissingOneFails) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1"})}), 2, 2);
  lab.transport->then(answer_state("SUCCEEDED", more)).then(answer_json(R"({"message": "gone"})", 404));
  const Result<Rows> got = lab.run();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, "result-gone");
  EXPECT_THAT(got.error().message, HasSubstr("ran to its end"));
  EXPECT_EQ(lab.submits(), 1U);
}

TEST(Chunks, OneThatPointsToItselfEnds) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), nullptr, 9, 9);
  more["result"] = chunk(Json::array({Json::array({"1"})}), 0, 1);
  lab.transport->then(answer_state("SUCCEEDED", more));
  lab.transport->handle([](const HttpRequest&, const Call&) {
    return answer_json(chunk(Json::array({Json::array({"2"})}), 1, 1).dump());
  });
  EXPECT_EQ(lab.run().error().code, "result-incomplete");
}

// A result of `count` chunks of one row each, and how many of them were asked for at once.
struct ManyChunks {
  explicit ManyChunks(std::int64_t chunks) : count(chunks) {
    Json more = result_of(Json::array({column("n", "INT")}), nullptr, count, count);
    more["result"] = of(0);
    lab.transport->then(answer_state("SUCCEEDED", more));
    lab.transport->handle([this](const HttpRequest& request, const Call& call) {
      most = std::max(most.load(), ++now);
      const std::int64_t index = std::stoll(request.url.substr(request.url.rfind('/') + 1));
      // The later ones come first.
      const auto until = std::chrono::steady_clock::now() + milliseconds(5 * (4 - index % 4));
      while (!call.stopped() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(1));
      --now;
      if (index == broken) return answer_json(R"({"message": "gone"})", 404);
      return answer_json(of(index).dump());
    });
  }
  [[nodiscard]] Json of(std::int64_t index) const {
    return chunk(Json::array({Json::array({std::to_string(index)})}), index,
                 index + 1 < count ? Json(index + 1) : Json(nullptr));
  }
  [[nodiscard]] std::size_t asked() const { return lab.transport->count("GET", "/result/chunks/"); }
  Result<Rows> run(InFlight* budget = nullptr, std::uint64_t max_rows = 100) {
    Statement statement;
    statement.sql = "SELECT 1";
    statement.max_rows = max_rows;
    return lab.client.run(statement, lab.call, budget);
  }

  const std::int64_t count;
  std::int64_t broken = -1;
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  StatementLab lab;
};

TEST(ChunksAhead, KeepTheirOrderWhicheverComesFirst) {
  ManyChunks many(30);
  const Result<Rows> got = many.run();
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->rows.size(), 30U);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(got->rows[static_cast<std::size_t>(i)][0], i);
  EXPECT_EQ(many.asked(), 29U) << "each of them once";
  EXPECT_GT(many.most, 1);
  EXPECT_LE(many.most, 4);
}

TEST(ChunksAhead, TakePlacesThatAreFreeAndGiveThemBack) {
  for (const std::size_t places : {1UL, 2UL, 3UL}) {
    ManyChunks many(12);
    InFlight budget(places);
    {
      const Result<InFlight::Place> own = budget.enter({});
      ASSERT_TRUE(many.run(&budget));
    }
    EXPECT_LE(many.most, static_cast<int>(places));
    std::vector<InFlight::Place> back;
    while (std::optional<InFlight::Place> place = budget.try_enter()) back.push_back(std::move(*place));
    EXPECT_EQ(back.size(), places);
  }
}

TEST(ChunksAhead, ABrokenOneEndsItWhereItStands) {
  ManyChunks many(30);
  many.broken = 5;
  const Result<Rows> got = many.run();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, "result-gone");
  EXPECT_THAT(got.error().message, HasSubstr("part 5"));
  EXPECT_LE(many.asked(), 8U);
}

TEST(ChunksAhead, NothingIsFetchedThatNobodyMayRead) {
  ManyChunks many(30);
  const Result<Rows> got = many.run(nullptr, 3);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->truncated);
  EXPECT_EQ(many.asked(), 2U);
  EXPECT_EQ(many.most, 1);
}

TEST(ChunksAhead, AStopEndsThemAll) {
  ManyChunks many(200);
  std::stop_source stop;
  many.lab.call.stop = stop.get_token();
  std::jthread stopper([&] {
    while (many.asked() < 10) std::this_thread::sleep_for(milliseconds(1));
    stop.request_stop();
  });
  const Result<Rows> got = many.run();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, "cancelled");
  EXPECT_LE(many.asked(), 20U);
}

TEST(Chunks, RowsOfAnotherWidthAreRefused) {
  StatementLab lab;
  lab.transport->then(answer_state(
      "SUCCEEDED", result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1", "2"})}), 1)));
  EXPECT_EQ(lab.run().error().code, "result-incomplete");
}

// ---- Links

Json linked(const std::string& url, std::int64_t index = 0, const Json& next = nullptr) {
  Json link{{"chunk_index", index},
            {"row_offset", 0},
            {"external_link", url},
            {"expiration", "2026-11-24T10:15:00Z"},
            {"http_headers", {{"x-sse", "k"}}}};
  if (!next.is_null()) link["next_chunk_index"] = next;
  return {{"external_links", Json::array({link})}};
}

TEST(Links, AreFollowedWithoutOurCredentials) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), nullptr, 2, 2);
  more["result"] = linked("https://store.example/a?sig=presigned", 0, 1);
  lab.transport->then(answer_state("SUCCEEDED", more))
      .then(answer_json(R"([["1"]])"))
      .then(answer_json(linked("https://store.example/b?sig=presigned", 1).dump()))
      .then(answer_json(R"([["2"]])"));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(Json(got->rows), Json::parse("[[1],[2]]"));
  for (const FakeTransport::Seen& one : lab.transport->seen()) {
    if (one.request.url.find("store.example") == std::string::npos) continue;
    EXPECT_FALSE(one.request.carries_credentials());
    EXPECT_EQ(one.request.headers, (HttpHeaders{{"x-sse", "k"}}));
  }
}

TEST(Links, AnExpiredOneIsAskedForAnew) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), nullptr, 1);
  more["result"] = linked("https://store.example/old?sig=presigned");
  lab.transport->then(answer_state("SUCCEEDED", more))
      .then(answer(403, "<Error>expired</Error>"))
      .then(answer_json(linked("https://store.example/new?sig=presigned").dump()))
      .then(answer_json(R"([["1"]])"));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(lab.transport->count("GET", "/s1/result/chunks/0"), 1U);
}

TEST(Links, NoErrorShowsAnAddress) {
  StatementLab lab;
  Json more = result_of(Json::array({column("n", "INT")}), nullptr, 1);
  more["result"] = linked("https://store.example/path?sig=presigned");
  lab.transport->then(answer_state("SUCCEEDED", more));
  lab.transport->handle([](const HttpRequest&, const Call&) { return answer(400, "bad request"); });
  const Result<Rows> got = lab.run();
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, Not(HasSubstr("presigned")));
}

// ---- CLOSED

TEST(Closed, WithAResultIsASuccess) {
  StatementLab lab;
  lab.transport->then(answer_state("CLOSED", one_row()));
  const Result<Rows> got = lab.run();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->rows[0][0], 1);
  EXPECT_EQ(lab.transport->seen().size(), 1U) << "nothing more is asked of it";
}

TEST(Closed, DdlAndDmlSucceedWithoutRows) {
  const Json counts = result_of(Json::array({column("num_affected_rows", "LONG")}), nullptr, 1);
  for (const char* sql : {"CREATE TABLE t (a INT)", "ALTER TABLE t ADD COLUMNS (b INT)", "INSERT INTO t VALUES (1)",
                          "WITH x AS (SELECT '\\'') INSERT INTO t SELECT * FROM x", "MERGE INTO t USING s ON a = b"})
    for (const Json& more : {Json::object(), counts}) {
      StatementLab lab;
      lab.transport->then(answer_state("CLOSED", more));
      const Result<Rows> got = lab.run(sql);
      ASSERT_TRUE(got) << sql << got.error().message;
      EXPECT_THAT(got->rows, IsEmpty());
      EXPECT_EQ(lab.transport->seen().size(), 1U);
    }
}

TEST(Closed, AQueryWithoutItsRowsFailsSayingThatItRan) {
  const std::vector<Json> cases{Json::object(), result_of(Json::array({column("n", "INT")}), nullptr, 1),
                                result_of(Json::array({column("n", "INT")}), Json::array({Json::array({"1"})}), 2, 2)};
  for (const char* sql : {"SELECT 1", "-- note\nSHOW CREATE TABLE t", "WITH x AS (SELECT 1) SELECT * FROM x"})
    for (const Json& more : cases) {
      StatementLab lab;
      lab.transport->then(answer_state("CLOSED", more));
      const Result<Rows> got = lab.run(sql);
      ASSERT_FALSE(got) << sql << more;
      EXPECT_EQ(got.error().code, "result-gone");
      EXPECT_THAT(got.error().message, AllOf(HasSubstr("ran to its end"), HasSubstr("gone")));
      EXPECT_EQ(lab.transport->seen().size(), 1U) << "neither sent again nor asked for more";
    }
}

TEST(Closed, AQueryWithoutRowsIsNotGone) {
  StatementLab lab;
  lab.transport->then(answer_state("CLOSED", result_of(Json::array({column("n", "INT")}), nullptr, 0, 0)));
  EXPECT_TRUE(lab.run());
}

}  // namespace
}  // namespace lockstep::testing
