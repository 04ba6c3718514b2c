#include "runner/run.h"

#include "run_support.h"
#include "runner/journal.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using lockstep::testing::statuses;
using lockstep::testing::TestFolder;
using lockstep::testing::TestRun;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Statuses = std::map<std::string, std::string>;

TEST(Run, OutputsFlowFromStepToStep) {
  TestRun run(R"json([{"id": "a", "with": {"outputs": {"n": 41, "name": "x"}}},
                  {"id": "b", "needs": ["a"], "with": {"echo": "${{ steps.a.outputs.n }}"}},
                  {"id": "c", "needs": ["b"], "with": {"echo": "n=${{ steps.b.outputs.echo }} ${{ params.p }}"}}])json",
              {{"p", "q"}});
  const RunReport report = run.run();
  EXPECT_EQ(report.status, RunReport::Status::succeeded);
  EXPECT_EQ(report.steps[1].outputs["echo"], 41);
  EXPECT_EQ(report.steps[2].outputs["echo"], "n=41 q");
  EXPECT_THAT(run.reporter.told,
              ElementsAre("run started", "started a", "finished a succeeded", "started b", "finished b succeeded",
                          "started c", "finished c succeeded", "run succeeded"));
  EXPECT_TRUE(report.steps[0].started_at && report.steps[0].finished_at);
  EXPECT_LE(*report.steps[0].started_at, *report.steps[0].finished_at);
}

TEST(Run, ReadyStepsRunAtOnceUpToTheLimit) {
  TestRun run(R"json([{"id": "a", "with": {"sleep_ms": 80}}, {"id": "b", "with": {"sleep_ms": 80}},
                  {"id": "c", "with": {"sleep_ms": 80}}, {"id": "d", "with": {"sleep_ms": 80}}])json");
  run.options.max_parallel = 3;
  run.run();
  EXPECT_EQ(run.diary.most_at_once(), 3U);
}

TEST(Run, StepsThatWriteOneCatalogRunOneAfterTheOther) {
  TestRun run(R"json([{"id": "a", "with": {"sleep_ms": 30}}, {"id": "b", "with": {"sleep_ms": 5}}])json");
  run.writes(0, "staging").writes(1, "staging").run();
  EXPECT_THAT(run.diary.notes(), ElementsAre("look a", "act a", "end a", "look b", "act b", "end b"));
}

TEST(Run, AFailureKeepsOthersFromStarting) {
  TestRun run(R"json([{"id": "a", "with": {"fails": "mismatch", "outputs": {"n": 1}}},
                  {"id": "b", "needs": ["a"]}, {"id": "c"},
                  {"id": "d", "needs": ["a"], "if": "failure()"}, {"id": "e", "if": "always()"}])json");
  run.options.max_parallel = 1;
  const RunReport report = run.run();
  EXPECT_EQ(report.status, RunReport::Status::failed);
  EXPECT_EQ(statuses(report),
            (Statuses{{"a", "failed"}, {"b", "skipped"}, {"c", "skipped"}, {"d", "succeeded"}, {"e", "succeeded"}}));
  EXPECT_EQ(report.steps[0].outputs["n"], 1);  // a failed step keeps its outputs
  EXPECT_EQ(report.steps[0].error->code, "mismatch");
  EXPECT_EQ(report.steps[1].reason, "needs \"a\", which failed");
  EXPECT_EQ(report.steps[2].reason, "not started: step \"a\" failed");
}

TEST(Run, KeepGoingRunsWhateverDoesNotNeedTheFailedOne) {
  TestRun run(
      R"json([{"id": "a", "with": {"breaks": "lost"}}, {"id": "b", "needs": ["a"]}, {"id": "c", "needs": ["b"]}, {"id": "d"}])json");
  run.options.keep_going = true;
  run.options.max_parallel = 1;
  EXPECT_EQ(statuses(run.run()), (Statuses{{"a", "failed"}, {"b", "skipped"}, {"c", "skipped"}, {"d", "succeeded"}}));
}

