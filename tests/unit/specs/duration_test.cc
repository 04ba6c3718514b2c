#include <gtest/gtest.h>

#include "specs/runbook.h"

namespace lockstep {
namespace {

using namespace std::chrono_literals;

TEST(Duration, UnitsAddUp) {
  const std::pair<const char*, Milliseconds> cases[] = {
      {"30s", 30s},        {"5m", 5min}, {"1h30m", 90min}, {"250ms", 250ms},
      {"90", 90s},         {"0", 0ms},   {"2d", 48h},      {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
      {"1s500ms", 1500ms}, {"0s", 0ms},  {"1000d", 24000h}};
  for (const auto& [text, expected] : cases) {
    const Result<Milliseconds> read = parse_duration(text);
    ASSERT_TRUE(read) << text << ": " << read.error().message;
    EXPECT_EQ(*read, expected) << text;
  }
}

TEST(Duration, AnythingElseIsRefusedWithWords) {
  for (const char* text : {"",
                           "s",
                           "1x",
                           "1 h",
                           " 1h",
                           "1h ",
                           "-1s",
                           "+1s",
                           "1.5h",
                           "30m1h",
                           "1h1h",
                           "1h30",
                           "ms",
                           "1S",
                           "99999999999999999999",
                           "1001d",
                           "99999999999999999999d",
                           "24001h",
                           "1000d1ms",
                           "1hh",
                           "h1",
                           "0x10",
                           "1e3"}) {
    const Result<Milliseconds> read = parse_duration(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "duration-invalid") << text;
    EXPECT_FALSE(read.error().remedy.empty());
  }
}

}  // namespace
}  // namespace lockstep
