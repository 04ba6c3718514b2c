// Runs of runbooks as people write them: through the YAML reader, the schemas and the real step schema of sql/query.
// The step type itself is a fake whose statement says what comes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run_support.h"
#include "runner/cli/load.h"
#include "runner/run.h"
#include "tests/unit/pace.h"

namespace lockstep {
namespace {

using lockstep::testing::statuses;
using ::testing::HasSubstr;
using Statuses = std::map<std::string, std::string>;

// "SELECT n" gives one row; "SELECT fail" is a gate that is not met; "SELECT odd" gives outputs in a wrong shape.
class FakeQuery final : public Step {
 public:
  explicit FakeQuery(std::string statement) : statement_(std::move(statement)) {}
  Result<Look> look(const StepContext&) override {
    Look look;
    look.actions.push_back({Action::Kind::sql, "local", "", statement_, "asked for", false});
    look.preview.outputs = outputs(0);
    return look;
  }
  Result<Outcome> act(const StepContext&, const Look&) override {
    Outcome outcome;
    outcome.outputs = statement_ == "SELECT odd" ? Json{{"rows", "none"}} : outputs(1);
    outcome.figure = "1 row";
    if (statement_ == "SELECT fail") outcome.failure = Error("expectation-failed"_code, "no", "look");
    return outcome;
  }

 private:
  static Json outputs(int count) {
    Json rows = Json::array();
    for (int i = 0; i < count; ++i) rows.push_back({42});
    return {{"columns", {{{"name", "n"}, {"type", "INTEGER"}}}},
            {"rows", rows},
            {"row_count", count},
            {"truncated", false}};
  }
  std::string statement_;
};

class YamlRun {
 public:
  explicit YamlRun(const std::string& steps) {
    const std::string text =
        "version: 1\nname: test\nparams:\n  deploy: { type: boolean, default: false }\n"
        "connections:\n  local: { type: duckdb, catalogs: { prod: prod.duckdb } }\nsteps:\n" +
        steps;
    loaded_ = std::make_unique<LoadedRunbook>(load_runbook_text(std::make_shared<Source>(Source{"t.yaml", text}), {}));
    for (const Diagnostic& item : loaded_->diagnostics.items())
      if (item.severity == Severity::error) errors += item.message + "\n";
  }

  RunReport run() {
    StepType type{"sql/query", [](const Json& inputs) -> Result<std::unique_ptr<Step>> {
                    return std::unique_ptr<Step>(std::make_unique<FakeQuery>(inputs["statement"].get<std::string>()));
                  }};
    RunInputs inputs{
        *loaded_->runbook, loaded_->graph, loaded_->params, {}, secrets, warehouses_, [&type](std::string_view uses) {
          return uses == type.uses ? &type : nullptr;
        }};
    Result<RunReport> report = run_runbook(inputs, options, reporter, {});
    if (!report) throw std::runtime_error(report.error().message);
    return *std::move(report);
  }

  std::string errors;
  SecretSet secrets;
  RunOptions options;
  lockstep::testing::TestReporter reporter;

 private:
  std::unique_ptr<LoadedRunbook> loaded_;
  lockstep::testing::NoWarehouses warehouses_;
};

TEST(RunYaml, FollowsNeedsConditionsAndOutputs) {
  YamlRun run(R"yaml(
  - id: count
    uses: sql/query
    with: { statement: SELECT 1 }
  - id: each
    uses: sql/query
    for_each: "${{ steps.count.outputs.rows[0] }}"
    with: { statement: "SELECT ${{ item }}" }
  - id: not-now
    uses: sql/query
    if: params.deploy && steps.count.outputs.row_count > 0
    with: { statement: SELECT 3 }
  - id: gate
    uses: sql/query
    needs: [each]
    continue_on_error: true
    with: { statement: SELECT fail }
  - id: after
    uses: sql/query
    needs: [gate]
    if: ${{ steps.gate.status == 'failed' }}
    with: { statement: SELECT 4 }
)yaml");
  ASSERT_EQ(run.errors, "");
  const RunReport report = run.run();
  EXPECT_EQ(statuses(report), (Statuses{{"count", "succeeded"},
                                        {"each", "succeeded"},
                                        {"not-now", "skipped"},
                                        {"gate", "failed"},
                                        {"after", "succeeded"}}));
  EXPECT_EQ(report.steps[2].reason,
            "if: params.deploy && steps.count.outputs.row_count > 0 is false (params.deploy = false)");
  EXPECT_EQ(report.steps[1].items[0].item, 42);
  EXPECT_EQ(report.status, RunReport::Status::succeeded);
}

TEST(RunYaml, OutputsAreHeldToTheirSchema) {
  YamlRun run("  - id: a\n    uses: sql/query\n    with: { statement: SELECT odd }\n");
  ASSERT_EQ(run.errors, "");
  const RunReport report = run.run();
  EXPECT_EQ(report.steps[0].error->code, "outputs-invalid");
  EXPECT_THAT(report.steps[0].error->message, HasSubstr("rows"));
  EXPECT_EQ(report.steps[0].outputs["rows"], "none");
}

// What an expression gives is known at run time only where its type cannot be told beforehand.
TEST(RunYaml, ResolvedInputsAreHeldToTheirSchema) {
  YamlRun run(R"yaml(
  - id: a
    uses: sql/query
    with: { statement: SELECT 1, max_rows: "${{ from_json('-1') }}" }
)yaml");
  ASSERT_EQ(run.errors, "");
  const RunReport report = run.run();
  ASSERT_EQ(report.steps[0].status, StepStatus::failed);
  EXPECT_EQ(report.steps[0].error->code, "inputs-invalid");
  EXPECT_THAT(report.steps[0].error->message, HasSubstr("max_rows"));
}

TEST(RunYaml, AnUnquotedAlwaysStepRunsAfterAFailure) {
  YamlRun run(R"yaml(
  - id: a
    uses: sql/query
    with: { statement: SELECT fail }
  - id: cleanup
    uses: sql/query
    if: always()
    with: { statement: SELECT 1 }
  - id: alarm
    uses: sql/query
    needs: [a]
    if: failure()
    with: { statement: SELECT 1 }
  - id: other
    uses: sql/query
    needs: [a]
    if: success()
    with: { statement: SELECT 1 }
)yaml");
  ASSERT_EQ(run.errors, "");
  EXPECT_EQ(statuses(run.run()),
            (Statuses{{"a", "failed"}, {"cleanup", "succeeded"}, {"alarm", "succeeded"}, {"other", "skipped"}}));
}

TEST(RunYaml, AThousandQueriesWithAJournalTakeLessThanASecond) {
  std::string steps;
  for (int i = 0; i < 1000; ++i)
    steps += fmt::format("  - id: s{}\n    uses: sql/query\n    with: {{ statement: \"SELECT {}\" }}\n", i, i);
  YamlRun run(steps);
  ASSERT_EQ(run.errors, "");
  lockstep::testing::TestFolder folder;
  run.options.state_dir = folder.path();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run.run().status, RunReport::Status::succeeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSlowdown * std::chrono::seconds(1));
}

}  // namespace
}  // namespace lockstep
