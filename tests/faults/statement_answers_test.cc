// What a server says of a statement, in forms that a client does not expect: states, results and numbers, well sent
// over plain connections and TLS. A cell states what the statement comes to, and the requests that were made for it.
#include <ostream>

#include "tests/faults/statement_fixture.h"

namespace lockstep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kTime{5'000};
constexpr const char* kQuery = "SELECT n FROM t";
constexpr const char* kChange = "INSERT INTO t VALUES (1)";

struct Said {
  std::string name;
  std::function<void(LabSetup&)> by;
  std::string code{};  // empty: success
  std::string says{};
  std::string sql = kQuery;
  int rows = 1;  // of a success
  int polls = 0;
  int chunks = 0;  // requests
};

std::function<void(LabSetup&)> states(const std::vector<std::string>& words) {
  return [words](LabSetup& setup) { setup.plan.states = words; };
}
// Of answers to submits and polls.
std::function<void(LabSetup&)> edited(const std::function<void(Json&)>& edit,
                                      const std::vector<std::string>& words = {"SUCCEEDED"}) {
  return [edit, words](LabSetup& setup) {
    setup.plan.states = words;
    setup.plan.edit = [edit](Op op, Json& answer) {
      if (op == Op::submit || op == Op::poll) edit(answer);
    };
  };
}
std::function<void(LabSetup&)> two_chunks(const std::function<void(LabSetup&)>& more = nullptr) {
  return [more](LabSetup& setup) {
    setup.plan.chunks = {Json::parse(R"([["1"], ["2"]])"), Json::parse(R"([["3"]])")};
    if (more) more(setup);
  };
}
std::function<void(LabSetup&)> answering(Op op, const Reply& reply, int times = 1) {
  return [=](LabSetup& setup) { setup.faults.push_back({op, true, [reply](const Reply&) { return reply; }, times}); };
}
std::function<void(LabSetup&)> both(const std::function<void(LabSetup&)>& a, const std::function<void(LabSetup&)>& b) {
  return [=](LabSetup& setup) {
    a(setup);
    b(setup);
  };
}
void without_result(Json& answer) {
  answer.erase("manifest");
  answer.erase("result");
}
Reply text_reply(std::string body) {
  Reply reply = json_reply(nullptr);
  reply.body = std::move(body);
  return reply;
}

void say_states(std::vector<Said>& said) {
  said.push_back({"canceled", states({"RUNNING", "CANCELED"}), "statement-canceled", "s1", kQuery, 0, 1});
  said.push_back({"failed",
                  edited(
                      [](Json& answer) {
                        answer["status"]["error"] = {{"error_code", "BAD_REQUEST"},
                                                     {"message", "[DIVIDE_BY_ZERO] Division by zero."}};
                        answer["status"]["sql_state"] = "22012";
                      },
                      {"FAILED"}),
                  "sql-failed", "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012"});
  said.push_back({"failed_with_a_number",
                  edited(
                      [](Json& answer) {
                        answer["status"]["error"] = {{"error_code", 400}, {"message", "[PARSE_SYNTAX_ERROR] no"}};
                      },
                      {"FAILED"}),
                  "sql-invalid", "[PARSE_SYNTAX_ERROR] no"});
  said.push_back({"failed_without_a_word", states({"FAILED"}), "sql-failed", "does not say why"});
  said.push_back({"unknown_states", states({"STATE_UNSPECIFIED", "DEFROSTING", "SUCCEEDED"}), "", "", kQuery, 1, 2});
  said.push_back({"no_state_at_first",
                  [](LabSetup& setup) {
                    setup.plan.states = {"RUNNING", "SUCCEEDED"};
                    setup.plan.edit = [](Op op, Json& answer) {
                      if (op == Op::submit) answer.erase("status");
                    };
                  },
                  "", "", kQuery, 1, 1});
  said.push_back({"closed_with_result", states({"CLOSED"})});
  said.push_back({"closed_query_without_result", edited(without_result, {"CLOSED"}), "result-gone", "ran to its end"});
  said.push_back({"closed_after_polls_without_result", edited(without_result, {"RUNNING", "CLOSED"}), "result-gone",
                  "ran to its end", kQuery, 0, 1});
  said.push_back({"closed_change", edited(without_result, {"CLOSED"}), "", "", kChange, 0});
  said.push_back({"closed_with_chunks_to_fetch", two_chunks(states({"CLOSED"})), "result-gone", "ran to its end"});
  said.push_back({"succeeded_change", edited(without_result), "", "", kChange, 0});
  said.push_back({"succeeded_query_without_manifest", edited(without_result), "result-incomplete", "no manifest"});
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of a std::function in a vector that grows
}

void say_results(std::vector<Said>& said) {
  const auto manifest = [](const char* key, const Json& value) {
    return edited([=](Json& answer) {
      if (answer.contains("manifest")) answer["manifest"][key] = value;
    });
  };
  said.push_back({"numbers_as_texts", two_chunks([](LabSetup& setup) {
                    setup.plan.edit = [](Op, Json& answer) {
                      Json& holder = answer.contains("manifest") ? answer["manifest"] : answer;
                      for (const char* key : {"total_chunk_count", "total_row_count"})
                        if (holder.contains(key)) holder[key] = holder[key].dump();
                      Json& chunk = answer.contains("result") ? answer["result"] : answer;
                      for (const char* key : {"chunk_index", "next_chunk_index"})
                        if (chunk.contains(key)) chunk[key] = chunk[key].dump();
                    };
                  }),
                  "", "", kQuery, 3, 0, 1});
  said.push_back({"unknown_words", edited([](Json& answer) {
                    if (!answer.contains("manifest")) return;
                    answer["manifest"]["format"] = "TABLET";
                    answer["manifest"]["result_compression"] = "SQUEEZED";
                    answer["manifest"]["schema"]["columns"][0]["type_name"] = "HOLOGRAM";
                    answer["status"]["mood"] = {{"is", "fine"}};
                  })});
  said.push_back({"truncated", manifest("truncated", true)});
  said.push_back({"fewer_rows", manifest("total_row_count", 3), "result-incomplete", "has 3 rows, and 1 of them"});
  said.push_back(
      {"fewer_rows_in_text", manifest("total_row_count", "3"), "result-incomplete", "has 3 rows, and 1 of them"});
  said.push_back({"more_rows", manifest("total_row_count", 0), "result-incomplete", "has 0 rows, and 1 of them"});
  said.push_back({"a_row_too_wide", edited([](Json& answer) {
                    if (answer.contains("result")) answer["result"]["data_array"] = Json::parse(R"([["1", "2"]])");
                  }),
                  "result-incomplete", "the 1 cell that"});
  said.push_back({"rows_that_are_none", edited([](Json& answer) {
                    if (answer.contains("result")) answer["result"]["data_array"] = Json::parse(R"(["1"])");
                  }),
                  "result-incomplete", "the 1 cell that"});
  said.push_back({"chunk_announced_and_missing",
                  edited([](Json& answer) { answer["manifest"]["total_chunk_count"] = 2; }), "result-incomplete", "",
                  kQuery, 0, 0, 1});
  said.push_back({"chunk_is_empty", two_chunks(answering(Op::chunk, json_reply(Json::object()), 9)),
                  "result-incomplete", "part 1", kQuery, 0, 0, 1});
  said.push_back({"chunk_gone_404",
                  two_chunks(answering(Op::chunk, json_reply({{"error_code", 404}, {"message", "expired"}}, 404), 9)),
                  "result-gone", "part 1", kQuery, 0, 0, 1});
  said.push_back({"chunk_gone_410",
                  two_chunks(answering(Op::chunk, json_reply({{"error_code", 410}, {"message", "expired"}}, 410), 9)),
                  "result-gone", "part 1", kQuery, 0, 0, 1});
  said.push_back({"chunk_is_a_list", two_chunks(answering(Op::chunk, text_reply("[]"), 9)), "result-incomplete",
                  "part 1", kQuery, 0, 0, 1});
  said.push_back({"chunk_is_no_json", two_chunks(answering(Op::chunk, text_reply("{\"data_array\": [["), 9)),
                  "result-incomplete", "had succeeded", kQuery, 0, 0, 1});
  const auto links = [](LabSetup& setup) { setup.plan.links = true; };
  const Reply expired = json_reply({{"message", "expired"}}, 403);
  said.push_back({"links", two_chunks(links), "", "", kQuery, 3, 0, 1});
  said.push_back({"a_link_expired", two_chunks(both(links, answering(Op::link, expired))), "", "", kQuery, 3, 0, 2});
  said.push_back({"links_always_expired", two_chunks(both(links, answering(Op::link, expired, 99))),
                  "result-incomplete", "had succeeded", kQuery, 0, 0, 1});
  said.push_back({"a_link_to_no_json", two_chunks(both(links, answering(Op::link, text_reply("[[1], "), 9))),
                  "result-incomplete", "had succeeded"});
  said.push_back({"a_link_to_an_object", two_chunks(both(links, answering(Op::link, text_reply("{}"), 9))),
                  "result-incomplete", "no list of rows"});
}

// An answer that is well formed HTTP and nothing else: it tells nothing.
void say_nonsense(std::vector<Said>& said) {
  const std::vector<std::pair<std::string, std::string>> bodies{{"cut_json", "{\"statement_id\": \"s1\", \"sta"},
                                                                {"a_list", "[]"},
                                                                {"a_text", "\"s1\""},
                                                                {"null", "null"},
                                                                {"nothing", ""},
                                                                {"noise", std::string(64, '\x07')},
                                                                {"deep", std::string(100'000, '[')}};
  for (const auto& [name, body] : bodies) {
    // The statement ran, and the history tells.
    said.push_back(
        {"submit_" + name, both(states({"SUCCEEDED"}), answering(Op::submit, text_reply(body))), "", "", kQuery, 1, 1});
    // The next poll tells.
    said.push_back({"poll_" + name,
                    both(states({"RUNNING", "RUNNING", "SUCCEEDED"}), answering(Op::poll, text_reply(body))), "", "",
                    kQuery, 1, 2});
    said.push_back({"history_" + name,
                    both(answering(Op::submit, text_reply("")), answering(Op::history, text_reply(body), 99)),
                    "outcome-unknown", "may have run"});
  }
}

struct Cell {
  Said said;
  bool tls = false;
};

std::vector<Cell> cells() {
  std::vector<Said> said;
  say_states(said);
  say_results(said);
  say_nonsense(said);
  std::vector<Cell> made;
  for (const bool tls : {false, true})
    for (const Said& one : said) made.push_back({one, tls});
  return made;
}

void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.said.name;
}

std::string cell_name(const ::testing::TestParamInfo<Cell>& info) {
  return fmt::format("{}_{}", info.param.said.name, info.param.tls ? "tls" : "plain");
}

class StatementAnswers : public ::testing::TestWithParam<Cell> {};

TEST_P(StatementAnswers, AreUnderstoodAsStated) {
  const Said& said = GetParam().said;
  LabSetup setup;
  setup.tls = GetParam().tls;
  said.by(setup);
  WorkspaceLab lab(std::move(setup));
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kTime, said.sql);
  const std::string text = text_of(rows);
  EXPECT_LE(since(began), kTime + kGrace);
  EXPECT_EQ(rows ? "" : rows.error().code, said.code) << text;
  EXPECT_THAT(text, HasSubstr(said.says));
  EXPECT_THAT(text, Not(HasSubstr("of-the-test"))) << "a token, or a link's signature";
  if (rows) {
    EXPECT_EQ(static_cast<int>(rows->rows.size()), said.rows);
    EXPECT_EQ(rows->truncated, said.name == "truncated");
  } else {
    EXPECT_FALSE(rows.error().remedy.empty()) << text;
  }
  EXPECT_EQ(lab.api.requests(Op::submit), 1);
  EXPECT_EQ(lab.api.executions(), 1);
  EXPECT_EQ(lab.api.requests(Op::poll), said.polls) << text;
  EXPECT_EQ(lab.api.requests(Op::chunk), said.chunks) << text;
}

INSTANTIATE_TEST_SUITE_P(Cells, StatementAnswers, ::testing::ValuesIn(cells()), cell_name);

}  // namespace
}  // namespace lockstep::testing
