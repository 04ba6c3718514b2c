// Tokens that expire under way, and servers that say aloud what they were told in confidence.
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/faults/statement_fixture.h"

namespace lockstep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kTime{5'000};
constexpr int kThreads = 16;

class StatementTokens : public ::testing::TestWithParam<bool> {
 protected:
  static LabSetup signed_in() {
    LabSetup made;
    made.tls = GetParam();
    made.oauth = true;
    return made;
  }
  // One statement a thread, all at once.
  static void run_all(const WorkspaceLab& lab) {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&lab, i] {
        const Result<Rows> rows = lab.run(kTime, fmt::format("SELECT {}", i));
        EXPECT_TRUE(rows) << text_of(rows);
      });
  }
};

TEST_P(StatementTokens, AnExpiredOneIsReplacedAndTheSubmitSentOnceMore) {
  WorkspaceLab lab(signed_in());
  ASSERT_TRUE(lab.run(kTime));
  lab.api.revoke();
  const Result<Rows> rows = lab.run(kTime, "INSERT INTO t VALUES (1)");
  ASSERT_TRUE(rows) << text_of(rows);
  EXPECT_EQ(lab.api.requests(Op::token), 2);
  EXPECT_EQ(lab.api.requests(Op::submit), 3);
  EXPECT_EQ(lab.api.executions(), 2);
  EXPECT_EQ(lab.api.most_executions(), 1);
}

TEST_P(StatementTokens, OneThatExpiresWhileAStatementRunsIsReplaced) {
  LabSetup made = signed_in();
  made.plan.states = {"RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"};
  std::atomic<StatementApi*> api = nullptr;
  made.server = [&api](ServerSetup& server) {
    server.handler = [&api, honest = server.handler](const ServedRequest& request) {
      if (request.target.ends_with("/s1") && api.load()->requests(Op::poll) == 1) api.load()->revoke();
      return honest(request);
    };
  };
  WorkspaceLab lab(std::move(made));
  api = &lab.api;
  const Result<Rows> rows = lab.run(kTime);
  EXPECT_TRUE(rows) << text_of(rows);
  EXPECT_EQ(lab.api.requests(Op::token), 2);
  EXPECT_EQ(lab.api.executions(), 1);
}

TEST_P(StatementTokens, ARefusalThatStaysEndsAfterTwoRequests) {
  for (const int status : {401, 403})
    for (const bool oauth : {false, true}) {
      LabSetup made = signed_in();
      made.oauth = oauth;
      made.faults = {
          {Op::submit, false,
           [status](const Reply&) { return json_reply({{"error_code", status}, {"message", "no"}}, status); }, 99}};
      WorkspaceLab lab(std::move(made));
      const Result<Rows> rows = lab.run(kTime);
      EXPECT_EQ(rows.error().code, "authentication-refused") << text_of(rows);
      EXPECT_THAT(rows.error().message, HasSubstr("authentication"));
      EXPECT_EQ(lab.api.requests(Op::submit), oauth && status == 401 ? 2 : 1);
      EXPECT_EQ(lab.api.requests(Op::token), !oauth ? 0 : status == 401 ? 2 : 1) << "a 403 is about something else";
      EXPECT_EQ(lab.api.executions(), 0);
    }
}

TEST_P(StatementTokens, OneIsFetchedForAllThreads) {
  LabSetup made = signed_in();
  made.server = [](ServerSetup& server) { server.latency = milliseconds(30); };
  WorkspaceLab lab(std::move(made));
  run_all(lab);
  EXPECT_EQ(lab.api.requests(Op::token), 1) << "at the beginning";
  lab.api.revoke();
  run_all(lab);
  EXPECT_EQ(lab.api.requests(Op::token), 2) << "after it was refused";
  EXPECT_EQ(lab.api.executions(), 2 * kThreads);
  EXPECT_LE(lab.api.requests(Op::submit), 3 * kThreads);
}

