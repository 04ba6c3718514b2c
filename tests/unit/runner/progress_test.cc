#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/progress_json.h"
#include "runner/progress_plain.h"
#include "runner/progress_tree.h"
#include "runner/summary.h"
#include "specs/schema.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const WallTime kBegin = WallTime(1795514400s) + 123ms;  // 2026-11-24T10:00:00.123Z

RunReport report_of() {
  RunReport report;
  report.run_id = "20261124T100000Z-7f3a9c";
  report.runbook = "examples/q.yaml";
  report.name = "refresh";
  report.started_at = kBegin;
  report.finished_at = kBegin + 65s;
  StepReport evolve;
  evolve.id = evolve.name = "evolve";
  evolve.uses = "schema-evolution/evolve-catalog";
  evolve.status = StepStatus::succeeded;
  evolve.outputs = {{"changed", 3}};
  evolve.started_at = kBegin;
  evolve.finished_at = kBegin + 1300ms;
  evolve.figure = "12 tables, 3 changed";
  evolve.warnings = {"one\ntwo"};
  StepReport reconcile = evolve;
  reconcile.id = reconcile.name = "reconcile";
  reconcile.status = StepStatus::failed;
  reconcile.figure.clear();
  reconcile.warnings.clear();
  reconcile.error = Error("mismatch"_code, "2 tables \x1b[2Jdiffer", "look at details");
  reconcile.error->context = {"while comparing"};
  StepReport sign;
  sign.id = sign.name = "sign";
  sign.uses = "provenance/sign";
  sign.status = StepStatus::skipped;
  sign.reason = "needs \"reconcile\", which failed";
  sign.finished_at = kBegin + 1300ms;
  report.steps = {evolve, reconcile, sign};
  report.status = RunReport::Status::failed;
  return report;
}

TEST(Summary, AlignsStatusTimeAndFigure) {
  SecretSet secrets;
  EXPECT_EQ(summary_text(report_of(), {false, false}, secrets),
            "  + evolve     succeeded     1.3s  12 tables, 3 changed; 1 warning\n"
            "  x reconcile  failed        1.3s  2 tables \\x1b[2Jdiffer\n"
            "  - sign       skipped          -  needs \"reconcile\", which failed\n"
            "refresh failed in 1m05s: 1 succeeded, 1 failed, 1 skipped\n");
}

TEST(Summary, RedactsAndSaysWhenItTimedOut) {
  SecretSet secrets;
  ASSERT_TRUE(secrets.add("X", "12 tables"));
  RunReport report = report_of();
  report.timed_out = true;
  const std::string text = summary_text(report, {false, true}, secrets);
  EXPECT_THAT(text, AllOf(Not(HasSubstr("12 tables")), HasSubstr("***, 3 changed"), HasSubstr("timed out")));
}

TEST(PlainProgress, WritesOneLineAtStartAndEnd) {
  SecretSet secrets;
  std::string out;
  PlainProgress plain([&out](std::string_view text) { out += text; }, {false, false}, secrets);
  const RunReport report = report_of();
  plain.run_started(report);
  plain.step_started(report.steps[0]);
  plain.step_progress(report.steps[0], "x", 0.5);
  plain.step_retrying(report.steps[0], *report.steps[1].error, 1500ms);
  plain.step_finished(report.steps[0]);
  plain.step_finished(report.steps[1]);
  plain.step_finished(report.steps[2]);
  const std::size_t again = out.find("again");
  ASSERT_NE(again, std::string::npos);
  EXPECT_THAT(out.substr(again), StartsWith("again in 1.5s, after: 2 tables \\x1b[2Jdiffer [mismatch]\n"));
  EXPECT_THAT(out, StartsWith("10:00:00  refresh: 3 steps, run 20261124T100000Z-7f3a9c\n"
                              "10:00:00  evolve     started    schema-evolution/evolve-catalog\n"));
  EXPECT_THAT(out, EndsWith("10:00:01  evolve     succeeded  1.3s  12 tables, 3 changed\n"
                            "          warning: one two\n"
                            "10:00:01  reconcile  failed     1.3s\n"
                            "          error: 2 tables \\x1b[2Jdiffer [mismatch]\n"
                            "            while comparing\n"
                            "          hint: look at details\n"
                            "10:00:01  sign       skipped    needs \"reconcile\", which failed\n"));
}

