#include "specs/utf8.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(Utf8, DecodesEveryLengthAndEncodesItBack) {
  for (const char32_t c : {U'a', U'é', U'€', U'😀', char32_t{0x10FFFF}}) {
    const std::string text = encode_utf8(c);
    const Utf8Char decoded = decode_utf8(text, 0);
    EXPECT_TRUE(decoded.valid);
    EXPECT_EQ(decoded.code_point, c);
    EXPECT_EQ(decoded.size, text.size());
  }
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const std::string text : {"\x80", "\xC0\x80", "\xC3", "\xC3x", "\xE0\x80\x80", "\xED\xA0\x80",
                                 "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x82"}) {
    EXPECT_FALSE(decode_utf8(text, 0).valid);
    EXPECT_EQ(decode_utf8(text, 0).size, 1U);
  }
}

TEST(Utf8, CountsCharacters) {
  EXPECT_EQ(count_code_points("aé😀"), 3U);
  EXPECT_EQ(count_code_points("\xFF\xFE"), 2U);
}

TEST(Utf8, MakesTextFitForJson) {
  EXPECT_EQ(valid_utf8("a\xFF"
                       "é"),
            "a\xEF\xBF\xBDé");
}

TEST(Utf8, MakesTextPrintable) {
  EXPECT_EQ(printable("é\x1b[31m\r\n\t\x7f\xC2\x85\xFF"), "é\\x1b[31m\\r\\n\\t\\x7f\\x85\\xff");
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a\\u202eb");
}

TEST(Utf8, CutsLongNames) {
  EXPECT_EQ(shown("id"), "id");
  EXPECT_EQ(shown(std::string(61, 'x')), std::string(60, 'x') + "…");
  EXPECT_EQ(shown(std::string(59, 'x') + "éé"), std::string(59, 'x') + "é…");
}

}  // namespace
}  // namespace lockstep