TEST_P(StatementTokens, OneIsRefreshedForAllThreadsBeforeItExpires) {
  LabSetup made = signed_in();
  made.server = [](ServerSetup& server) { server.latency = milliseconds(30); };
  WorkspaceLab lab(std::move(made));
  lab.api.lifetime(2);
  run_all(lab);
  lab.api.lifetime(3'600);
  std::this_thread::sleep_for(milliseconds(1'100));  // half of its life
  run_all(lab);
  EXPECT_EQ(lab.api.requests(Op::token), 2);
  EXPECT_EQ(lab.api.requests(Op::submit), 2 * kThreads) << "nothing was refused";
}

// ---- Echoes

struct Echo {
  std::string name;
  Op op;
  std::function<Reply(const std::string& confidence)> say;
};

std::vector<Echo> echoes() {
  const auto json = [](int status) {
    return [status](const std::string& told) {
      return json_reply({{"error_code", "NO"}, {"message", "you said " + told}}, status);
    };
  };
  const auto page = [](const std::string& told) {
    Reply reply = json_reply(nullptr, 400);
    reply.headers = {{"Content-Type", "text/html"}};
    reply.body = "<html><pre>" + told + "</pre></html>";
    return reply;
  };
  // The text is cut where it is shown: half of a secret is one, too.
  const auto at_the_edge = [](std::size_t before) {
    return [before](const std::string& told) {
      Reply reply = json_reply(nullptr, 500);
      reply.headers = {{"Content-Type", "text/plain"}};
      std::string padding(before, 'x');
      for (std::size_t i = 9; i < before; i += 10) padding[i] = ' ';
      reply.body = padding + told + std::string(400, 'y');
      return reply;
    };
  };
  const auto failed = [](const std::string& told) {
    return json_reply({{"statement_id", "s1"},
                       {"status", {{"state", "FAILED"}, {"error", {{"error_code", 1}, {"message", "saw " + told}}}}}});
  };
  const auto redirect = [](const std::string& told) {
    Reply reply = json_reply(nullptr, 302);
    reply.headers.emplace_back("Location", "/login/" + told.substr(told.find(' ') + 1));
    return reply;
  };
  std::vector<Echo> made{{"submit_400", Op::submit, json(400)},     {"submit_401", Op::submit, json(401)},
                         {"submit_page", Op::submit, page},         {"submit_failed", Op::submit, failed},
                         {"submit_redirect", Op::submit, redirect}, {"poll_404", Op::poll, json(404)},
                         {"poll_failed", Op::poll, failed},         {"chunk_400", Op::chunk, json(400)},
                         {"token_400", Op::token, json(400)},       {"token_401", Op::token, json(401)},
                         {"token_page", Op::token, page},           {"link_404", Op::link, json(404)},
                         {"link_403", Op::link, json(403)},         {"link_page", Op::link, page},
                         {"cancel_400", Op::cancel, json(400)}};
  for (const std::size_t before : {270U, 280U, 290U, 295U})
    made.push_back({fmt::format("submit_cut_at_{}", before), Op::submit, at_the_edge(before)});
  return made;
}

struct Cell {
  Echo echo;
  bool tls = false;
};

std::vector<Cell> cells() {
  std::vector<Cell> made;
  for (const bool tls : {false, true})
    for (const Echo& echo : echoes()) made.push_back({echo, tls});
  return made;
}

void PrintTo(const Cell& cell, std::ostream* out) {
  *out << cell.echo.name;
}

bool is_of(Op op, const ServedRequest& request) {
  const bool chunk = request.target.find("/result/chunks/") != std::string::npos;
  switch (op) {
    case Op::submit:
      return request.method == "POST" && request.target.ends_with("/statements");
    case Op::poll:
      return request.method == "GET" && request.target.find("/statements/") != std::string::npos && !chunk;
    case Op::chunk:
      return chunk;
    case Op::token:
      return request.target.ends_with("/token");
    case Op::link:
      return request.target.starts_with("/storage/");
    case Op::cancel:
      return request.target.ends_with("/cancel");
    default:
      return false;
  }
}

class StatementEchoes : public ::testing::TestWithParam<Cell> {};

// Whatever leaves the process has gone through the run's SecretSet.
TEST_P(StatementEchoes, NeverComeOut) {
  const Echo& echo = GetParam().echo;
  LabSetup setup;
  setup.tls = GetParam().tls;
  setup.oauth = echo.op == Op::token;
  if (echo.op == Op::poll) setup.plan.states = {"RUNNING", "SUCCEEDED"};
  if (echo.op == Op::cancel) setup.plan.states = {"RUNNING"};
  setup.plan.chunks = {Json::parse(R"([["1"]])"), Json::parse(R"([["2"]])")};
  setup.plan.links = echo.op == Op::link;
  std::mutex mutex;
  std::string told;
  setup.server = [&](ServerSetup& server) {
    server.handler = [&, honest = server.handler](const ServedRequest& request) {
      if (!is_of(echo.op, request)) return honest(request);
      const std::lock_guard lock(mutex);
      told = echo.op == Op::link ? request.target : request.header("Authorization");
      return echo.say(told);
    };
  };
  WorkspaceLab lab(std::move(setup));
  const Result<Rows> rows = lab.run(echo.op == Op::cancel ? milliseconds(200) : kTime);
  ASSERT_FALSE(rows);
  const std::lock_guard lock(mutex);
  ASSERT_FALSE(told.empty());
  const std::string text = lab.secrets.redact(text_of(rows));
  // No piece of it that is long enough to be of use.
  std::string secret = told.substr(told.find_last_of(" =", told.find_last_not_of('=')) + 1);
  if (echo.op == Op::token) secret = secret.substr(secret.size() / 2);  // before it stands the client's id
  constexpr std::size_t kPiece = 8;
  ASSERT_GE(secret.size(), kPiece);
  for (std::size_t at = 0; at + kPiece <= secret.size(); ++at)
    EXPECT_THAT(text, Not(HasSubstr(secret.substr(at, kPiece)))) << "of " << secret;
}

std::string echo_name(const ::testing::TestParamInfo<Cell>& info) {
  return fmt::format("{}_{}", info.param.echo.name, info.param.tls ? "tls" : "plain");
}

INSTANTIATE_TEST_SUITE_P(Cells, StatementEchoes, ::testing::ValuesIn(cells()), echo_name);
INSTANTIATE_TEST_SUITE_P(Wires, StatementTokens, ::testing::Bool(), wire_name);

}  // namespace
}  // namespace lockstep::testing
