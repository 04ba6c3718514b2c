#include "engines/provenance/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>

#include "engines/file.h"
#include "engines/provenance/encoding.h"
#include "support.h"

namespace lockstep {
namespace {

using ::testing::HasSubstr;

// RFC 8032, 7.1, TEST 2, as PEM (openssl pkey).
constexpr std::string_view kRfcPrivate =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n-----END PRIVATE "
    "KEY-----\n";

TEST(Key, SignsAsRfc8032) {
  Result<PrivateKey> key = PrivateKey::from_pem(kRfcPrivate, "rfc");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(hex(key->sign("\x72")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  EXPECT_TRUE(key->public_key().verify("\x72", key->sign("\x72")));
  EXPECT_FALSE(key->public_key().verify("\x73", key->sign("\x72")));
  EXPECT_FALSE(key->public_key().verify("\x72", "short"));
}

TEST(Key, SurvivesPem) {
  PrivateKey key = PrivateKey::generate();
  Result<PrivateKey> read = PrivateKey::from_pem(key.pem(), "k");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id(), key.id());
  EXPECT_EQ(key.id().size(), 64U);
  Result<std::vector<PublicKey>> publics =
      PublicKey::from_pem(key.public_key().pem() + PrivateKey::generate().public_key().pem(), "p");
  ASSERT_TRUE(publics);
  ASSERT_EQ(publics->size(), 2U);
  EXPECT_EQ(publics->front().id(), key.id());
  EXPECT_NE(publics->back().id(), key.id());
}

TEST(Key, SaysWhatAWrongFileIs) {
  PrivateKey key = PrivateKey::generate();
  EXPECT_THAT(PublicKey::from_pem(key.pem(), "k.pem").error().message, HasSubstr("'k.pem' is a private key"));
  EXPECT_THAT(PrivateKey::from_pem(key.public_key().pem(), "k").error().message, HasSubstr("is a public key"));
  EXPECT_THAT(PrivateKey::from_pem("garbage", "k").error().message, HasSubstr("no private key"));
  EXPECT_THAT(PublicKey::from_pem("garbage", "k").error().message, HasSubstr("no public key"));
  EXPECT_THAT(PublicKey::from_pem("\n", "k").error().message, HasSubstr("is empty"));
  EXPECT_THAT(PrivateKey::from_pem("", "k").error().message, HasSubstr("is empty"));
  EXPECT_THAT(PublicKey::from_pem(key.public_key().pem().substr(0, 60), "k").error().message, HasSubstr("cut off"));
  EXPECT_THAT(PrivateKey::from_pem(key.pem().substr(0, 60), "k").error().message, HasSubstr("cut off"));
  // openssl genpkey -algorithm ed25519 -aes256 -pass pass:x: never asked for at a terminal.
  EXPECT_THAT(
      PrivateKey::from_pem("-----BEGIN ENCRYPTED PRIVATE "
                           "KEY-----"
                           "\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgdKk4hUH0dUwICCAAw\nDAYIKoZIhvcNAgkFADAdBgl"
                           "ghkgBZQMEASoEEGZ+Vm5JpJmyQ2GmRykbYTYEQDTy\n-----END ENCRYPTED PRIVATE KEY-----\n",
                           "k")
          .error()
          .message,
      HasSubstr("protected by a passphrase"));
  // An X25519 key: same size, other purpose (openssl genpkey -algorithm x25519 -outform PEM | openssl pkey -pubout).
  EXPECT_THAT(PublicKey::from_pem(
                  "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAhSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n-----END "
                  "PUBLIC KEY-----\n",
                  "k")
                  .error()
                  .message,
              HasSubstr("not ed25519"));
}

TEST(Key, RefusesAPrivateKeyThatOthersCanRead) {
  TemporaryFolder folder;
  std::string path = folder.path("k.pem");
  ASSERT_TRUE(write_file_atomically(path, PrivateKey::generate().pem(), 0644, Existing::refuse));
  EXPECT_EQ(read_private_key(path).error().code, "key-file-open");
  std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::group_read);
  EXPECT_TRUE(read_private_key(path));
  EXPECT_EQ(read_private_key(folder.path("none.pem")).error().code, "key-file-missing");
}

}  // namespace
}  // namespace lockstep
