#include "runner/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "schedule_model.h"
#include "tests/unit/pace.h"

namespace lockstep {
namespace {

using lockstep::testing::Condition;
using lockstep::testing::ModelStep;
using lockstep::testing::NaiveSchedule;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    list.reserve(20000);
    for (int i = 0; i < 20000; ++i) list.push_back(fmt::format("s{}", i));
    return list;
  }();
  return all;
}

Graph graph_of(const std::vector<std::vector<std::size_t>>& needs) {
  Graph graph;
  graph.needs = needs;
  graph.dependents.resize(needs.size());
  graph.claims.resize(needs.size());
  graph.serial_items.resize(needs.size());
  for (std::size_t i = 0; i < needs.size(); ++i) {
    graph.order.push_back(i);  // the tests only write needs that point backwards
    for (std::size_t need : needs[i]) graph.dependents[need].push_back(i);
  }
  return graph;
}

std::vector<StepRule> rules_of(const std::vector<ModelStep>& steps) {
  std::vector<StepRule> rules;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    StepRule rule;
    rule.id = names()[i];
    rule.continue_on_error = steps[i].continue_on_error;
    const Condition c = steps[i].condition;
    rule.has_condition = c != Condition::none;
    rule.uses_status = c == Condition::always || c == Condition::failure || c == Condition::success;
    rule.runs_after_failure = c == Condition::always || c == Condition::failure;
    rule.runs_after_cancel = c == Condition::always;
    rules.push_back(rule);
  }
  return rules;
}

GateFunction gate_of(const std::vector<ModelStep>& steps) {
  return [steps](std::size_t step, const StatusView& view) {
    const Condition c = steps[step].condition;
    const bool yes = c == Condition::always || c == Condition::yes || (c == Condition::success && view.success) ||
                     (c == Condition::failure && view.failure);
    Gate gate;
    gate.answer = yes ? Gate::Answer::run : Gate::Answer::skip;
    gate.reason = "if: false";
    return gate;
  };
}

// Runs both schedulers side by side. `pick` chooses which running step ends next.
template <class Pick>
void compare(const std::vector<ModelStep>& steps, bool keep_going, std::size_t slots, Pick pick) {
  std::vector<std::vector<std::size_t>> needs;
  needs.reserve(steps.size());
  for (const ModelStep& step : steps) needs.push_back(step.needs);
  const Graph graph = graph_of(needs);
  Schedule schedule(graph, rules_of(steps), keep_going, gate_of(steps));
  NaiveSchedule naive(steps, keep_going);
  std::vector<StepStatus> status(steps.size(), StepStatus::pending);
  std::vector<std::size_t> running;
  const auto advance = [&] {
    for (;;) {
      std::vector<Decision> decisions = schedule.next(slots - running.size());
      if (decisions.empty()) break;
      for (const Decision& decision : decisions) {
        status[decision.step] = decision.status;
        if (decision.status == StepStatus::running)
          running.push_back(decision.step);
        else
          ASSERT_FALSE(decision.reason.empty());
      }
    }
    naive.settle(slots);
  };
  advance();
  const auto explain = [&] {
    std::ostringstream text;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      text << "s" << i << " needs";
      for (std::size_t need : steps[i].needs) text << " s" << need;
      text << " condition " << static_cast<int>(steps[i].condition) << " fails " << steps[i].fails << " forgiven "
           << steps[i].continue_on_error << ": " << to_string(status[i]) << ", expected "
           << to_string(naive.status()[i]) << "\n";
    }
    return text.str();
  };
  ASSERT_EQ(status, naive.status()) << explain();
  while (!running.empty()) {
    const std::size_t index = pick(running.size());
    const std::size_t step = running[index];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(index));
    status[step] = steps[step].fails ? StepStatus::failed : StepStatus::succeeded;
    naive.finish(step);
    schedule.finish(step, status[step]);
    advance();
    ASSERT_EQ(status, naive.status()) << explain();
  }
  ASSERT_TRUE(schedule.all_ended()) << explain();
  bool failed = false;
  for (std::size_t i = 0; i < steps.size(); ++i)
    failed = failed || (status[i] == StepStatus::failed && !steps[i].continue_on_error);
  ASSERT_EQ(schedule.failed(), failed);
}

