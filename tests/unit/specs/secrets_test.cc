#include "specs/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck.h>
#include <thread>

namespace lockstep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<SecretSet> set_of(const std::vector<std::string>& values) {
  auto secrets = std::make_unique<SecretSet>();
  for (const std::string& value : values) EXPECT_TRUE(secrets->add("NAME", value).ok()) << value;
  return secrets;
}

// An independent encoder: the one under test must not check itself.
std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string url_safe(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string hex(std::string_view bytes, const char* format) {
  std::string text;
  for (const char c : bytes) {
    char digits[8];
    std::snprintf(digits, sizeof digits, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += digits;
  }
  return text;
}

std::string percent(std::string_view bytes, bool everything, bool form) {
  std::string text;
  for (const char c : bytes) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain && !everything) {
      text += c;
    } else if (form && c == ' ') {
      text += '+';
    } else {
      text += hex(std::string_view(&c, 1), everything ? "%%%02x" : "%%%02X");
    }
  }
  return text;
}

TEST(Secrets, RefuseWhatIsTooShortToHide) {
  SecretSet secrets;
  const Result<void> added = secrets.add("PIN", "123");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "secret-too-short");
  EXPECT_THAT(added.error().message, HasSubstr("\"PIN\""));
  EXPECT_THAT(added.error().message, Not(HasSubstr("123")));
  EXPECT_TRUE(secrets.empty());
  EXPECT_EQ(secrets.redact("123"), "123");
}

TEST(Secrets, MaskOccurrencesAndKeepTheRest) {
  const auto secrets = set_of({"hunter2"});
  EXPECT_EQ(secrets->redact("user=bob password=hunter2; hunter hunter22"), "user=bob password=***; hunter ***2");
  EXPECT_EQ(secrets->redact("nothing here"), "nothing here");
  EXPECT_EQ(secrets->redact(""), "");
  EXPECT_TRUE(secrets->contains_secret("xhunter2x"));
  EXPECT_FALSE(secrets->contains_secret("xhunter x"));
}

TEST(Secrets, LeaveNoRestOfOverlappingSecrets) {
  const auto secrets = set_of({"abcdef", "defghi", "abcd", "aaaa"});
  EXPECT_EQ(secrets->redact("-abcdefghi-"), "-***-");
  EXPECT_EQ(secrets->redact("-abcde-"), "-***e-");
  EXPECT_EQ(secrets->redact("-aaaaaaa-"), "-***-");
}

TEST(Secrets, MaskAgainWhenTheMaskMakesASecret) {
  const auto secrets = set_of({"abcd", "***x", "****"});
  EXPECT_EQ(secrets->redact("abcdx"), "***");
  EXPECT_EQ(secrets->redact("abcd*"), "***");
}

TEST(Secrets, MaskEveryLineOfALongOne) {
  const auto secrets = set_of({"-----BEGIN KEY-----\r\nMIIEvQIB\nADANBgkq\n}\n"});
  EXPECT_EQ(secrets->redact("line 2 is ADANBgkq, line 1 is MIIEvQIB }"), "line 2 is ***, line 1 is *** }");
  EXPECT_THAT(secrets->redact(base64("xADANBgkqx")), Not(HasSubstr(base64("xADANBgkq").substr(2, 10))));
}

TEST(Secrets, MaskTheWholeOfTheirOwnBase64) {
  for (const char* secret : {"open-sesame-4", "open-sesame-42", "open-sesame-423"}) {
    SecretSet secrets;
    ASSERT_TRUE(secrets.add("KEY", secret).ok());
    EXPECT_EQ(secrets.redact("x " + base64(secret) + " y"), "x *** y") << secret;
  }
}

TEST(Secrets, MaskInsideSqlText) {
  const auto secrets = set_of({"it's a \"secret\""});
  EXPECT_EQ(secrets->redact("SELECT 'it''s a \"secret\"'"), "SELECT '***'");
  EXPECT_EQ(secrets->redact("SELECT \"it's a \"\"secret\"\"\""), "SELECT \"***\"");
}