TEST(Run, ContinueOnErrorKeepsTheStepFailedAndTheRunSucceeded) {
  TestRun run(R"json([{"id": "a", "continue_on_error": true, "with": {"fails": "mismatch"}},
                  {"id": "b", "needs": ["a"], "if": "steps.a.status == 'failed'"}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.status, RunReport::Status::succeeded);
  EXPECT_EQ(statuses(report), (Statuses{{"a", "failed"}, {"b", "succeeded"}}));
}

TEST(Run, AFalseConditionSaysWhatItWasAndHowItCame) {
  TestRun run(R"json([{"id": "a", "if": "params.deploy && params.n > 3"}, {"id": "b", "needs": ["a"]},
                  {"id": "c", "needs": ["a"], "if": "failure()"}])json",
              {{"deploy", false}, {"n", 5}});
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].reason, "if: params.deploy && params.n > 3 is false (params.deploy = false)");
  EXPECT_EQ(report.steps[1].reason, "needs \"a\", which was skipped");
  EXPECT_EQ(report.steps[2].reason, "if: failure() is false (failure() = false; \"a\" was skipped)");
  EXPECT_EQ(report.status, RunReport::Status::succeeded);
}

TEST(Run, AConditionThatCannotBeEvaluatedFailsItsStep) {
  TestRun run(R"json([{"id": "a"}, {"id": "b", "needs": ["a"], "if": "steps.a.outputs.missing > 1"}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[1].status, StepStatus::failed);
  ASSERT_TRUE(report.steps[1].error);
  EXPECT_THAT(report.steps[1].error->context, Contains(HasSubstr("steps.a.outputs.missing > 1")));
  EXPECT_EQ(report.status, RunReport::Status::failed);
}

TEST(Run, APreviewThatFailsWithoutActionsIsNotActedUpon) {
  TestRun run(
      R"json([{"id": "a", "with": {"preview_fails": "refused", "no_actions": true, "preview": {"plan": []}}}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].status, StepStatus::failed);
  EXPECT_EQ(report.steps[0].error->code, "refused");
  EXPECT_EQ(report.steps[0].outputs, (Json{{"plan", Json::array()}}));
  EXPECT_THAT(run.diary.notes(), ElementsAre("look a"));
}

TEST(Run, APreviewThatFailsBesideActionsIsActedUponSoThatTheRestIsDone) {
  TestRun run(R"json([{"id": "a", "with": {"preview_fails": "refused", "fails": "refused"}}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].status, StepStatus::failed);
  EXPECT_EQ(report.steps[0].error->code, "refused");
  EXPECT_THAT(run.diary.notes(), ElementsAre("look a", "act a", "end a"));
}

TEST(Run, AnEscapedExceptionIsAnInternalErrorOfItsStep) {
  TestRun run(R"json([{"id": "a", "with": {"throws": true, "changes": true}}, {"id": "b", "if": "always()"}])json");
  const RunReport report = run.run();
  EXPECT_EQ(statuses(report), (Statuses{{"a", "failed"}, {"b", "succeeded"}}));
  EXPECT_EQ(report.steps[0].error->code, "internal-error");
  EXPECT_THAT(report.steps[0].error->message, HasSubstr("boom"));
  EXPECT_THAT(report.steps[0].error->context, Contains(HasSubstr("not known")));
}

TEST(Run, AnUnknownStepTypeOrARefusedInputFailsTheStep) {
  TestRun run(R"json([{"id": "a", "uses": "no/such"}, {"id": "b", "with": {"make_breaks": true}}])json");
  run.options.keep_going = true;
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].error->code, "step-type-unavailable");
  EXPECT_EQ(report.steps[1].error->code, "inputs-invalid");
}

TEST(Run, AnUnknownOutcomeIsAStatusOfItsOwn) {
  TestRun run(
      R"json([{"id": "a", "max_attempts": 3, "with": {"breaks": "outcome-unknown"}}, {"id": "b", "needs": ["a"]}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].status, StepStatus::unknown);
  EXPECT_EQ(report.steps[0].attempts, 1);
  EXPECT_THAT(report.steps[1].reason, HasSubstr("nobody knows"));
  EXPECT_EQ(report.status, RunReport::Status::failed);
}

TEST(RunTimeout, InterruptsTheStepAndSaysSo) {
  TestRun run(R"json([{"id": "a", "timeout_ms": 50, "with": {"sleep_ms": 5000}}])json");
  const auto begin = std::chrono::steady_clock::now();
  const RunReport report = run.run();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(report.steps[0].status, StepStatus::failed);
  EXPECT_EQ(report.steps[0].error->code, "timeout");
  EXPECT_THAT(report.steps[0].error->message, AllOf(HasSubstr("timeout"), HasSubstr("50 ms")));
}

TEST(RunTimeout, HoldsForAStepThatIgnoresIt) {
  TestRun run(
      R"json([{"id": "a", "timeout_ms": 20, "with": {"sleep_ms": 60, "deaf": true, "outputs": {"n": 1}}}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].error->code, "timeout");
  EXPECT_EQ(report.steps[0].outputs["n"], 1);
}

TEST(RunTimeout, OfTheRunCancelsWhatRunsAndStillCleansUp) {
  TestRun run(
      R"json([{"id": "a", "with": {"sleep_ms": 5000}}, {"id": "b", "needs": ["a"]}, {"id": "c", "needs": ["a"], "if": "always()"}])json");
  run.options.timeout = 50ms;
  const RunReport report = run.run();
  EXPECT_TRUE(report.timed_out);
  EXPECT_EQ(report.status, RunReport::Status::cancelled);
  EXPECT_EQ(statuses(report), (Statuses{{"a", "cancelled"}, {"b", "cancelled"}, {"c", "succeeded"}}));
  EXPECT_THAT(report.steps[1].reason, HasSubstr("timeout"));
}

TEST(RunRetry, TriesABreakdownAgain) {
  TestRun run(
      R"json([{"id": "a", "max_attempts": 3, "with": {"breaks": "connection-lost", "break_attempts": 2}}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].status, StepStatus::succeeded);
  EXPECT_EQ(report.steps[0].attempts, 3);
  EXPECT_THAT(run.reporter.told, ElementsAre("run started", "started a", "retrying a connection-lost",
                                             "retrying a connection-lost", "finished a succeeded", "run succeeded"));
}

TEST(RunRetry, LeavesGatesAndPermanentErrorsAlone) {
  TestRun run(R"json([{"id": "a", "max_attempts": 3, "with": {"fails": "mismatch"}},
                  {"id": "b", "max_attempts": 3, "with": {"breaks": "table-not-found"}},
                  {"id": "c", "max_attempts": 3, "on": ["mismatch"], "with": {"fails": "mismatch"}},
                  {"id": "d", "max_attempts": 3, "on": ["other"], "with": {"breaks": "connection-lost"}}])json");
  run.options.keep_going = true;
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].attempts, 1);
  EXPECT_EQ(report.steps[1].attempts, 1);
  EXPECT_EQ(report.steps[2].attempts, 3);
  EXPECT_EQ(report.steps[3].attempts, 1);
}

TEST(RunRetry, DoesNotWaitBeyondTheTimeout) {
  TestRun run(
      R"json([{"id": "a", "max_attempts": 9, "backoff_ms": 20000, "timeout_ms": 5000, "with": {"breaks": "connection-lost"}}])json");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run.run().steps[0].error->code, "connection-lost");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(RunRetry, AnInterruptionEndsTheWait) {
  TestRun run(
      R"json([{"id": "a", "max_attempts": 9, "backoff_ms": 20000, "with": {"breaks": "connection-lost"}}])json");
  std::stop_source stop;
  std::jthread user([&] {
    EXPECT_TRUE(run.diary.wait_for("act a"));
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const RunReport report = run.run(stop.get_token());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(report.steps[0].status, StepStatus::cancelled);
  EXPECT_EQ(report.steps[0].error->code, "connection-lost");
}

TEST(RunStop, InterruptsCleansUpAndReports) {
  TestRun run(R"json([{"id": "a", "with": {"sleep_ms": 20000}}, {"id": "b", "needs": ["a"]},
                  {"id": "c", "needs": ["a"], "if": "always()", "with": {"sleep_ms": 30}},
                  {"id": "d", "needs": ["a"], "if": "cancelled()"}, {"id": "e", "needs": ["a"], "if": "failure()"}])json");
  std::stop_source stop;
  std::jthread user([&] {
    EXPECT_TRUE(run.diary.wait_for("act a"));
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const RunReport report = run.run(stop.get_token());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_EQ(report.status, RunReport::Status::cancelled);
  EXPECT_FALSE(report.timed_out);
  EXPECT_EQ(
      statuses(report),
      (Statuses{{"a", "cancelled"}, {"b", "cancelled"}, {"c", "succeeded"}, {"d", "succeeded"}, {"e", "cancelled"}}));
  for (std::size_t step : {0U, 1U, 4U}) EXPECT_FALSE(report.steps[step].reason.empty());
}

TEST(RunStop, TheSecondTimeEndsCleanupToo) {
  TestRun run(
      R"json([{"id": "a", "with": {"sleep_ms": 20000}}, {"id": "c", "needs": ["a"], "if": "always()", "with": {"sleep_ms": 20000}},
                  {"id": "d", "needs": ["c"], "if": "always()"}])json");
  std::stop_source stop;
  std::stop_source hard;
  std::jthread user([&] {
    EXPECT_TRUE(run.diary.wait_for("act a"));
    stop.request_stop();
    EXPECT_TRUE(run.diary.wait_for("act c"));
    hard.request_stop();
  });
  const RunReport report = run.run(stop.get_token(), hard.get_token());
  EXPECT_EQ(statuses(report), (Statuses{{"a", "cancelled"}, {"c", "cancelled"}, {"d", "cancelled"}}));
}

TEST(RunStop, BeforeTheBeginningStartsNothing) {
  TestRun run(R"json([{"id": "a"}, {"id": "b", "if": "always()"}])json");
  std::stop_source stop;
  stop.request_stop();
  const RunReport report = run.run(stop.get_token());
  EXPECT_EQ(statuses(report), (Statuses{{"a", "cancelled"}, {"b", "succeeded"}}));
}

TEST(RunStop, ACleanupStepThatRunsAlreadyIsLeftAlone) {
  TestRun run(
      R"json([{"id": "a", "with": {"fails": "x"}}, {"id": "c", "needs": ["a"], "if": "always()", "with": {"sleep_ms": 60}}])json");
  std::stop_source stop;
  std::jthread user([&] {
    EXPECT_TRUE(run.diary.wait_for("act c"));
    stop.request_stop();
  });
  EXPECT_EQ(statuses(run.run(stop.get_token())), (Statuses{{"a", "failed"}, {"c", "succeeded"}}));
}

TEST(RunForEach, GivesTheListOfItsItemsOutputs) {
  TestRun run(R"json([{"id": "a", "for_each": ["x", "${{ params.p }}", 3], "with": {"echo": "${{ item }}"}},
                  {"id": "b", "needs": ["a"], "for_each": "${{ steps.a.outputs }}", "with": {"echo": "${{ item.echo }}"}}])json",
              {{"p", "y"}});
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].outputs, Json::parse(R"json([{"echo": "x"}, {"echo": "y"}, {"echo": 3}])json"));
  EXPECT_EQ(report.steps[1].outputs, report.steps[0].outputs);
  EXPECT_EQ(report.steps[0].figure, "3 items");
  ASSERT_EQ(report.steps[0].items.size(), 3U);
  EXPECT_EQ(report.steps[0].items[1].item, "y");
  EXPECT_EQ(report.steps[0].items[1].status, StepStatus::succeeded);
}

