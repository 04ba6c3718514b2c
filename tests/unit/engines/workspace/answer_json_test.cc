#include "engines/workspace/answer_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace lockstep {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + "1" + std::string(depth, ']');
}

// nlohmann's parser is the measure: both must give the same value of the same kind, or none.
TEST(AnswerJson, IsReadAsNlohmannReadsIt) {
  for (const std::string& text : std::vector<std::string>{
           R"({"a":[1,-1,0,-0,1.5,-2e3,1e22,0.1,true,false,null,"x",{},[]]})",
           "9223372036854775807",
           "9223372036854775808",
           "18446744073709551615",
           "18446744073709551616",
           "-9223372036854775808",
           "-9223372036854775809",
           R"(["123456789012345678901234567890", 123456789012345678901234567890])",
           "1e400",
           "4.9e-324",
           R"("A\u0000\ud83d\ude00\n\/\\")",
           R"("\ud83d")",
           "\"\xFF\"",
           "\"\x01\"",
           R"({"a":1,"b":2,"a":3})",
           "\xEF\xBB\xBF{}",
           "",
           " ",
           "nul",
           "{}x",
           "[1,]",
           "{\"a\":}",
           "01",
           "[1",
           "\"open",
           " \t\r\n[ ] ",
           "<html></html>",
       }) {
    const Json expected = Json::parse(text, nullptr, false);
    std::string padded = text;
    padded.reserve(text.size() + 64);
    for (const std::string* body : {&text, &std::as_const(padded)}) {
      const std::optional<Json> read = parse_answer(*body);
      ASSERT_EQ(read.has_value(), !expected.is_discarded()) << text;
      if (!read) continue;
      EXPECT_EQ(read->dump(), expected.dump()) << text;
      EXPECT_EQ(read->type(), expected.type()) << text;
    }
  }
}

TEST(AnswerJson, EndsAtADepth) {
  EXPECT_TRUE(parse_answer(nested(100)));
  EXPECT_FALSE(parse_answer(nested(101)));
  EXPECT_FALSE(parse_answer(nested(2'000'000)));
  EXPECT_TRUE(parse_answer("[\"" + std::string(200, '[') + "\"]"));
}

TEST(AnswerJson, ReadsLargeAndSmallInTurn) {
  const std::string large = "[\"" + std::string(std::size_t{9} << 20, 'x') + "\"]";
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ((*parse_answer(large))[0].get_ref<const std::string&>().size(), std::size_t{9} << 20);
    EXPECT_EQ(parse_answer("[7]")->dump(), "[7]");
    EXPECT_FALSE(parse_answer("[7"));
    EXPECT_EQ(parse_answer(R"({"a":"b"})")->dump(), R"({"a":"b"})");
  }
}

TEST(AnswerJson, IsReadByManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([thread] {
      const std::string text = "[" + std::to_string(thread) + ",\"" + std::string(1000, 'x') + "\"]";
      for (int i = 0; i < 100; ++i) EXPECT_EQ((*parse_answer(text))[0].get<int>(), thread);
    });
}

}  // namespace
}  // namespace lockstep