struct Kind {
  Condition condition;
  bool fails;
  bool forgiven;
};
constexpr std::array<Kind, 8> kKinds{{{Condition::none, false, false},
                                      {Condition::none, true, false},
                                      {Condition::no, false, false},
                                      {Condition::none, true, true},
                                      {Condition::always, false, false},
                                      {Condition::failure, false, false},
                                      {Condition::yes, true, false},
                                      {Condition::success, false, false}}};

std::vector<ModelStep> model(std::size_t count, std::uint32_t edges, std::uint32_t kinds) {
  std::vector<ModelStep> steps(count);
  for (std::size_t to = 1; to < count; ++to)
    for (std::size_t from = 0; from < to; ++from, edges >>= 1U)
      if ((edges & 1U) != 0) steps[to].needs.push_back(from);
  for (ModelStep& step : steps) {
    const Kind& kind = kKinds[kinds % kKinds.size()];
    kinds /= static_cast<std::uint32_t>(kKinds.size());
    step.condition = kind.condition;
    step.fails = kind.fails;
    step.continue_on_error = kind.forgiven;
  }
  return steps;
}

// Every graph (all edge subsets over a fixed order) of up to 4 steps with every combination of kinds.
TEST(Schedule, AgreesWithTheNaiveOneOnEveryGraphOfUpToFourSteps) {
  for (std::size_t count = 1; count <= 4; ++count) {
    const std::uint32_t edge_sets = 1U << (count * (count - 1) / 2);
    const auto kind_sets = static_cast<std::uint32_t>(std::pow(kKinds.size(), count));
    for (std::uint32_t edges = 0; edges < edge_sets; ++edges)
      for (std::uint32_t kinds = 0; kinds < kind_sets; ++kinds) {
        const std::uint32_t variant = edges * 31 + kinds;  // spreads slots and order of ends over the cases
        const std::size_t slots = variant % 3 == 0 ? 1 : variant % 3 == 1 ? 2 : count;
        const bool newest_first = (variant / 3) % 2 == 0;
        for (bool keep_going : {false, true}) {
          compare(model(count, edges, kinds), keep_going, slots,
                  [&](std::size_t size) { return newest_first ? size - 1 : 0; });
          if (HasFatalFailure()) return;
        }
      }
  }
}

// Every graph of 5 steps, each with sampled kinds, number of slots and order of ends.
TEST(Schedule, AgreesWithTheNaiveOneOnEveryGraphOfFiveSteps) {
  std::minstd_rand random(20261124);
  for (std::uint32_t edges = 0; edges < 1024; ++edges)
    for (int sample = 0; sample < 120; ++sample) {
      const auto kinds = static_cast<std::uint32_t>(random() % 32768);
      compare(model(5, edges, kinds), random() % 2 == 0, 1 + random() % 5,
              [&](std::size_t size) { return random() % size; });
      if (HasFatalFailure()) return;
    }
}

struct Started {
  std::vector<std::size_t> steps;
  std::map<std::size_t, std::pair<StepStatus, std::string>> ended;
};

Started advance(Schedule& schedule, std::size_t slots = 100) {
  Started started;
  for (const Decision& decision : schedule.next(slots)) {
    if (decision.status == StepStatus::running)
      started.steps.push_back(decision.step);
    else
      started.ended[decision.step] = {decision.status, decision.reason};
  }
  return started;
}

TEST(Schedule, AStepWhoseNeedFailedIsSkippedAndNamesIt) {
  std::vector<ModelStep> steps{{{}}, {{0}}, {{1}}};
  const Graph graph = graph_of({{}, {0}, {1}});
  Schedule schedule(graph, rules_of(steps), true, gate_of(steps));
  EXPECT_THAT(advance(schedule).steps, ElementsAre(0));
  schedule.finish(0, StepStatus::failed);
  const Started after = advance(schedule);
  EXPECT_EQ(after.ended.at(1).second, "needs \"s0\", which failed");
  EXPECT_EQ(after.ended.at(2).second, "needs \"s1\", which was skipped");
  EXPECT_TRUE(schedule.all_ended());
}