TEST(RunForEach, ItemsRunAtOnceUpToTheLimit) {
  TestRun run(R"json([{"id": "a", "for_each": [1, 2, 3, 4, 5], "with": {"sleep_ms": 60}}])json");
  run.options.max_parallel = 3;
  run.run();
  EXPECT_EQ(run.diary.most_at_once(), 3U);
}

TEST(RunForEach, ItemsOfAStepThatWritesRunInOrder) {
  TestRun run(R"json([{"id": "a", "for_each": [1, 2, 3], "with": {"label": "${{ item }}", "sleep_ms": 10}}])json");
  run.writes(0, "staging").run();
  EXPECT_THAT(run.diary.notes(), ElementsAre("look a:1", "act a:1", "end a:1", "look a:2", "act a:2", "end a:2",
                                             "look a:3", "act a:3", "end a:3"));
}

TEST(RunForEach, OneFailedItemFailsTheStepAndStartsNoMore) {
  const char* steps =
      R"json([{"id": "a", "for_each": ["lost", "x", "y"], "with": {"breaks": "${{ item }}", "break_attempts": "${{ params.n }}"}}])json";
  for (bool keep_going : {false, true}) {
    TestRun run(steps, {{"n", 1}});
    run.options.keep_going = keep_going;
    run.options.max_parallel = 1;
    const RunReport report = run.run();
    EXPECT_EQ(report.steps[0].status, StepStatus::failed);
    EXPECT_EQ(report.steps[0].error->code, "items-failed");
    EXPECT_THAT(report.steps[0].error->message, HasSubstr("item 1 (\"lost\") [lost]: fake lost"));
    EXPECT_EQ(report.steps[0].items[1].status, keep_going ? StepStatus::failed : StepStatus::skipped);
    EXPECT_EQ(report.steps[0].items[1].reason, keep_going ? "" : "not started: item 1 failed");
  }
}

