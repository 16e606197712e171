#include "base/crc32c.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

// RFC 3720, B.4
TEST(Crc32c, GivesThePublishedValues) {
  EXPECT_EQ(crc32c(Bytes(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(Bytes(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, GoesOnWhereItEnded) {
  const Bytes text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(BytesView(text).substr(cut), crc32c(BytesView(text).substr(0, cut))), crc32c(text)) << cut;
  }
}

}  // namespace
}  // namespace holdfast