TEST(Schedule, AfterAFailureAnUnrelatedStepSaysWhoFailed) {
  std::vector<ModelStep> steps(3);
  const Graph graph = graph_of({{}, {}, {}});
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  EXPECT_THAT(advance(schedule, 2).steps, ElementsAre(0, 1));
  schedule.finish(1, StepStatus::failed);
  const Started after = advance(schedule, 1);
  EXPECT_THAT(after.steps, ElementsAre());
  EXPECT_EQ(after.ended.at(2).second, "not started: step \"s1\" failed");
  EXPECT_FALSE(schedule.all_ended());  // s0 still runs
  schedule.finish(0, StepStatus::succeeded);
  EXPECT_TRUE(schedule.all_ended());
}

TEST(Schedule, AnUnaskedConditionIsMentioned) {
  std::vector<ModelStep> steps{{{}}, {{0}, Condition::yes}};
  const Graph graph = graph_of({{}, {0}});
  Schedule schedule(graph, rules_of(steps), true, gate_of(steps));
  (void)advance(schedule);
  schedule.finish(0, StepStatus::failed);
  EXPECT_THAT(advance(schedule).ended.at(1).second, HasSubstr("no status function"));
}

TEST(Schedule, UnknownCountsAsFailed) {
  std::vector<ModelStep> steps{{{}}, {{0}}, {{0}, Condition::failure}};
  const Graph graph = graph_of({{}, {0}, {0}});
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  (void)advance(schedule);
  schedule.finish(0, StepStatus::unknown);
  const Started after = advance(schedule);
  EXPECT_THAT(after.steps, ElementsAre(2));
  EXPECT_THAT(after.ended.at(1).second, HasSubstr("nobody knows"));
  EXPECT_TRUE(schedule.failed());
}

TEST(Schedule, AFinalStepRunsWhenAllOthersHaveEnded) {
  std::vector<ModelStep> steps{{{}, Condition::always}, {{}}, {{1}}, {{0}}};
  const Graph graph = graph_of({{}, {}, {1}, {0}});
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  EXPECT_THAT(advance(schedule).steps, ElementsAre(1));
  schedule.finish(1, StepStatus::succeeded);
  EXPECT_THAT(advance(schedule).steps, ElementsAre(2));
  schedule.finish(2, StepStatus::succeeded);
  EXPECT_THAT(advance(schedule).steps, ElementsAre(0));
  schedule.finish(0, StepStatus::succeeded);
  EXPECT_THAT(advance(schedule).steps, ElementsAre(3));
}

TEST(Schedule, AfterAnInterruptionOnlyAlwaysStepsStart) {
  std::vector<ModelStep> steps{{{}}, {{0}}, {{0}, Condition::always}, {{0}, Condition::failure}};
  const Graph graph = graph_of({{}, {0}, {0}, {0}});
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  (void)advance(schedule);
  schedule.interrupt("not started: the run was interrupted");
  const Started during = advance(schedule);
  EXPECT_EQ(during.ended.at(1), std::pair(StepStatus::cancelled, std::string("not started: the run was interrupted")));
  EXPECT_EQ(during.ended.at(3).first, StepStatus::cancelled);
  EXPECT_THAT(during.steps, ElementsAre());
  schedule.finish(0, StepStatus::cancelled);
  EXPECT_THAT(advance(schedule).steps, ElementsAre(2));
  schedule.finish(2, StepStatus::succeeded);
  EXPECT_TRUE(schedule.all_ended());
}

TEST(Schedule, StopEndsEverythingThatHasNotStarted) {
  std::vector<ModelStep> steps{{{}}, {{0}, Condition::always}};
  const Graph graph = graph_of({{}, {0}});
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  (void)advance(schedule);
  schedule.stop("stopped");
  EXPECT_EQ(advance(schedule).ended.at(1).second, "stopped");
  schedule.finish(0, StepStatus::cancelled);
  EXPECT_TRUE(schedule.all_ended());
}