TEST(RunForEach, NothingToDoIsSuccess) {
  TestRun run(R"json([{"id": "a", "for_each": "${{ params.list }}"}, {"id": "b", "needs": ["a"]}])json",
              {{"list", Json::array()}});
  const RunReport report = run.run();
  EXPECT_EQ(statuses(report), (Statuses{{"a", "succeeded"}, {"b", "succeeded"}}));
  EXPECT_EQ(report.steps[0].outputs, Json::array());
  EXPECT_EQ(report.steps[0].figure, "0 items");
}

TEST(RunForEach, WhatIsNoListFailsTheStep) {
  TestRun run(R"json([{"id": "a", "for_each": "${{ params.text }}"}])json", {{"text", "x"}});
  EXPECT_EQ(run.run().steps[0].error->code, "for-each-invalid");
}

TEST(RunForEach, AnInterruptionCancelsTheRestOfTheItems) {
  TestRun run(R"json([{"id": "a", "for_each": [1, 2, 3], "with": {"sleep_ms": 20000}}])json");
  run.options.max_parallel = 1;
  std::stop_source stop;
  std::jthread user([&] {
    EXPECT_TRUE(run.diary.wait_for("act a"));
    stop.request_stop();
  });
  const RunReport report = run.run(stop.get_token());
  EXPECT_EQ(report.steps[0].status, StepStatus::cancelled);
  for (const ItemReport& item : report.steps[0].items) EXPECT_EQ(item.status, StepStatus::cancelled);
}