TEST(JsonProgress, WritesOneEventALine) {
  SecretSet secrets;
  std::vector<Json> events;
  JsonProgress json(
      [&events](std::string_view text) {
        ASSERT_THAT(std::string(text), EndsWith("\n"));
        events.push_back(Json::parse(text));
      },
      "0.1.0", secrets);
  RunReport report = report_of();
  report.steps[0].outputs["bad"] = "\xff";
  json.run_started(report);
  json.step_started(report.steps[0]);
  json.step_progress(report.steps[0], "counting", 0.25);
  json.step_progress(report.steps[0], "counting", -1);
  json.step_retrying(report.steps[0], *report.steps[1].error, 1500ms);
  json.step_finished(report.steps[1]);
  json.run_finished(report);
  std::vector<std::string> types;
  const Json* schema = embedded_schema("event");
  ASSERT_NE(schema, nullptr);
  for (const Json& event : events) {
    types.push_back(event["type"]);
    EXPECT_TRUE(schema_verdict(event, *schema, *schema)) << event;
    EXPECT_EQ(event["run_id"], report.run_id);
    EXPECT_EQ(event["time"].get<std::string>().size(), 24U);
  }
  EXPECT_THAT(types, ElementsAre("version", "run_started", "step_started", "step_progress", "step_progress",
                                 "step_retrying", "step_finished", "run_finished"));
  EXPECT_EQ(events[0]["version"], 1);
  EXPECT_EQ(events[0]["lockstep"], "0.1.0");
  EXPECT_EQ(events[3]["fraction"], 0.25);
  EXPECT_TRUE(events[4]["fraction"].is_null());
  EXPECT_EQ(events[6]["report"]["error"]["code"], "mismatch");
  EXPECT_EQ(events[7]["status"], "failed");
}

TEST(Report, HasTheDocumentedShape) {
  SecretSet secrets;
  RunReport report = report_of();
  report.steps[0].is_for_each = true;
  report.steps[0].items.push_back({"x", StepStatus::skipped, "not started", {}, {}, {}});
  report.steps[0].actions.push_back({Action::Kind::sql, "local", "t", "SELECT 1", "why", false});
  const Json json = report_json(report, secrets);
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["started_at"], "2026-11-24T10:00:00.123Z");
  EXPECT_EQ(json["steps"][1]["error"]["remedy"], "look at details");
  EXPECT_TRUE(json["steps"][2]["started_at"].is_null());
  EXPECT_TRUE(json["steps"][0]["error"].is_null());
  EXPECT_EQ(json["steps"][0]["items"][0]["status"], "skipped");
  const Json* schema = embedded_schema("report");
  ASSERT_NE(schema, nullptr);
  EXPECT_THAT(schema_findings(json, *schema, *schema), ElementsAre());
  EXPECT_TRUE(schema_verdict(json, *schema, *schema));
}

// A terminal of a given width, as far as the live view uses one: rows of text, cursor up, clear.
class Screen {
 public:
  explicit Screen(std::size_t width) : width_(width) {}
  void write(std::string_view text) {
    while (!text.empty()) {
      if (text[0] == '\x1b') {
        std::size_t end = 2;
        while (!std::isalpha(static_cast<unsigned char>(text[end]))) ++end;
        control(text.substr(2, end - 2), text[end]);
        text.remove_prefix(end + 1);
      } else if (text[0] == '\n') {
        ++row_;
        column_ = 0;
        grow();
        text.remove_prefix(1);
      } else if (text[0] == '\r') {
        column_ = 0;
        text.remove_prefix(1);
      } else {
        std::size_t size = 1;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
        put(text.substr(0, size));
        text.remove_prefix(size);
      }
    }
  }
  [[nodiscard]] std::vector<std::string> rows() const {
    std::vector<std::string> lines;
    for (const auto& cells : rows_) {
      std::string line;
      for (const std::string& cell : cells) line += cell;
      line.erase(line.find_last_not_of(' ') + 1);
      lines.push_back(line);
    }
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }
  [[nodiscard]] bool cursor_visible() const { return cursor_visible_; }
  [[nodiscard]] bool wrapped() const { return wrapped_; }

