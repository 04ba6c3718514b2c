#include "engines/provenance/python_number.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <cmath>
#include <limits>

namespace lockstep {
namespace {

// repr() of CPython 3.11.
TEST(PythonNumber, PrintsAsRepr) {
  const std::pair<double, const char*> cases[] = {{0.0, "0.0"},
                                                  {-0.0, "-0.0"},
                                                  {1.0, "1.0"},
                                                  {-2.5, "-2.5"},
                                                  {100.0, "100.0"},
                                                  {1e15, "1000000000000000.0"},
                                                  {1e16, "1e+16"},
                                                  {1e22, "1e+22"},
                                                  {9999999999999998.0, "9999999999999998.0"},
                                                  {123456789012345680.0, "1.2345678901234568e+17"},
                                                  {0.0001, "0.0001"},
                                                  {0.00012345, "0.00012345"},
                                                  {0.00001, "1e-05"},
                                                  {1.5e-7, "1.5e-07"},
                                                  {5e-324, "5e-324"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {1e-100, "1e-100"},
                                                  {std::numeric_limits<double>::quiet_NaN(), "NaN"},
                                                  {std::numeric_limits<double>::infinity(), "Infinity"},
                                                  {-std::numeric_limits<double>::infinity(), "-Infinity"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(python_float(value), text);
}

TEST(PythonNumber, ReadsValuesOutOfRangeAsPythonDoes) {
  EXPECT_EQ(parse_float("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_float("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_float("0.001e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_float("1e99999999999999999999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_float("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(parse_float("-1e-400")));
  EXPECT_EQ(parse_float("1" + std::string(500, '0') + "e-800"), 1e-300);
  EXPECT_EQ(parse_float("1" + std::string(500, '0') + "e-900"), 0.0);
  EXPECT_EQ(parse_float("0e999999999999999999999"), 0.0);
  EXPECT_EQ(parse_float("1e-99999999999999999999"), 0.0);
}

RC_GTEST_PROP(PythonNumber, ReadsBackWhatItPrints, (std::uint64_t bits)) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  RC_PRE(std::isfinite(value));
  RC_ASSERT(parse_float(python_float(value)) == value);
}

}  // namespace
}  // namespace lockstep