TEST(RunForEach, TheTimeoutCoversAllItems) {
  TestRun run(
      R"json([{"id": "a", "timeout_ms": 60, "for_each": [1, 2, 3, 4, 5, 6, 7, 8], "with": {"sleep_ms": 40}}])json");
  run.options.max_parallel = 1;
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].error->code, "timeout");
  EXPECT_EQ(report.steps[0].items.back().status, StepStatus::skipped);
}

TEST(RunDryRun, LooksAtEverythingAndActsOnNothing) {
  TestFolder folder;
  TestRun run(R"json([{"id": "a", "with": {"preview": {"plan": 1}, "changes": true, "fails": "x"}},
                  {"id": "b", "needs": ["a"], "with": {"echo": "${{ steps.a.outputs.plan }}"}},
                  {"id": "c", "with": {"look_breaks": "connection-lost"}}, {"id": "d"}])json");
  run.options.dry_run = true;
  run.options.max_parallel = 1;
  run.options.state_dir = folder.path() + "/state";
  const RunReport report = run.run();
  EXPECT_TRUE(report.dry_run);
  EXPECT_EQ(statuses(report), (Statuses{{"a", "succeeded"}, {"b", "succeeded"}, {"c", "failed"}, {"d", "succeeded"}}));
  EXPECT_EQ(report.steps[0].outputs, (Json{{"plan", 1}}));
  EXPECT_THAT(run.diary.notes(), Not(Contains(HasSubstr("act"))));
  EXPECT_EQ(report.steps[0].actions.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(run.options.state_dir));
}

