#include "engines/provenance/recorded_failure.h"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace lockstep {
namespace {

TEST(RecordedFailure, FindsTheFirstThatIsSaid) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"status": "mismatch", "errors": 2})", R"(its status is "mismatch")"},
      {R"({"status": "Timed-Out"})", R"(its status is "Timed-Out")"},
      {R"({"result": "FAILED"})", R"(its result is "FAILED")"},
      {R"({"success": false})", "its success is false"},
      {R"({"status": "done", "errors": 2})", "its errors is 2"},
      {R"({"errors": ["boom"]})", "its errors has 1 entry"},
      {R"({"tables": {"success": 10, "failed": 1}})", "tables: its failed is 1"},
      {R"({"status": "succeeded", "steps": [{"id": "a", "status": "succeeded"}, {"id": "b", "status": "failed"}]})",
       R"(in steps "b", status is "failed")"},
      {R"({"details": [{"table": "t\u001b", "verdict": "missing"}]})", R"(in details "t\u001b", verdict is "missing")"},
      {R"("failed")", R"(the result is "failed")"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(recorded_failure(Json::parse(text)), expected) << text;
}

TEST(RecordedFailure, IsSilentWhereNothingFailed) {
  for (const char* text :
       {"{}", "null", "[]", "7", R"({"status": "match", "errors": 0, "mismatched": 0, "missing": 0})",
        R"({"status": "succeeded", "steps": [{"id": "failed", "status": "skipped"}]})", R"({"errors": [], "ok": true})",
        R"({"tables": ["failed"], "steps": 3, "details": [null]})", R"({"matched": 611, "status": 5})"})
    EXPECT_EQ(recorded_failure(Json::parse(text)), "") << text;
}

TEST(RecordedFailure, CutsWhatIsForeign) {
  EXPECT_LT(recorded_failure({{"steps", {{{"id", std::string(9999, 'x')}, {"status", "failed"}}}}}).size(), 200U);
}

}  // namespace
}  // namespace lockstep