// Random graphs whose steps share resources: no two that exclude one another ever run together, and all come to an end.
TEST(Schedule, StepsThatExcludeOneAnotherNeverRunTogether) {
  std::minstd_rand random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t count = 2 + random() % 12;
    std::vector<ModelStep> steps(count);
    std::vector<std::vector<std::size_t>> needs(count);
    for (std::size_t i = 1; i < count; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (random() % 6 == 0) needs[i].push_back(j);
    Graph graph = graph_of(needs);
    graph.resources = {"a", "b", "c"};
    for (std::size_t i = 0; i < count; ++i) {
      steps[i].fails = random() % 12 == 0;
      for (std::uint32_t resource = 0; resource < 3; ++resource)
        if (random() % 3 == 0) graph.claims[i].push_back({resource, static_cast<Claim::Mode>(random() % 4)});
    }
    Schedule schedule(graph, rules_of(steps), random() % 2 == 0, gate_of(steps));
    const std::size_t slots = 1 + random() % 6;
    std::vector<std::size_t> running;
    for (;;) {
      for (const Decision& decision : schedule.next(slots - running.size()))
        if (decision.status == StepStatus::running) running.push_back(decision.step);
      for (std::size_t a : running)
        for (std::size_t b : running)
          for (const Claim& x : graph.claims[a])
            for (const Claim& y : graph.claims[b])
              ASSERT_FALSE(a != b && x.resource == y.resource && excludes(x.mode, y.mode)) << round;
      if (running.empty()) break;
      const std::size_t index = random() % running.size();
      const std::size_t step = running[index];
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(index));
      schedule.finish(step, steps[step].fails ? StepStatus::failed : StepStatus::succeeded);
    }
    ASSERT_TRUE(schedule.all_ended()) << round;
  }
}

TEST(Schedule, ExcludingStepsRunInFileOrder) {
  Graph graph = graph_of({{}, {}, {}});
  graph.resources = {"catalog"};
  for (auto& claims : graph.claims) claims.push_back({0, Claim::Mode::write});
  std::vector<ModelStep> steps(3);
  Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
  for (std::size_t step = 0; step < 3; ++step) {
    EXPECT_THAT(advance(schedule).steps, ElementsAre(step));
    schedule.finish(step, StepStatus::succeeded);
  }
  EXPECT_TRUE(schedule.all_ended());
}

// A chain, and a crowd that all write one catalog: both would take minutes if any decision looked at all the steps.
TEST(Schedule, TenThousandStepsTakeLittleTime) {
  constexpr std::size_t kCount = 10000;
  const auto begin = std::chrono::steady_clock::now();
  for (bool chain : {true, false}) {
    std::vector<std::vector<std::size_t>> needs(kCount);
    if (chain)
      for (std::size_t i = 1; i < kCount; ++i) needs[i] = {i - 1};
    Graph graph = graph_of(needs);
    graph.resources = {"catalog"};
    for (auto& claims : graph.claims) claims.push_back({0, Claim::Mode::write});
    std::vector<ModelStep> steps(kCount);
    Schedule schedule(graph, rules_of(steps), false, gate_of(steps));
    std::size_t started = 0;
    while (!schedule.all_ended())
      for (const Decision& decision : schedule.next(8)) {
        ++started;
        schedule.finish(decision.step, StepStatus::succeeded);
      }
    EXPECT_EQ(started, kCount);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSlowdown * std::chrono::seconds(2));
}

// Failing the first of a chain must skip all others without recursion.
TEST(Schedule, ALongChainIsSkippedWithoutRecursion) {
  constexpr std::size_t kCount = 20000;
  std::vector<std::vector<std::size_t>> needs(kCount);
  for (std::size_t i = 1; i < kCount; ++i) needs[i] = {i - 1};
  const Graph graph = graph_of(needs);
  std::vector<ModelStep> steps(kCount);
  for (bool keep_going : {true, false}) {
    Schedule schedule(graph, rules_of(steps), keep_going, gate_of(steps));
    (void)advance(schedule);
    schedule.finish(0, StepStatus::failed);
    EXPECT_EQ(advance(schedule).ended.size(), kCount - 1);
    EXPECT_TRUE(schedule.all_ended());
  }
}

}  // namespace
}  // namespace lockstep
