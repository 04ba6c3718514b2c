// Every request of a statement crossed with every fault of its answer, on plain connections and TLS. A fault strikes
// once, so whoever may ask again succeeds. A cell states what the statement comes to, how often the request was made,
// how often the server executed the statement (never more than once), and that the deadline was kept.
#include <ostream>

#include "tests/faults/statement_fixture.h"

namespace lockstep::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What stalls takes the whole deadline; the rest gets one that a busy machine does not miss.
constexpr milliseconds kShort{200};
constexpr milliseconds kLong{5'000};
constexpr milliseconds kAsked{100};  // by Retry-After

struct Fault {
  enum class Nature {
    broken,      // the answer is lost or means nothing: asked again by who may; a submit may have run
    throttling,  // nothing was done, and the client may come back: a submit, too
    stalling,    // the answer does not come in time
    final,       // asking again changes nothing, and nothing was done
  };
  std::string name;
  Nature nature = Nature::broken;
  std::function<Reply(const Reply& honest)> answer;
  std::string code{};  // final only
  std::string says{};  // in the error, when there is one
};
using Nature = Fault::Nature;

Reply scripted(Script script) {
  Reply reply;
  reply.script = std::move(script);
  return reply;
}
Reply plainly(int status, std::vector<std::pair<std::string, std::string>> headers = {}, std::string body = "{}") {
  Reply reply;
  reply.status = status;
  reply.headers = std::move(headers);
  reply.body = std::move(body);
  return reply;
}
// The honest answer, up to the last bytes of it, and then the end of the connection.
Reply short_of(Reply honest, bool chunked) {
  honest.chunked = chunked;
  honest.chunk = 7;
  std::string text = reply_text(honest);
  text.resize(text.size() - 9);
  return scripted({{Do::send, std::move(text), {}}, {Do::finish, {}, {}}});
}

std::vector<Fault> faults() {
  const auto script = [](const Script& done) { return [done](const Reply&) { return scripted(done); }; };
  const auto reply = [](const Reply& made) { return [made](const Reply&) { return made; }; };
  const std::string html = "<html><title>Sign in</title></html>";
  return {
      {"reset", Nature::broken, script({{Do::reset, {}, {}}})},
      {"finish", Nature::broken, script({{Do::finish, {}, {}}})},
      {"rude_end", Nature::broken, script({{Do::cut, {}, {}}})},
      {"truncated_length", Nature::broken, [](const Reply& honest) { return short_of(honest, false); }},
      {"cut_chunk", Nature::broken, [](const Reply& honest) { return short_of(honest, true); }},
      {"garbage", Nature::broken, script({{Do::send, std::string(64, '\x07'), {}}, {Do::finish, {}, {}}})},
      {"internal", Nature::broken, reply(plainly(500, {}, "oops"))},
      {"bad_gateway_page", Nature::broken, reply(plainly(502, {{"Content-Type", "text/html"}}, html))},
      {"unavailable", Nature::broken, reply(plainly(503))},
      {"gateway_timeout", Nature::broken, reply(plainly(504))},
      {"throttled", Nature::throttling, reply(plainly(429))},
      {"throttled_for", Nature::throttling, reply(plainly(429, {{"Retry-After", "0.1"}}))},
      {"unavailable_for", Nature::throttling, reply(plainly(503, {{"Retry-After", "0.1"}}))},
      {"stall", Nature::stalling, script({{Do::stall, {}, {}}})},
      {"drip", Nature::stalling,
       [](const Reply& honest) { return scripted({{Do::drip, reply_text(honest), milliseconds(15)}}); }},
      {"throttled_for_long", Nature::final, reply(plainly(429, {{"Retry-After", "600"}})), "workspace-throttled",
       "throttles"},
      {"unavailable_for_long", Nature::final, reply(plainly(503, {{"Retry-After", "600"}})), "workspace-throttled",
       "throttles"},
      {"login_page", Nature::final, reply(plainly(200, {{"Content-Type", "text/html"}}, html)), "workspace-answer-html",
       "HTML"},
      {"redirect", Nature::final, reply(plainly(302, {{"Location", "/elsewhere?token=secret"}})),
       "workspace-redirected", "redirect (302)"},
      {"redirect_same_method", Nature::final, reply(plainly(307, {{"Location", "/elsewhere"}})), "workspace-redirected",
       "redirect (307)"},
      {"unauthenticated", Nature::final,
       reply(json_reply({{"error_code", 401}, {"message", "Credential was not sent"}}, 401)), "authentication-refused",
       "authentication"},
      {"forbidden", Nature::final, reply(json_reply({{"error_code", 403}, {"message", "Invalid access token"}}, 403)),
       "authentication-refused", "authentication"},
      {"refused_in_words", Nature::final,
       reply(json_reply({{"error_code", 409}, {"message", "words of the server"}}, 409)), "workspace-refused",
       "409: words of the server"},
  };
}

struct Cell {
  Op op = Op::submit;
  Fault fault;
  bool tls = false;
  bool executes = true;  // the spoilt request did its work
  bool hidden = false;   // the history shows nothing
};

// What a cell comes to.
struct Expected {
  std::string code;  // empty: success
  int requests = 1;  // of the spoilt kind; 0: as many as it takes
  int executions = 1;
  int cancels = 0;
  std::string says{};
};

Expected expected_of_submit(const Cell& cell) {
  switch (cell.fault.nature) {
    case Nature::broken:
      // Settled by the row with its own tags, or by nothing.
      if (cell.executes && !cell.hidden) return {"", 1, 1};
      return {"outcome-unknown", 1, cell.executes ? 1 : 0, 0, "may have run"};
    case Nature::throttling:
      return {"", 2, 1};
    case Nature::stalling:
      if (!cell.hidden) return {"timeout", 1, 1, 1, "timeout"};
      return {"outcome-unknown", 1, 1, 0, "may have run"};
    case Nature::final:
      break;
  }
  return {cell.fault.code, 1, 0, 0, cell.fault.says};
}

Expected expected_of(const Cell& cell) {
  const Fault& fault = cell.fault;
  const bool retried = fault.nature == Nature::broken || fault.nature == Nature::throttling;
  const bool stalls = fault.nature == Nature::stalling;
  const bool refused = fault.code == "authentication-refused";
  switch (cell.op) {
    case Op::submit:
      return expected_of_submit(cell);
    case Op::poll:
      if (retried) return {"", 2};
      if (stalls) return {"timeout", 0, 1, 1, "has cancelled"};
      // Who asks for patience beyond the deadline is not asked again, but to cancel.
      if (fault.code == "workspace-throttled") return {fault.code, 0, 1, 1, "throttles"};
      return {"outcome-unknown", 1, 1, 0, fault.says};
    case Op::chunk:
      if (retried) return {"", 2};
      return {stalls ? "timeout" : fault.code, 1, 1, 0, fault.says};
    case Op::link:
      // 403 is what an expired link gets: it is asked for anew.
      if (retried || fault.name == "forbidden") return {"", 2};
      return {stalls ? "timeout" : fault.code, 1, 1, 0, fault.says};
    case Op::history:
      if (retried) return {"", 2};
      // Interrupted while it was looked up: it is found all the same, to be cancelled.
      if (stalls) return {"timeout", 2, 1, 1, "s1"};
      return {"outcome-unknown", 1, 1, 0, fault.says};
    case Op::cancel:
      // Asked once more where that helps; the step's end is the timeout in any case.
      if (retried) return {"timeout", 2, 1, 2, "has cancelled"};
      return {"timeout", 1, 1, 1, stalls ? "has cancelled" : "could not be cancelled"};
    case Op::token:
      if (retried) return {"", 2};
      return {stalls ? "timeout" : fault.code, 1, 0, 0, refused ? "authentication" : fault.says};
    case Op::discovery:
      break;
  }
  return {};
}

std::string word(Op op) {
  switch (op) {
    case Op::submit:
      return "submit";
    case Op::poll:
      return "poll";
    case Op::chunk:
      return "chunk";
    case Op::cancel:
      return "cancel";
    case Op::history:
      return "history";
    case Op::discovery:
      return "discovery";
    case Op::token:
      return "token";
    case Op::link:
      return "link";
  }
  return "";
}

std::vector<Cell> cells() {
  std::vector<Cell> made;
  for (const bool tls : {false, true})
    for (const Fault& fault : faults()) {
      const bool runs = fault.nature == Nature::broken || fault.nature == Nature::stalling;
      for (const Op op : {Op::submit, Op::poll, Op::chunk, Op::cancel, Op::history, Op::token, Op::link})
        made.push_back({op, fault, tls, runs, false});
      if (!runs) continue;
      made.push_back({Op::submit, fault, tls, true, true});
      if (fault.nature == Nature::broken) made.push_back({Op::submit, fault, tls, false, false});
    }
  return made;
}

void PrintTo(const Cell& cell, std::ostream* out) {
  *out << word(cell.op) << " " << cell.fault.name;
}

std::string cell_name(const ::testing::TestParamInfo<Cell>& info) {
  const Cell& cell = info.param;
  return fmt::format("{}_{}{}{}_{}", word(cell.op), cell.fault.name, cell.hidden ? "_unshown" : "",
                     cell.executes || cell.fault.nature != Nature::broken ? "" : "_unrun", cell.tls ? "tls" : "plain");
}

LabSetup setup_of(const Cell& cell) {
  LabSetup setup;
  setup.tls = cell.tls;
  setup.oauth = cell.op == Op::token;
  setup.faults = {{cell.op, cell.executes, cell.fault.answer, 1}};
  if (cell.op == Op::poll) setup.plan.states = {"RUNNING", "SUCCEEDED"};
  if (cell.op == Op::cancel) setup.plan.states = {"RUNNING"};
  if (cell.op == Op::chunk || cell.op == Op::link)
    setup.plan.chunks = {Json::parse(R"([["1"], ["2"]])"), Json::parse(R"([["3"]])")};
  setup.plan.links = cell.op == Op::link;
  if (cell.op == Op::history)
    setup.faults.push_back({Op::submit, true, [](const Reply&) { return scripted({{Do::reset, {}, {}}}); }, 1});
  // A server that does nothing with the cancel goes on with the statement.
  if (cell.op == Op::cancel && cell.fault.nature == Nature::final) setup.plan.cancellable = false;
  return setup;
}

class StatementFaults : public ::testing::TestWithParam<Cell> {};

TEST_P(StatementFaults, EndAsStated) {
  const Cell& cell = GetParam();
  Expected expected = expected_of(cell);
  // Of a statement that has run: whatever keeps its result away, the code says that no attempt may follow.
  if ((cell.op == Op::chunk || cell.op == Op::link) && !expected.code.empty() && expected.code != "timeout" &&
      expected.code != "result-gone")
    expected.code = "result-incomplete";
  const bool stalls = cell.fault.nature == Nature::stalling;
  const milliseconds deadline = stalls || cell.op == Op::cancel ? kShort : kLong;
  const StatementPace pace = quick_pace();
  WorkspaceLab lab(setup_of(cell), pace);
  lab.api.hide_history(cell.hidden);

  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(deadline);
  const milliseconds took = since(began);
  const std::string text = text_of(rows);

  EXPECT_EQ(rows ? "" : rows.error().code, expected.code) << text;
  EXPECT_THAT(text, HasSubstr(expected.says));
  EXPECT_THAT(text, Not(HasSubstr("of-the-test"))) << "a token, or a link's signature";
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  if (rows) {
    EXPECT_EQ(rows->rows.size(), cell.op == Op::chunk || cell.op == Op::link ? 3U : 1U);
  } else {
    EXPECT_FALSE(rows.error().remedy.empty());
  }
  EXPECT_LE(took, deadline + kGrace + (stalls || cell.op == Op::cancel ? pace.cancel_grace : milliseconds(0))) << text;
  if (expected.code == "timeout") {
    EXPECT_GE(took, deadline);
    EXPECT_THAT(text, HasSubstr("timeout"));
  }
  if (expected.requests > 0) {
    EXPECT_EQ(lab.api.requests(cell.op), expected.requests + (cell.op == Op::link && rows ? 1 : 0)) << text;
  }
  EXPECT_EQ(lab.api.executions(), expected.executions) << text;
  EXPECT_EQ(lab.api.requests(Op::cancel), expected.cancels) << text;
  EXPECT_EQ(lab.server.executed("/elsewhere"), 0) << "no redirect is followed";
  if (cell.fault.name.ends_with("_for") && lab.api.requests(cell.op) > 1) {
    EXPECT_GE(lab.api.times(cell.op)[1] - lab.api.times(cell.op)[0], kAsked) << "never sooner than Retry-After";
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, StatementFaults, ::testing::ValuesIn(cells()), cell_name);

}  // namespace
}  // namespace lockstep::testing