TEST(RunDryRun, WhatDependsOnChangesToComeCannotBeLookedAt) {
  TestRun run(R"json([{"id": "a", "with": {"changes": true}},
                  {"id": "b", "needs": ["a"], "with": {"echo": "${{ steps.a.outputs.count }}"}},
                  {"id": "c", "needs": ["b"], "with": {"look_breaks": "catalog-not-found"}},
                  {"id": "d", "needs": ["a"], "if": "steps.a.outputs.count > 1"},
                  {"id": "e", "needs": ["a"], "for_each": "${{ steps.a.outputs.list }}"},
                  {"id": "f", "needs": ["d"]},
                  {"id": "g", "with": {"look_breaks": "catalog-not-found"}}])json");
  run.options.dry_run = true;
  const RunReport report = run.run();
  EXPECT_EQ(statuses(report), (Statuses{{"a", "succeeded"},
                                        {"b", "skipped"},
                                        {"c", "skipped"},
                                        {"d", "skipped"},
                                        {"e", "skipped"},
                                        {"f", "succeeded"},
                                        {"g", "failed"}}));
  for (std::size_t step : {1U, 2U, 3U, 4U})
    EXPECT_THAT(report.steps[step].reason, HasSubstr("cannot be looked at before step \"a\" has acted"));
}

TEST(RunDryRun, AnErrorWithoutPendingChangesIsAnError) {
  TestRun run(
      R"json([{"id": "a"}, {"id": "b", "needs": ["a"], "with": {"echo": "${{ steps.a.outputs.count }}"}}])json");
  run.options.dry_run = true;
  EXPECT_EQ(run.run().steps[1].status, StepStatus::failed);
}

TEST(RunDryRun, OutputsThatOnlyARealRunKnowsCannotBeRead) {
  TestRun run(R"json([{"id": "a", "with": {"outputs_unknown": true}},
                  {"id": "b", "needs": ["a"], "with": {"echo": "${{ steps.a.outputs.count }}"}},
                  {"id": "c", "needs": ["b"], "with": {"echo": "${{ steps.b.outputs.echo }}"}},
                  {"id": "d", "needs": ["a"], "if": "steps.a.outputs.count > 1"},
                  {"id": "e", "for_each": [1], "with": {"outputs_unknown": true}},
                  {"id": "f", "needs": ["e"], "for_each": "${{ steps.e.outputs[0].list }}"},
                  {"id": "g", "needs": ["a"], "with": {"look_breaks": "catalog-not-found"}}])json");
  run.options.dry_run = true;
  const RunReport report = run.run();
  EXPECT_EQ(statuses(report), (Statuses{{"a", "succeeded"},
                                        {"b", "skipped"},
                                        {"c", "skipped"},
                                        {"d", "skipped"},
                                        {"e", "succeeded"},
                                        {"f", "skipped"},
                                        {"g", "failed"}}));
  for (std::size_t step : {1U, 2U, 3U})
    EXPECT_THAT(report.steps[step].reason, HasSubstr("depends on the outputs of step \"a\""));
  EXPECT_THAT(report.steps[5].reason, HasSubstr("depends on the outputs of step \"e\""));
}

