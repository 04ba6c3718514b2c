#include "specs/yaml_scalar.h"

#include <gmock/gmock.h>
#include <cmath>
#include <limits>

namespace lockstep {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string text;
  Json value;
};

TEST(YamlScalar, FollowsTheCoreSchema) {
  const std::vector<Case> cases = {
      {"", nullptr},
      {"~", nullptr},
      {"null", nullptr},
      {"NULL", nullptr},
      {"nULL", "nULL"},
      {"true", true},
      {"True", true},
      {"FALSE", false},
      {"tRUE", "tRUE"},
      {"yes", "yes"},
      {"0", 0},
      {"-0", 0},
      {"+12", 12},
      {"-12", -12},
      {"010", 10},
      {"0o17", 15},
      {"0x1F", 31},
      {"0o8", "0o8"},
      {"0x", "0x"},
      {"-0x1", "-0x1"},
      {"1e22", 1e22},
      {"2.50", 2.5},
      {"1.", 1.0},
      {".5", 0.5},
      {"-.5e+3", -500.0},
      {"+1.5", 1.5},
      {".", "."},
      {"-", "-"},
      {"+", "+"},
      {"1e", "1e"},
      {"1e+", "1e+"},
      {"e5", "e5"},
      {".e5", ".e5"},
      {"1.2.3", "1.2.3"},
      {"1:30", "1:30"},
      {"1_000", "1_000"},
      {"2001-01-01", "2001-01-01"},
      {"9223372036854775807", 9223372036854775807},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"18446744073709551615", 18446744073709551615U},
      {"0xFFFFFFFFFFFFFFFF", 18446744073709551615U},
      {"inf", "inf"},
      {"nan", "nan"},
      {"+.nan", "+.nan"},
      {"sql", "sql"},
  };
  for (const Case& c : cases) {
    const PlainScalar scalar = resolve_plain(c.text);
    EXPECT_EQ(scalar.value, c.value) << c.text;
    EXPECT_EQ(scalar.value.type() == Json::value_t::number_float, c.value.is_number_float()) << c.text;
    EXPECT_EQ(scalar.problem, PlainScalar::Problem::none) << c.text;
  }
}

TEST(YamlScalar, KnowsInfinityAndNan) {
  EXPECT_EQ(resolve_plain(".inf").value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(resolve_plain("-.INF").value, -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(resolve_plain(".NaN").value.get<double>()));
}

TEST(YamlScalar, TellsNumbersThatDoNotFit) {
  for (const char* text :
       {"18446744073709551616", "-9223372036854775809", "0x10000000000000000", "99999999999999999999999"})
    EXPECT_EQ(resolve_plain(text).problem, PlainScalar::Problem::integer_too_large) << text;
  for (const char* text : {"1e400", "-1e400", "1e-400"})
    EXPECT_EQ(resolve_plain(text).problem, PlainScalar::Problem::float_out_of_range) << text;
  EXPECT_EQ(resolve_plain("4.9e-324").problem, PlainScalar::Problem::none) << "the smallest double";
}

TEST(YamlScalar, WarnsOfWhatOthersReadDifferently) {
  const auto hint = [](std::string_view text) { return warn_of_plain(text, resolve_plain(text)).hint; };
  EXPECT_THAT(hint("no"), HasSubstr("write false, or \"no\""));
  EXPECT_THAT(hint("Yes"), HasSubstr("write true, or \"Yes\""));
  EXPECT_THAT(hint("on"), HasSubstr("true"));
  EXPECT_THAT(hint("n"), HasSubstr("false"));
  EXPECT_EQ(hint("010"), "write 10, or 0o10 for the octal number, or \"010\" in quotes for the text");
  EXPECT_EQ(hint("-010"), "write -10, or \"-010\" in quotes for the text");
  EXPECT_EQ(hint("08"), "write 8, or \"08\" in quotes for the text");
  EXPECT_THAT(hint("00"), HasSubstr("0o0"));
  EXPECT_THAT(hint("1:30"), HasSubstr("\"1:30\""));
  EXPECT_THAT(hint("12:30:45.5"), HasSubstr("quotes"));
  EXPECT_THAT(hint("1_000"), HasSubstr("write 1000"));
  EXPECT_THAT(hint("0b101"), HasSubstr("decimal"));
  for (const char* plain :
       {"nothing", "1", "0", "1.5", "true", "2001-01-01", "a:b", "10:99", "30m", "1.2.3", "_1", "yes please"})
    EXPECT_EQ(hint(plain), "") << plain;
}

}  // namespace
}  // namespace lockstep