TEST(Secrets, MaskEscapedText) {
  const auto secrets = set_of({"p\"w/\xc3\xa9\n\xf0\x9f\x98\x80z"});
  EXPECT_EQ(secrets->redact(R"({"a":"p\"w/é\n😀z"})"), R"({"a":"***"})");
  EXPECT_EQ(secrets->redact(R"({"a":"p\u0022w\/\u00e9\u000A\ud83D\uDE00z!"})"), R"({"a":"***!"})");
  EXPECT_EQ(secrets->redact(R"("{\"a\":\"p\\\"w/é\\n😀z\"}")"), R"("{\"a\":\"***\"}")");  // JSON inside JSON
  EXPECT_EQ(secrets->redact("https://h/?t=p%22w%2f%C3%A9%0a%F0%9F%98%80z&x=%20"), "https://h/?t=***&x=%20");
}

TEST(Secrets, MaskWholeEscapesOfHalfCharacters) {
  const auto secrets = set_of({"abc\xf0"});  // not UTF-8: it ends inside of the escaped character
  EXPECT_EQ(secrets->redact("[abc\\ud83d\\ude00]"), "[***]");
}

TEST(Secrets, MaskJsonValuesAndKeys) {
  const auto secrets = set_of({"s3cr3t", "12345678"});
  const Json value{{"s3cr3t", 1}, {"xs3cr3t", {"a", "b s3cr3t", 12345678, 123456789, nullptr, true, 1.5}}};
  EXPECT_EQ(secrets->redact(value), (Json{{"***", 1}, {"x***", {"a", "b ***", "***", 123456789, nullptr, true, 1.5}}}));
  const auto two = set_of({"first-secret", "other-secret"});
  EXPECT_EQ(two->redact(Json{{"first-secret", 1}, {"other-secret", 2}}), (Json{{"***", 1}, {"*** (2)", 2}}));
}

TEST(Secrets, SurviveDeepJson) {
  const auto secrets = set_of({"s3cr3t"});
  Json deep = "s3cr3t";
  for (int i = 0; i < 50'000; ++i) deep = Json::array({std::move(deep)});
  EXPECT_THAT(secrets->redact(deep).dump(), Not(HasSubstr("s3cr3t")));
}

// A random secret, written in any of the ways the header promises, with random text around it.
TEST(Secrets, NeverSurvive) {
  const bool held = rc::check("no encoding survives", [](const std::string& noise) {
    const std::string secret = *rc::gen::suchThat(
        rc::gen::oneOf(rc::gen::string<std::string>(), rc::gen::container<std::string>(rc::gen::inRange<char>(32, 127)),
                       rc::gen::container<std::string>(rc::gen::element('a', '"', '\\', '%', '+', ' '))),
        [](const std::string& text) { return text.size() >= 4; });
    const std::string before = *rc::gen::string<std::string>();
    const int way = *rc::gen::inRange(0, 10);
    std::string core;    // what must not be found afterwards
    std::string hidden;  // how it stands in the text
    if (way <= 4) {
      const std::size_t shift = before.size() % 3;
      hidden = base64(before + secret + noise);
      // The characters that the secret alone decides.
      const std::size_t first = (before.size() * 8 + 5) / 6;
      const std::size_t last = (before.size() + secret.size()) * 8 / 6;
      core = hidden.substr(first, last - first);
      if (way % 2 == 1) {
        hidden = url_safe(hidden);
        core = url_safe(core);
      }
      RC_CLASSIFY(true, "base64, shift " + std::to_string(shift));
    } else if (way == 5) {
      core = hidden = percent(secret, false, false);
    } else if (way == 6) {
      core = hidden = percent(secret, false, true);
    } else if (way == 7) {
      core = hidden = percent(secret, true, false);
    } else if (way == 8) {
      core = hidden = hex(secret, "%02X");
    } else {
      RC_PRE(Json::accept(Json(secret).dump(-1, ' ', true, Json::error_handler_t::ignore)));
      const std::string text = Json(secret).dump(-1, ' ', true, Json::error_handler_t::ignore);
      RC_PRE(Json::parse(text) == secret);
      core = hidden = text.substr(1, text.size() - 2);
    }
    const auto secrets = set_of({secret});
    const std::string result = secrets->redact(way <= 4 ? hidden : "<" + hidden + ">");
    RC_ASSERT(result.find(core) == std::string::npos);
    RC_ASSERT(!secrets->contains_secret(result));
    RC_ASSERT(secrets->redact(result) == result);
    const std::string plain = secrets->redact(noise + secret + before);
    RC_ASSERT(plain.find(secret) == std::string::npos);
  });
  EXPECT_TRUE(held);
}

TEST(Secrets, MayBeUsedFromManyThreads) {
  SecretSet secrets;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&secrets, i] {
      for (int k = 0; k < 50; ++k) {
        const std::string value = "secret-" + std::to_string(i) + "-" + std::to_string(k) + "!";
        EXPECT_TRUE(secrets.add("NAME", value).ok());
        EXPECT_EQ(secrets.redact("<" + value + ">"), "<***>");
      }
    });
  threads.clear();
  EXPECT_EQ(secrets.redact("secret-3-49!"), "***");
}

}  // namespace
}  // namespace lockstep