TEST(RunSecrets, AreResolvedAndNeverReported) {
  TestFolder folder;
  TestRun run(
      R"json([{"id": "a", "with": {"echo": "${{ secrets.LOCKSTEP_TEST_TOKEN }}", "warn": "w ${{ secrets.LOCKSTEP_TEST_TOKEN }}"}}])json");
  run.secret_values["LOCKSTEP_TEST_TOKEN"] = "s3cr3t-value";
  run.options.state_dir = folder.path();
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].outputs["echo"], "s3cr3t-value");  // the next step needs the real one
  EXPECT_THAT(report_json(report, run.secrets).dump(), Not(HasSubstr("s3cr3t")));
  Result<JournalContents> journal = read_journal(folder.path() + "/runs/" + report.run_id + ".journal");
  ASSERT_TRUE(journal);
  for (const JournalRecord& record : journal->records) EXPECT_THAT(record.body.dump(), Not(HasSubstr("s3cr3t")));
}

TEST(RunSecrets, AMissingOneFailsItsStepAndSaysHowToGiveIt) {
  TestRun run(R"json([{"id": "a", "with": {"echo": "${{ secrets.LOCKSTEP_TEST_ABSENT }}"}}])json");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].error->code, "secret-missing");
  EXPECT_THAT(report.steps[0].error->message, HasSubstr("LOCKSTEP_TEST_ABSENT"));
  EXPECT_THAT(report.steps[0].error->remedy, HasSubstr("--secrets-file"));
}

TEST(RunJournal, HoldsTheWholeRun) {
  TestFolder folder;
  TestRun run(R"json([{"id": "a", "with": {"changes": true}}, {"id": "b", "needs": ["a"], "if": "false"}])json");
  run.options.state_dir = folder.path() + "/deep/state";
  const RunReport report = run.run();
  const std::string path = run.options.state_dir + "/runs/" + report.run_id + ".journal";
  Result<JournalContents> journal = read_journal(path);
  ASSERT_TRUE(journal) << journal.error().message;
  std::vector<std::string> types;
  for (const JournalRecord& record : journal->records) types.push_back(record.type);
  EXPECT_THAT(types, ElementsAre("run_started", "step_started", "action_started", "action_finished", "step_finished",
                                 "step_finished", "run_finished"));
  EXPECT_EQ(journal->records[0].body["run_id"], report.run_id);
  EXPECT_EQ(journal->records[0].body["runbook_sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::filesystem::status(folder.path() + "/deep").permissions(), std::filesystem::perms::owner_all);
}

TEST(RunJournal, WithoutAWritableFolderTheRunDoesNotBegin) {
  TestRun run(R"json([{"id": "a"}])json");
  run.options.state_dir = "/proc/no/such";
  Result<RunReport> report = run.try_run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, "journal-not-writable");
  EXPECT_THAT(run.diary.notes(), IsEmpty());
}

TEST(Run, AThousandStepsTakeLessThanASecond) {
  TestFolder folder;
  Json steps = Json::array();
  for (int i = 0; i < 1000; ++i) {
    Json step{{"id", "s" + std::to_string(i)}};
    if (i >= 10) step["needs"] = {"s" + std::to_string(i - 10)};
    steps.push_back(step);
  }
  TestRun run(steps.dump());
  run.options.state_dir = folder.path();
  const auto begin = std::chrono::steady_clock::now();
  const RunReport report = run.run();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(report.status, RunReport::Status::succeeded);
  EXPECT_EQ(report.steps.back().id, "s999");
}

TEST(Run, IdsSortByTimeAndDiffer) {
  EXPECT_THAT(new_run_id(), ::testing::MatchesRegex("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"));
  EXPECT_NE(new_run_id(), new_run_id());
}

}  // namespace
}  // namespace lockstep
