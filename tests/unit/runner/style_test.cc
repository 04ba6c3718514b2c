#include "runner/style.h"

#include "specs/duration_text.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Style, PaintsOnlyWhereItMay) {
  EXPECT_EQ(paint({false, true}, Tone::bad, "x"), "x");
  EXPECT_EQ(paint({true, true}, Tone::bad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(paint({true, true}, Tone::plain, "x"), "x");
}

TEST(Style, EscapesWhatCouldDriveATerminal) {
  EXPECT_EQ(escape_controls("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(escape_controls("a\nb\tc"), "a b c");
  EXPECT_EQ(escape_controls("a\nb", true), "a\nb");
  EXPECT_EQ(escape_controls("a\xc2\x9b b"), "a\\u009b b");                                   // C1 CSI
  EXPECT_EQ(escape_controls("x\xe2\x80\xae y"), "x\\u202e y");                               // right-to-left override
  EXPECT_EQ(escape_controls("\xff\xc0\xaf\xed\xa0\x80"), "\\xff\\xc0\\xaf\\xed\\xa0\\x80");  // no UTF-8
  EXPECT_EQ(escape_controls("äöü 表 🎉"), "äöü 表 🎉");
  EXPECT_EQ(escape_controls("\x7f"), "\\x7f");
}

TEST(Style, MeasuresColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("äöü"), 3U);
  EXPECT_EQ(display_width("表格"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // e with a combining acute
}

TEST(Style, FitsWithoutCuttingCharacters) {
  const Style unicode{false, true};
  EXPECT_EQ(fit("abcdef", 6, unicode), "abcdef");
  EXPECT_EQ(fit("abcdef", 4, unicode), "abc…");
  EXPECT_EQ(fit("表格表", 4, unicode), "表…");
  EXPECT_EQ(fit("abcdef", 4, {false, false}), "abc.");
  EXPECT_EQ(fit("abc", 0, unicode), "");
  for (std::size_t width = 0; width < 12; ++width) EXPECT_LE(display_width(fit("a表b格c🎉d", width, unicode)), width);
}

TEST(Style, WritesDurations) {
  using namespace std::chrono_literals;
  EXPECT_EQ(duration_text(0ms), "0.0s");
  EXPECT_EQ(duration_text(1250ms), "1.2s");
  EXPECT_EQ(duration_text(65s), "1m05s");
  EXPECT_EQ(duration_text(2h + 7min), "2h07m");
}

}  // namespace
}  // namespace lockstep
