#include "engines/provenance/canonical_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engines/provenance/encoding.h"
#include "engines/provenance/json_text.h"
#include "engines/provenance/json_value.h"
#include "python_vectors.h"

namespace lockstep {
namespace {

Result<std::string> canonical(std::string_view text) {
  CanonicalWriter writer;
  Result<void> read = read_json_text(text, writer, kMaxManifestDepth);
  if (!read) return std::move(read).error();
  return writer.take();
}

std::string refusal(std::string_view text) {
  Result<std::string> answer = canonical(text);
  return answer ? "accepted: " + *answer : answer.error().message;
}

TEST(Canonical, EqualsPythonByteForByte) {
  for (const PythonVector& vector : kPythonVectors) {
    Result<std::string> answer = canonical(vector.text);
    ASSERT_TRUE(answer) << vector.text << ": " << answer.error().message;
    EXPECT_EQ(*answer, vector.canonical);
    EXPECT_EQ(hmac_sha256_hex(kVectorSecret, *answer), vector.signature);
  }
}

TEST(Canonical, RefusesDuplicateKeysAtEveryLevelAndInEverySpelling) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "line 1, column 20: the key \"a\" stands twice in one object");
  EXPECT_EQ(refusal(R"([{"x":{"é":1,"\u00e9":2}}])"),
            R"(line 1, column 25: the key "\u00e9" stands twice in one object)");
  EXPECT_EQ(refusal(R"({"":1,"":2})"), R"(line 1, column 12: the key "" stands twice in one object)");
  EXPECT_EQ(refusal(R"({"a":{"a":1},"b":{"a":1}})"), R"(accepted: {"a":{"a":1},"b":{"a":1}})");
}

TEST(Canonical, RefusesMoreThanHundredLevels) {
  std::string lists(101, '[');
  EXPECT_EQ(refusal(lists), "line 1, column 101: nested deeper than 100 levels");
  std::string hostile;
  for (int i = 0; i < 100'000; ++i) hostile += "{\"a\":[";
  EXPECT_EQ(refusal(hostile), "line 1, column 301: nested deeper than 100 levels");
}

TEST(Canonical, RefusesWhatIsNotJson) {
  EXPECT_EQ(refusal(""), "line 1, column 1: the text ends where a value should stand");
  EXPECT_EQ(refusal("{\n  'a': 1}"), "line 2, column 3: a key in double quotes should stand here");
  EXPECT_EQ(refusal("[1,]"), "line 1, column 4: no JSON value starts here");
  EXPECT_EQ(refusal("01"), "line 1, column 2: something follows the JSON value");
  EXPECT_EQ(refusal("-"), "line 1, column 2: digits should follow the minus sign");
  EXPECT_EQ(refusal("\"a\tb\""), "line 1, column 3: a control character inside a string");
  EXPECT_EQ(refusal("\"\xC0\xAF\""), "line 1, column 2: bytes that are not UTF-8");
  EXPECT_EQ(refusal("\"\xED\xA0\x80\""), "line 1, column 2: bytes that are not UTF-8");
  EXPECT_EQ(refusal("\xEF\xBB\xBF{}"), "line 1, column 1: a byte order mark before the JSON text");
  EXPECT_EQ(refusal(R"("\u12")"), "line 1, column 2: \\u should be followed by four hexadecimal digits");
  EXPECT_EQ(refusal("\"abc"), "line 1, column 5: the string has no closing quote");
  EXPECT_EQ(refusal("\"abc\\"), "line 1, column 5: the string has no closing quote");
}

TEST(Canonical, HasPythonsLimitForIntegers) {
  EXPECT_EQ(refusal(std::string(4300, '9')), "accepted: " + std::string(4300, '9'));
  EXPECT_EQ(refusal("-" + std::string(4300, '9')), "accepted: -" + std::string(4300, '9'));
  EXPECT_EQ(refusal(std::string(4301, '9')),
            "line 1, column 4302: an integer of more than 4300 digits, which Python refuses");
}

TEST(Canonical, KnowsWhetherANumberIsNotFinite) {
  CanonicalWriter finite;
  ASSERT_TRUE(read_json_text("[1.5]", finite, 1));
  EXPECT_FALSE(finite.has_non_finite());
  CanonicalWriter infinite;
  ASSERT_TRUE(read_json_text("[1e400]", infinite, 1));
  EXPECT_TRUE(infinite.has_non_finite());
}

TEST(Canonical, MessagesShowForeignTextEscaped) {
  EXPECT_EQ(python_string("a\x1b[31m\"\xFF"), R"("a\u001b[31m\"\ufffd")");
  EXPECT_EQ(python_string("\xED\xA0\x80"), R"("\ud800")");
}

RC_GTEST_PROP(Canonical, IsAFixedPoint, (const std::map<std::string, std::vector<double>>& value)) {
  Json json(Json::object());
  for (const auto& [key, numbers] : value) json[python_string(key)] = numbers;
  Result<std::string> once = canonical_text(json, kMaxManifestDepth);
  RC_ASSERT(once.ok());
  Result<std::string> twice = canonical(*once);
  RC_ASSERT(twice.ok());
  RC_ASSERT(*twice == *once);
  Result<Json> back = parse_json(*once, kMaxManifestDepth);
  RC_ASSERT(back.ok());
  RC_ASSERT(*back == json);
}

RC_GTEST_PROP(Canonical, DoesNotDependOnTheOrderOfKeys, (const std::map<std::string, std::int64_t>& value)) {
  std::string forwards;
  std::string backwards;
  for (const auto& [key, number] : value) {
    const std::string member = python_string("k" + key) + ":" + std::to_string(number);
    forwards += fmt::format("{}{}", forwards.empty() ? "" : ",", member);
    backwards.insert(0, fmt::format("{}{}", member, backwards.empty() ? "" : ","));
  }
  Result<std::string> one = canonical("{" + forwards + "}");
  Result<std::string> other = canonical("{" + backwards + "}");
  // Different bytes that are no UTF-8 print alike, so two keys can become one; both orders must say so.
  RC_ASSERT(one.ok() == other.ok());
  if (one.ok()) RC_ASSERT(*one == *other);
}

TEST(JsonValue, KeepsIntegersOf64BitsAndRefusesDepth) {
  Json json = {
      {"u", 18446744073709551615ULL}, {"i", std::numeric_limits<std::int64_t>::min()}, {"f", 2.0}, {"n", nullptr}};
  Result<std::string> text = canonical_text(json, 1);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, R"({"f":2.0,"i":-9223372036854775808,"n":null,"u":18446744073709551615})");
  Json deep = Json::array();
  for (int i = 0; i < 100; ++i) deep = Json::array({deep});
  EXPECT_FALSE(canonical_text(deep, 100));
  EXPECT_TRUE(canonical_text(deep, 101));
  EXPECT_FALSE(canonical_text(Json("\xFF"), 1));
}

TEST(JsonValue, CannotHoldHalfASurrogatePair) {
  EXPECT_FALSE(parse_json(R"(["\ud800"])", 2));
  EXPECT_FALSE(parse_json(R"({"\udfff":1})", 2));
  ASSERT_TRUE(parse_json(R"(["퟿\ud83d\ude00"])", 2));
}

}  // namespace
}  // namespace lockstep
