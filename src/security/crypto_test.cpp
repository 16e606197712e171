#include "security/crypto.h"

#include <gtest/gtest.h>

namespace holdfast::security {
namespace {

TEST(Crypto, HashesAsTheStandardsSay) {
  EXPECT_EQ(to_hex(hash(HashKind::md5, "abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(hash(HashKind::sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(hash(HashKind::sha256, "abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(HashKind::sha384, "").size(), 48U);
  EXPECT_EQ(hash(HashKind::sha512, "").size(), 64U);
  EXPECT_EQ(to_hex(hmac(HashKind::md5, "Jefe", "what do ya want for nothing?")), "750c783e6ab0b503eaa86e310a5db738");
}

TEST(Crypto, DerivesKeysAsRfc6070Says) {
  EXPECT_EQ(to_hex(derive_key(HashKind::sha1, "password", "salt", 4096)), "4b007901b765489abead49d926f721d065a429c1");
}

TEST(Crypto, Base64GoesThereAndBack) {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(from_base64("Zm8"), "fo");
}

TEST(Crypto, RefusesWhatIsNotBase64) {
  for (const char* bad : {"Z", "Zg=", "Z===", "Zm 8", "Zm9v=", "Zm-_", "====", "Zg==Zg=="}) EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Crypto, ComparesBytesAndLengths) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
}

}  // namespace
}  // namespace holdfast::security
