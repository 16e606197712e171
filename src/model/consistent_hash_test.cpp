#include "model/consistent_hash.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

ConsistentHash sample() {
  std::vector<HashMember> members(2);
  members[0] = {{"a", 1}, 1, "s", "r", "m"};
  members[1] = {{"b", 2}, 0.5, "", "", ""};
  return ConsistentHash(std::move(members), {{0, 1}, {1}, {}});
}

TEST(ConsistentHash, HasItsGoldenBytes) {
  Bytes out;
  sample().append(out);
  const Bytes golden("\x02"
                     "\x01" "a" "\0\0\0\0\0\0\0\x01" "\x3f\xf0\0\0\0\0\0\0" "\x01s\x01r\x01m"
                     "\x01" "b" "\0\0\0\0\0\0\0\x02" "\x3f\xe0\0\0\0\0\0\0" "\0\0\0"
                     "\x03" "\x02\0\x01" "\x01\x01" "\0", 53);
  EXPECT_EQ(out, golden);
}

TEST(ConsistentHash, ReadsWhatItWrote) {
  Bytes out;
  sample().append(out);
  Reader in(out);
  const auto back = ConsistentHash::read(in);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, sample());
  EXPECT_TRUE(in.at_end());
}

TEST(ConsistentHash, RefusesEveryCutOfItsBytes) {
  Bytes out;
  sample().append(out);
  for (std::size_t n = 0; n < out.size(); ++n) {
    Reader in(BytesView(out).substr(0, n));
    EXPECT_FALSE(ConsistentHash::read(in)) << n;
  }
}

TEST(ConsistentHash, KnowsOwnersAndPrimaries) {
  const ConsistentHash hash = sample();
  EXPECT_EQ(hash.primary(0), 0);
  EXPECT_EQ(hash.primary(2), kNoNode);
  EXPECT_TRUE(hash.owns(1, 0));
  EXPECT_FALSE(hash.owns(0, 1));
  EXPECT_EQ(hash.index_of({"b", 2}), 1);
  EXPECT_EQ(hash.index_of({"b", 3}), kNoNode) << "another life of the same name is another node";
  EXPECT_EQ(hash.owned_counts(), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(hash.primary_counts(), (std::vector<std::uint32_t>{1, 1}));
}

}  // namespace
}  // namespace holdfast
