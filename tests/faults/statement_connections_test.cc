// Statements and the connections under them: ports where nobody answers, servers that are not who they say, connections
// that died in the pool, and how many there are.
#include <atomic>
#include <thread>

#include "tests/faults/statement_fixture.h"

namespace lockstep::testing {
namespace {

using ::testing::HasSubstr;

class StatementConnections : public ::testing::TestWithParam<bool> {
 protected:
  static bool tls() { return GetParam(); }
  static LabSetup setup() {
    LabSetup made;
    made.tls = tls();
    return made;
  }
  static LabSetup to_port(std::uint16_t port) {
    LabSetup made = setup();
    made.host = fmt::format("{}://127.0.0.1:{}", tls() ? "https" : "http", port);
    return made;
  }
};

TEST_P(StatementConnections, ARefusedSubmitIsTriedUntilTheDeadline) {
  constexpr milliseconds kDeadline{400};
  RefusingPort port;
  WorkspaceLab lab(to_port(port.port()));
  auto waits = std::make_shared<std::atomic<int>>(0);
  auto trace = std::make_shared<CallTrace>(*lab.trace);
  trace->on_wait = [waits](std::string_view) { ++*waits; };
  lab.trace = trace;
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_EQ(rows.error().code, "workspace-unreachable") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("nothing has run"));
  EXPECT_LE(since(began), kDeadline + kGrace);
  EXPECT_GE(since(began), kDeadline) << "else the step would not be said to have run into its timeout";
  EXPECT_GE(waits->load(), 4);
}

TEST_P(StatementConnections, ABlackHoleIsATimeoutAndNothingRan) {
  constexpr milliseconds kDeadline{300};
  BlackHole hole;
  for (const bool oauth : {false, true}) {
    LabSetup made = to_port(hole.port());
    made.oauth = oauth;
    WorkspaceLab lab(std::move(made));
    const auto began = Clock::now();
    const Result<Rows> rows = lab.run(kDeadline);
    EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
    EXPECT_THAT(text_of(rows), HasSubstr("nothing has run"));
    EXPECT_LE(since(began), kDeadline + kGrace);
    EXPECT_GE(since(began), kDeadline);
  }
}

// Nothing is sent that anybody else could have read or done.
TEST(StatementCertificates, AWrongOneIsRefusedAtOnce) {
  for (const Certificate bad :
       {Certificate::expired, Certificate::not_yet, Certificate::self_signed, Certificate::wrong_name})
    for (const bool oauth : {false, true}) {
      LabSetup setup;
      setup.tls = true;
      setup.oauth = oauth;
      setup.server = [bad](ServerSetup& server) { server.certificate = bad; };
      WorkspaceLab lab(std::move(setup));
      const Result<Rows> rows = lab.run(milliseconds(5'000));
      EXPECT_EQ(rows.error().code, "workspace-certificate-refused") << text_of(rows);
      EXPECT_THAT(rows.error().message, HasSubstr("certificate"));
      EXPECT_EQ(lab.server.connections(), 1) << "not retried";
      EXPECT_EQ(lab.server.executed(), 0);
    }
}

// The server goes away between the submit and the polls: the statement may run on, and nobody can tell.
TEST_P(StatementConnections, AServerThatIsGoneForThePollsLeavesATimeoutThatSaysSo) {
  constexpr milliseconds kDeadline{500};
  LabSetup made = setup();
  made.plan.states = {"RUNNING"};
  std::atomic<HostileServer*> server = nullptr;
  made.faults = {{Op::submit, true,
                  [&server](const Reply& honest) {
                    server.load()->refuse_connections();
                    Reply last = honest;
                    last.close = true;
                    return last;
                  },
                  1}};
  WorkspaceLab lab(std::move(made));
  server = &lab.server;
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("s1 may still run: it could not be cancelled"));
  EXPECT_LE(since(began), kDeadline + quick_pace().cancel_grace + kGrace);
  EXPECT_EQ(lab.journal(), std::vector<std::string>{"s1"});
  EXPECT_EQ(lab.api.executions(), 1);
}

TEST_P(StatementConnections, AServerThatIsGoneForGoodEndsUnknownWithoutADeadline) {
  LabSetup made = setup();
  made.plan.states = {"RUNNING"};
  std::atomic<HostileServer*> server = nullptr;
  made.faults = {{Op::submit, true,
                  [&server](const Reply& honest) {
                    server.load()->refuse_connections();
                    Reply last = honest;
                    last.close = true;
                    return last;
                  },
                  1}};
  StatementPace pace = quick_pace();
  pace.poll_patience = milliseconds(300);
  WorkspaceLab lab(std::move(made), pace);
  server = &lab.server;
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(std::nullopt, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(rows.error().code, "outcome-unknown") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("s1 was accepted and may have run"));
  EXPECT_LE(since(began), pace.poll_patience + milliseconds(1'000));
}

// What a load balancer does to a connection that was idle: nobody can know whether the submit went through.
TEST_P(StatementConnections, ASubmitOnADeadConnectionIsAmbiguousAndNotSentAgain) {
  LabSetup made = setup();
  made.server = [](ServerSetup& server) {
    server.handler = [api = server.handler](const ServedRequest& request) {
      if (request.on_connection == 1 || request.method != "POST") return api(request);
      Reply reply;
      reply.script = {{Do::reset, {}, {}}};
      return reply;
    };
  };
  WorkspaceLab lab(std::move(made));
  ASSERT_TRUE(lab.run(milliseconds(5'000), "INSERT INTO t VALUES (1)"));
  // The history shows the same text under the tags of the first.
  const Result<Rows> rows = lab.run(milliseconds(5'000), "INSERT INTO t VALUES (1)");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, "outcome-unknown") << text_of(rows);
  EXPECT_GE(lab.api.requests(Op::history), 1);
  EXPECT_EQ(lab.api.executions(), 1) << "the first statement";
  EXPECT_EQ(lab.server.executed("/api/2.0/sql/statements"), 2) << "one submit each";
}

TEST_P(StatementConnections, APollOnADeadConnectionIsSentAgain) {
  LabSetup made = setup();
  made.plan.states = {"RUNNING", "RUNNING", "SUCCEEDED"};
  made.server = [](ServerSetup& server) {
    server.handler = [api = server.handler](const ServedRequest& request) {
      if (request.on_connection == 1) return api(request);
      Reply reply;
      reply.script = {{Do::reset, {}, {}}};
      return reply;
    };
  };
  WorkspaceLab lab(std::move(made));
  const Result<Rows> rows = lab.run(milliseconds(5'000));
  EXPECT_TRUE(rows) << text_of(rows);
  EXPECT_EQ(lab.api.executions(), 1);
  EXPECT_EQ(lab.api.requests(Op::poll), 2);
}

TEST_P(StatementConnections, AConnectionThatTheServerClosedIsNotUsed) {
  LabSetup made = setup();
  made.server = [](ServerSetup& server) {
    server.handler = [api = server.handler](const ServedRequest& request) {
      const std::string text = reply_text(api(request));  // which announces nothing
      Reply reply;
      reply.script = {{Do::send, text, {}}, {Do::finish, {}, {}}};
      return reply;
    };
  };
  WorkspaceLab lab(std::move(made));
  for (int i = 0; i < 5; ++i) {
    const Result<Rows> rows = lab.run(milliseconds(5'000));
    EXPECT_TRUE(rows) << text_of(rows);
    std::this_thread::sleep_for(milliseconds(30));
  }
  EXPECT_EQ(lab.api.executions(), 5);
  EXPECT_EQ(lab.api.requests(Op::history), 0);
}

TEST_P(StatementConnections, SequentialStatementsAndTheirChunksShareAFew) {
  for (const bool links : {false, true}) {
    LabSetup made = setup();
    made.plan.states = {"RUNNING", "SUCCEEDED"};
    made.plan.chunks = {Json::parse(R"([["1"]])"), Json::parse(R"([["2"]])"), Json::parse(R"([["3"]])")};
    made.plan.links = links;
    StatementPace pace = quick_pace();
    pace.first_poll = milliseconds(1);
    WorkspaceLab lab(std::move(made), pace);
    for (int i = 0; i < 25; ++i) {
      const Result<Rows> rows = lab.run(milliseconds(5'000));
      ASSERT_TRUE(rows) << text_of(rows);
      EXPECT_EQ(rows->rows.size(), 3U);
    }
    EXPECT_LE(lab.server.connections(), 4);
    EXPECT_GE(lab.server.executed(), 100);
  }
}

// Several chunks are under way at once, and that is all the connections there are.
TEST_P(StatementConnections, ManyChunksShareFourConnections) {
  for (const bool links : {false, true}) {
    LabSetup made = setup();
    made.plan.states = {"RUNNING", "SUCCEEDED"};
    made.plan.chunks.clear();
    for (int i = 0; i < 20; ++i) made.plan.chunks.push_back(Json::array({Json::array({std::to_string(i)})}));
    made.plan.links = links;
    made.server = [](ServerSetup& server) { server.latency = milliseconds(20); };
    WorkspaceLab lab(std::move(made));
    const auto began = Clock::now();
    for (int run = 0; run < 3; ++run) {
      const Result<Rows> rows = lab.run(milliseconds(10'000));
      ASSERT_TRUE(rows) << text_of(rows);
      ASSERT_EQ(rows->rows.size(), 20U);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(rows->rows[static_cast<std::size_t>(i)][0], i);
    }
    EXPECT_LT(since(began), milliseconds(3 * 20 * (links ? 40 : 20))) << "one after the other takes longer";
    EXPECT_LE(lab.server.connections(), 4);
    EXPECT_EQ(lab.api.requests(Op::chunk), 3 * 19) << "each of them once";
  }
}

TEST(StatementHandshakes, AHundredRequestsMakeOne) {
  LabSetup setup;
  setup.tls = true;
  WorkspaceLab lab(std::move(setup));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(lab.run(milliseconds(5'000)));
  EXPECT_EQ(lab.server.executed(), 100);
  EXPECT_EQ(lab.server.handshakes(), 1);
  EXPECT_EQ(lab.transport->figures().handshakes, 1U);
}

INSTANTIATE_TEST_SUITE_P(Wires, StatementConnections, ::testing::Bool(), wire_name);

}  // namespace
}  // namespace lockstep::testing
