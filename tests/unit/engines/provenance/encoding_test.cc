#include "engines/provenance/encoding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engines/provenance/dsse.h"

namespace lockstep {
namespace {

TEST(Encoding, HmacIsThatOfRfc4231) {
  // Test case 2.
  EXPECT_EQ(hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256_hex("", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Encoding, Base64IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xFB\xFF"), "+/8=");
}

TEST(Encoding, ReadsBothAlphabetsWithAndWithoutPadding) {
  EXPECT_EQ(decode_base64("+/8="), "\xFB\xFF");
  EXPECT_EQ(decode_base64("-_8="), "\xFB\xFF");
  EXPECT_EQ(decode_base64("-_8"), "\xFB\xFF");
  EXPECT_EQ(decode_base64(""), "");
}

TEST(Encoding, RefusesWhatIsNoBase64) {
  for (const char* text :
       {"A", "Zg=", "Zg===", "=", "====", "Zm9v=", "Z m9v", "Zm9v\n", "Zh==", "Zm9=", "Zm9\xC3", "Z=g="})
    EXPECT_FALSE(decode_base64(text)) << text;
}

RC_GTEST_PROP(Encoding, Base64ReadsBack, (const std::string& bytes)) {
  RC_ASSERT(decode_base64(base64(bytes)) == bytes);
}

TEST(Encoding, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

// The example of DSSE's protocol.md.
TEST(Dsse, PreAuthenticationEncodingIsThatOfTheSpecification) {
  EXPECT_EQ(pre_authentication_encoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

}  // namespace
}  // namespace lockstep