 private:
  void grow() {
    if (rows_.size() <= row_) rows_.resize(row_ + 1);
  }
  void put(std::string_view cell) {
    grow();
    if (column_ >= width_) wrapped_ = true;
    if (rows_[row_].size() <= column_) rows_[row_].resize(column_ + 1, " ");
    rows_[row_][column_++] = cell;
  }
  void control(std::string_view argument, char command) {
    if (command == 'A') row_ -= std::min<std::size_t>(row_, static_cast<std::size_t>(std::stoi(std::string(argument))));
    if (command == 'K' && rows_.size() > row_) rows_[row_].resize(std::min(column_, rows_[row_].size()));
    if (command == 'J') {
      if (rows_.size() > row_) rows_[row_].resize(std::min(column_, rows_[row_].size()));
      rows_.resize(std::min(rows_.size(), row_ + 1));
    }
    if (argument == "?25") cursor_visible_ = command == 'h';
  }

  std::size_t width_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  bool cursor_visible_ = true;
  bool wrapped_ = false;
};

TEST(TreeProgress, KeepsWhatIsDoneAndRedrawsWhatRuns) {
  SecretSet secrets;
  Screen screen(60);
  std::mutex mutex;
  RunReport report = report_of();
  {
    TreeProgress tree(
        [&](std::string_view text) {
          std::lock_guard lock(mutex);
          screen.write(text);
        },
        {false, true}, [] { return TerminalSize{60, 10}; }, secrets);
    const auto rows = [&] {
      std::lock_guard lock(mutex);
      return screen.rows();
    };
    const auto wait_for_row = [&](const std::string& part) {
      for (int i = 0; i < 500; ++i) {
        for (const std::string& row : rows())
          if (row.find(part) != std::string::npos) return true;
        std::this_thread::sleep_for(10ms);
      }
      return false;
    };
    tree.run_started(report);
    {
      std::lock_guard lock(mutex);
      EXPECT_FALSE(screen.cursor_visible());
    }
    tree.step_started(report.steps[0]);
    tree.step_started(report.steps[1]);
    tree.step_progress(report.steps[0], "comparing a table with a very long name that does not fit", 0.5);
    EXPECT_TRUE(wait_for_row("50%"));
    EXPECT_TRUE(wait_for_row("└─ reconcile"));
    tree.step_finished(report.steps[0]);
    EXPECT_THAT(rows()[1], HasSubstr("✓ evolve"));
    EXPECT_TRUE(wait_for_row("1/3"));
    EXPECT_TRUE(tree.notice("stopping"));  // a signal's line stands above what still runs
    tree.step_finished(report.steps[1]);
    tree.step_finished(report.steps[2]);
    tree.run_finished(report);
  }
  EXPECT_TRUE(screen.cursor_visible());
  EXPECT_THAT(screen.rows(), ::testing::Contains("stopping"));
  const std::vector<std::string> rows = screen.rows();
  EXPECT_THAT(rows.back(), StartsWith("refresh failed in 1m05s"));
  EXPECT_EQ(rows[0], "refresh  3 steps, run 20261124T100000Z-7f3a9c");
  EXPECT_THAT(rows[1], HasSubstr("evolve"));
  EXPECT_THAT(rows[2], HasSubstr("warning: one two"));
  for (const std::string& row : rows) EXPECT_THAT(row, Not(HasSubstr("└─")));
}

TEST(TreeProgress, NeverWrapsALiveLineAndShowsTheCursorAgain) {
  SecretSet secrets;
  Screen screen(30);
  RunReport report = report_of();
  report.name = std::string(100, 'x');
  report.steps.clear();
  {
    TreeProgress tree([&](std::string_view text) { screen.write(text); }, {true, true},
                      [] { return TerminalSize{30, 6}; }, secrets);
    tree.run_started(report);
    for (int i = 0; i < 20; ++i) {
      StepReport step;
      step.id = "step-with-a-long-name-" + std::to_string(i);
      tree.step_started(step);
    }
    std::this_thread::sleep_for(250ms);
  }
  EXPECT_FALSE(screen.wrapped());
  EXPECT_TRUE(screen.cursor_visible());
  EXPECT_LE(screen.rows().size(), 6U);
}

}  // namespace
}  // namespace lockstep
