#include "specs/diagnostic.h"

#include <gmock/gmock.h>

namespace lockstep {
namespace {

using ::testing::ElementsAre;

Span at(std::uint32_t line, std::uint32_t column) {
  return {{line, column, 0}, {line, column, 0}};
}

std::vector<std::string> messages(const Diagnostics& diagnostics) {
  std::vector<std::string> messages;
  for (const Diagnostic& d : diagnostics.items()) messages.push_back(d.message);
  return messages;
}

TEST(Diagnostics, SortByPlaceStablyWithFileWideOnesFirst) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"a.yaml", ""}));
  diagnostics.error("x"_code, at(3, 1), "third");
  diagnostics.error("x"_code, at(1, 9), "second");
  diagnostics.warning("x"_code, at(3, 1), "third again");
  diagnostics.error("x"_code, at(1, 2), "first");
  diagnostics.error("x"_code, {}, "file");
  diagnostics.sort();
  EXPECT_THAT(messages(diagnostics), ElementsAre("file", "first", "second", "third", "third again"));
  EXPECT_EQ(diagnostics.error_count(), 4U);
}

TEST(Diagnostics, OfOtherFilesComeLast) {
  Diagnostics own(std::make_shared<const Source>(Source{"b.yaml", ""}));
  Diagnostics other(std::make_shared<const Source>(Source{"a.yaml", ""}));
  other.error("x"_code, at(1, 1), "other");
  own.append(other);
  own.error("x"_code, at(9, 1), "own");
  own.error("x"_code, {}, "command line").source = nullptr;
  own.sort();
  EXPECT_THAT(messages(own), ElementsAre("command line", "own", "other"));
  EXPECT_TRUE(own.has_errors());
}

TEST(Diagnostics, OneMistakeInSeveralPlacesIsOneFinding) {
  Diagnostics diagnostics(std::make_shared<const Source>(Source{"a.yaml", ""}));
  diagnostics.error("x"_code, at(3, 1), "no step a");
  diagnostics.error("y"_code, at(1, 9), "no step a");
  diagnostics.error("x"_code, at(2, 1), "no step b");
  diagnostics.error("z"_code, at(4, 1), "no step a");
  diagnostics.warning("x"_code, at(5, 1), "no step a");
  diagnostics.merge_repeated({"x"_code, "y"_code});
  EXPECT_THAT(messages(diagnostics), ElementsAre("no step a", "no step b", "no step a", "no step a"));
  EXPECT_EQ(diagnostics.error_count(), 3U);
  ASSERT_EQ(diagnostics.items()[0].span.start.line, 1U);
  ASSERT_EQ(diagnostics.items()[0].related.size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].related[0].span.start.line, 3U);
}

}  // namespace
}  // namespace lockstep
