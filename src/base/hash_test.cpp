#include "base/hash.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

// Vectors published for client authors (hot-rod.md 1.7).
TEST(KeyHash, AgreesWithTheVectorsOfHotRodClients) {
  const struct { BytesView key; std::int32_t hash; } kVectors[] = {
      {"", 89125410}, {BytesView("\x00", 1), -787121744}, {BytesView("\x01", 1), 788465426}, {"\xff", -29042976},
      {"hello", 1671093224}, {"infinispan", -2031786003}, {"test-key-1", 1385724438}, {"0123456789abcdef", 26898387},
      {"0123456789abcdefg", -1536414354}, {"0123456789abcdef0123456789abcdef", 1705745350}, {"key-0", 2111941704},
      {"key-1", -1542573449}, {"key-99", -1491479468}, {"key-100", -1822295436}, {"\x80\xfe\x7f\x01", -99048400}};
  for (const auto& v : kVectors) EXPECT_EQ(hash_key(v.key).wire(), v.hash) << v.key;
}

TEST(Segments, CutTheHashSpaceIntoEqualSlices) {
  EXPECT_EQ(segment_of(KeyHash{0, 0}, 256), 0U);
  EXPECT_EQ(segment_of(KeyHash{0x7fffffff00000000ULL, 0}, 256), 255U);
  EXPECT_EQ(segment_of(KeyHash{0xffffffff00000000ULL, 0}, 256), 255U);
  EXPECT_EQ(segment_of(KeyHash{0x7fffffff00000000ULL, 0}, 20), 19U);
}

}  // namespace
}  // namespace holdfast
