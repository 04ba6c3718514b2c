#include "specs/json_dump.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lockstep {
namespace {

std::string library_dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Bytes of every kind: plain ones mostly, what is escaped, UTF-8, and what is not UTF-8.
std::string random_text() {
  static const std::vector<std::string> kPieces = {"a",  "select ", "\"",  "\\", "\n", "\t",   std::string(1, '\0'),
                                                   "\b", "\f",      "\r",  "/",  "é",  "\x7f", "\x1f",
                                                   "😀", "\xff",    "\xc3"};
  std::string text;
  for (int i = *rc::gen::inRange(0, 8); i > 0; --i)
    text += *rc::gen::weightedOneOf<std::string>(
        {{3, rc::gen::just<std::string>("plain")}, {2, rc::gen::elementOf(kPieces)}});
  return text;
}

Json random_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 9 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3:
      return *rc::gen::arbitrary<std::uint64_t>();
    case 4:
      return *rc::gen::arbitrary<double>();
    case 5:
    case 6:
      return random_text();
    case 7: {
      Json list = Json::array();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.push_back(random_value(depth - 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) object[random_text()] = random_value(depth - 1);
      return object;
    }
  }
}

TEST(JsonDump, WritesEveryByteAsTheLibraryDoes) {
  for (int c = 0; c < 256; ++c)
    for (const std::string& text :
         {std::string(1, static_cast<char>(c)), "a" + std::string(1, static_cast<char>(c)) + "b"})
      EXPECT_EQ(dump_json(text), library_dump(text)) << c;
}

TEST(JsonDump, WritesNumbersAndEmptyThings) {
  const Json value = {{"least", std::numeric_limits<std::int64_t>::min()},
                      {"most", std::numeric_limits<std::uint64_t>::max()},
                      {"float", 0.1},
                      {"nan", std::numeric_limits<double>::quiet_NaN()},
                      {"list", Json::array()},
                      {"object", Json::object()},
                      {"text", ""},
                      {"bytes", Json::binary({1, 2})}};
  EXPECT_EQ(dump_json(value), library_dump(value));
}

RC_GTEST_PROP(JsonDump, WritesWhatTheLibraryWrites, ()) {
  const Json value = random_value(3);
  RC_ASSERT(dump_json(value) == library_dump(value));
}

}  // namespace
}  // namespace lockstep
