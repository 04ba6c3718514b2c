// What a statement does with its time: polls, deadlines wherever they strike, the cancel behind them, and waits that a
// server asks for. On the real clock.
#include <algorithm>
#include <thread>

#include "tests/faults/statement_fixture.h"

namespace lockstep::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr milliseconds kCancelGrace{2'000};

ApiFault resetting(Op op) {
  return {op, true,
          [](const Reply&) {
            Reply reply;
            reply.script = {{Do::reset, {}, {}}};
            return reply;
          },
          1};
}

class StatementTime : public ::testing::TestWithParam<bool> {
 protected:
  static LabSetup running() {
    LabSetup made;
    made.tls = GetParam();
    made.plan.states = {"RUNNING"};
    return made;
  }
};

ApiFault stalling(Op op, int times = 99) {
  return {op, true,
          [](const Reply&) {
            Reply reply;
            reply.script = {{Do::stall, {}, {}}};
            return reply;
          },
          times};
}

TEST_P(StatementTime, PollsBeginSoonAndAreNeverHasty) {
  constexpr milliseconds kDeadline{1'800};
  WorkspaceLab lab(running(), StatementPace{});
  (void)lab.run(kDeadline);
  const auto submit = lab.api.times(Op::submit).at(0);
  const auto polls = lab.api.times(Op::poll);
  ASSERT_GE(polls.size(), 5U);
  EXPECT_LE(polls[0] - submit, milliseconds(1'000));
  for (std::size_t i = 0; i + 13 < polls.size(); ++i)
    EXPECT_GT(polls[i + 13] - polls[i], milliseconds(1'000)) << "at most 13 a second";
  for (std::size_t i = 0; i + 1 < polls.size(); ++i) EXPECT_LE(polls[i + 1] - polls[i], milliseconds(5'000));
}

// ---- The deadline

TEST_P(StatementTime, TheDeadlineCancelsAndTheEndIsAwaited) {
  constexpr milliseconds kDeadline{300};
  WorkspaceLab lab(running(), StatementPace{});
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("has cancelled the statement s1"));
  EXPECT_GE(since(began), kDeadline);
  EXPECT_LE(since(began), kDeadline + kGrace) << "a server that cancels at once is not waited for";
  EXPECT_EQ(lab.api.requests(Op::cancel), 1);
}

TEST_P(StatementTime, AServerThatDoesNotCancelIsAwaitedForTwoSecondsAtMost) {
  constexpr milliseconds kDeadline{200};
  LabSetup made = running();
  made.plan.cancellable = false;
  WorkspaceLab lab(std::move(made), StatementPace{});
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("it may still run"));
  EXPECT_GE(since(began), kDeadline + kCancelGrace - milliseconds(200));
  EXPECT_LE(since(began), kDeadline + kCancelGrace + kGrace);
}

// Not even looking it up, cancelling it and waiting for its end take longer together.
TEST_P(StatementTime, ALostSubmitIsFoundAndCancelledWithinTheSameTwoSeconds) {
  constexpr milliseconds kDeadline{200};
  LabSetup made = running();
  made.plan.cancellable = false;
  made.plan.history_lag = 3;  // shown after 250 + 500 + 1000 ms
  made.faults = {stalling(Op::submit)};
  WorkspaceLab lab(std::move(made), StatementPace{});
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_LE(since(began), kDeadline + kCancelGrace + kGrace) << text_of(rows);
  EXPECT_THAT(text_of(rows), AnyOf(HasSubstr("may have run"), HasSubstr("may still run")));
  EXPECT_EQ(lab.api.executions(), 1);
}

TEST_P(StatementTime, ALostSubmitThatIsShownIsCancelled) {
  constexpr milliseconds kDeadline{200};
  LabSetup made = running();
  made.faults = {stalling(Op::submit)};
  WorkspaceLab lab(std::move(made), StatementPace{});
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_LE(since(began), kDeadline + kGrace);
  EXPECT_EQ(rows.error().code, "timeout");
  EXPECT_THAT(text_of(rows), HasSubstr("has cancelled the statement s1"));
  EXPECT_EQ(lab.journal(), std::vector<std::string>{"s1"});
  EXPECT_EQ(lab.api.executions(), 1);
}

// Wherever the time runs out.
TEST_P(StatementTime, CoversEveryRequest) {
  constexpr milliseconds kDeadline{250};
  for (const Op op : {Op::token, Op::poll, Op::chunk, Op::link}) {
    LabSetup made = running();
    made.oauth = op == Op::token;
    made.plan.states = {"RUNNING", "SUCCEEDED"};
    made.plan.chunks = {Json::parse(R"([["1"]])"), Json::parse(R"([["2"]])")};
    made.plan.links = op == Op::link;
    made.faults = {stalling(op)};
    WorkspaceLab lab(std::move(made));
    const auto began = Clock::now();
    const Result<Rows> rows = lab.run(kDeadline);
    EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
    EXPECT_THAT(text_of(rows), HasSubstr("timeout"));
    EXPECT_GE(since(began), kDeadline);
    EXPECT_LE(since(began), kDeadline + kGrace + (op == Op::poll ? quick_pace().cancel_grace : milliseconds(0)));
  }
}

// Many small waits are one long one.
TEST_P(StatementTime, CoversRetriesOfAServerInTrouble) {
  constexpr milliseconds kDeadline{350};
  for (const int status : {500, 429})
    for (const Op op : {Op::submit, Op::poll, Op::chunk}) {
      LabSetup made = running();
      made.plan.states = {"RUNNING", "SUCCEEDED"};
      made.plan.chunks = {Json::parse(R"([["1"]])"), Json::parse(R"([["2"]])")};
      made.faults = {{op, false, [status](const Reply&) { return json_reply(Json::object(), status); }, 9'999}};
      WorkspaceLab lab(std::move(made));
      const auto began = Clock::now();
      const Result<Rows> rows = lab.run(kDeadline);
      EXPECT_FALSE(rows);
      EXPECT_LE(since(began), kDeadline + kGrace + quick_pace().cancel_grace) << status << ": " << text_of(rows);
      EXPECT_LE(lab.api.requests(op), 60) << "no storm";
    }
}

TEST_P(StatementTime, AWaitForAPlaceInTheBudgetIsCoveredToo) {
  constexpr milliseconds kDeadline{250};
  LabSetup made = running();
  made.max_in_flight = 1;
  WorkspaceLab lab(std::move(made), StatementPace{});
  std::stop_source stop;
  std::jthread other([&] { (void)lab.run(std::nullopt, "SELECT 1", stop.get_token()); });
  while (lab.api.requests(Op::submit) == 0) std::this_thread::sleep_for(milliseconds(2));
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline, "SELECT 2");
  EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
  EXPECT_LE(since(began), kDeadline + kGrace);
  EXPECT_EQ(lab.api.executions(), 1);
  stop.request_stop();
}

// ---- A stop by hand

TEST_P(StatementTime, AStopCancelsWhereverItStrikes) {
  for (const Op op : {Op::submit, Op::history, Op::poll, Op::discovery}) {  // discovery: between the polls
    LabSetup made = running();
    made.faults = {stalling(op, op == Op::poll ? 99 : 1)};
    if (op == Op::history) made.faults.push_back(resetting(Op::submit));
    StatementPace pace;
    pace.first_poll = milliseconds(op == Op::discovery ? 2'000 : 20);
    WorkspaceLab lab(std::move(made), pace);
    std::stop_source stop;
    std::jthread stopper([&] {
      while (lab.api.requests(op == Op::discovery ? Op::submit : op) == 0) std::this_thread::sleep_for(milliseconds(2));
      std::this_thread::sleep_for(milliseconds(30));
      stop.request_stop();
    });
    const auto began = Clock::now();
    const Result<Rows> rows = lab.run(std::nullopt, "INSERT INTO t VALUES (1)", stop.get_token());
    EXPECT_EQ(rows.error().code, "cancelled") << text_of(rows);
    EXPECT_EQ(lab.api.requests(Op::cancel), 1);
    EXPECT_LE(since(began), kCancelGrace + milliseconds(500));
    EXPECT_EQ(lab.api.executions(), 1);
  }
}

// ---- An answer that is held back (wait_timeout), so that the id to cancel is not known yet

ApiFault held(milliseconds time, int times = 1) {
  return {Op::submit, true,
          [time](const Reply& honest) {
            Reply reply;
            reply.script = {{Do::wait, {}, time}, {Do::send, reply_text(honest), {}}};
            return reply;
          },
          times};
}

// The history lags: only the answer itself tells.
TEST_P(StatementTime, AnAnswerThatIsHeldBackBeyondAStopIsStillCancelled) {
  LabSetup made = running();
  made.faults = {held(milliseconds(1'200))};
  WorkspaceLab lab(std::move(made), StatementPace{});
  lab.api.hide_history(true);
  std::stop_source stop;
  std::jthread stopper([&] {
    while (lab.api.requests(Op::submit) == 0) std::this_thread::sleep_for(milliseconds(2));
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
  });
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(std::nullopt, "INSERT INTO t VALUES (1)", stop.get_token());
  EXPECT_EQ(rows.error().code, "cancelled") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("has cancelled the statement s1"));
  EXPECT_EQ(lab.api.requests(Op::cancel), 1);
  EXPECT_EQ(lab.journal(), std::vector<std::string>{"s1"});
  EXPECT_LE(since(began), milliseconds(1'200) + kGrace) << "nothing is waited for that is known";
  EXPECT_EQ(lab.api.executions(), 1);
}

TEST_P(StatementTime, AnAnswerThatIsHeldBackBeyondTheDeadlineIsStillCancelled) {
  constexpr milliseconds kDeadline{200};
  LabSetup made = running();
  made.faults = {held(milliseconds(1'200))};
  WorkspaceLab lab(std::move(made), StatementPace{});
  lab.api.hide_history(true);
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  EXPECT_EQ(rows.error().code, "timeout") << text_of(rows);
  EXPECT_EQ(lab.api.requests(Op::cancel), 1);
  EXPECT_LE(since(began), kDeadline + kCancelGrace + kGrace);
}

// The answer never comes, and the history shows it: that is not waited for in vain.
TEST_P(StatementTime, TheHistoryTellsBeforeTheHeldAnswerDoes) {
  LabSetup made = running();
  made.plan.history_lag = 1;
  made.faults = {stalling(Op::submit)};
  WorkspaceLab lab(std::move(made), StatementPace{});
  std::stop_source stop;
  std::jthread stopper([&] {
    while (lab.api.requests(Op::submit) == 0) std::this_thread::sleep_for(milliseconds(2));
    stop.request_stop();
  });
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(std::nullopt, "INSERT INTO t VALUES (1)", stop.get_token());
  EXPECT_EQ(rows.error().code, "cancelled") << text_of(rows);
  EXPECT_EQ(lab.api.requests(Op::cancel), 1);
  EXPECT_LE(since(began), milliseconds(500) + kGrace);
}

TEST_P(StatementTime, WithoutAnyIdItIsUnknownAndSaysHowToFindIt) {
  LabSetup made = running();
  made.faults = {stalling(Op::submit)};
  WorkspaceLab lab(std::move(made), StatementPace{});
  lab.api.hide_history(true);
  std::stop_source stop;
  std::jthread stopper([&] {
    while (lab.api.requests(Op::submit) == 0) std::this_thread::sleep_for(milliseconds(2));
    stop.request_stop();
  });
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(std::nullopt, "INSERT INTO t VALUES (1)", stop.get_token());
  EXPECT_LE(since(began), kCancelGrace + kGrace);
  EXPECT_EQ(rows.error().code, "outcome-unknown") << text_of(rows);
  EXPECT_THAT(text_of(rows), HasSubstr("may still run"));
  EXPECT_THAT(text_of(rows), HasSubstr("lockstep_submit = "));
  EXPECT_EQ(lab.api.requests(Op::cancel), 0);
  EXPECT_EQ(lab.api.executions(), 1);
}

// ---- Retry-After

TEST_P(StatementTime, RetryAfterBeyondTheDeadlineFailsAtOnce) {
  for (const int status : {429, 503}) {
    LabSetup made = running();
    made.faults = {{Op::submit, false,
                    [status](const Reply&) {
                      Reply reply = json_reply(Json::object(), status);
                      reply.headers.emplace_back("Retry-After", "3");
                      return reply;
                    },
                    99}};
    WorkspaceLab lab(std::move(made), StatementPace{});
    const auto began = Clock::now();
    const Result<Rows> rows = lab.run(milliseconds(2'000));
    EXPECT_EQ(rows.error().code, "workspace-throttled") << text_of(rows);
    EXPECT_THAT(rows.error().message, HasSubstr("throttles"));
    EXPECT_THAT(rows.error().message, HasSubstr("3 s"));
    EXPECT_LE(since(began), milliseconds(500));
    EXPECT_EQ(lab.api.requests(Op::submit), 1);
    EXPECT_EQ(lab.api.executions(), 0);
  }
}

TEST_P(StatementTime, RetryAfterIsKeptToByEverySubmit) {
  LabSetup made = running();
  made.plan.states = {"SUCCEEDED"};
  made.faults = {{Op::submit, false,
                  [](const Reply&) {
                    Reply reply = json_reply(Json::object(), 429);
                    reply.headers.emplace_back("Retry-After", "1");
                    return reply;
                  },
                  1}};
  WorkspaceLab lab(std::move(made), StatementPace{});
  const Result<Rows> rows = lab.run(milliseconds(10'000));
  EXPECT_TRUE(rows) << text_of(rows);
  const auto submits = lab.api.times(Op::submit);
  ASSERT_EQ(submits.size(), 2U);
  EXPECT_GE(submits[1] - submits[0], milliseconds(1'000));
  EXPECT_EQ(lab.api.executions(), 1);
}

TEST_P(StatementTime, AThrottledSubmitIsTriedUntilTheDeadline) {
  constexpr milliseconds kDeadline{400};
  LabSetup made = running();
  made.faults = {{Op::submit, false, [](const Reply&) { return json_reply(Json::object(), 429); }, 9'999}};
  WorkspaceLab lab(std::move(made), StatementPace{});
  const auto began = Clock::now();
  const Result<Rows> rows = lab.run(kDeadline);
  // A busy machine may spend the last of it on an attempt.
  EXPECT_THAT(rows.error().code, AnyOf("workspace-throttled", "timeout"));
  EXPECT_THAT(rows.error().message, HasSubstr("throttle"));
  EXPECT_GE(since(began), kDeadline) << "else the step would not be said to have run into its timeout";
  EXPECT_LE(since(began), kDeadline + kGrace);
  EXPECT_GE(lab.api.requests(Op::submit), 4);
}

// A poll that may not come back in time leaves a statement that nobody follows: it is cancelled.
TEST_P(StatementTime, AThrottledPollIsNotRepeatedSooner) {
  for (const bool cancellable : {true, false}) {
    LabSetup made = running();
    made.plan.cancellable = cancellable;
    made.faults = {{Op::poll, true,
                    [](const Reply&) {
                      Reply reply = json_reply(Json::object(), 429);
                      reply.headers.emplace_back("Retry-After", "60");
                      return reply;
                    },
                    1}};
    WorkspaceLab lab(std::move(made));
    const auto began = Clock::now();
    const Result<Rows> rows = lab.run(milliseconds(5'000), "INSERT INTO t VALUES (1)");
    // What may still run must not look as if it could be repeated.
    EXPECT_EQ(rows.error().code, cancellable ? "workspace-throttled" : "outcome-unknown") << text_of(rows);
    EXPECT_THAT(rows.error().message, HasSubstr("throttles"));
    EXPECT_LE(since(began), milliseconds(1'000));
    EXPECT_EQ(lab.api.requests(Op::cancel), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Wires, StatementTime, ::testing::Bool(), wire_name);

}  // namespace
}  // namespace lockstep::testing
