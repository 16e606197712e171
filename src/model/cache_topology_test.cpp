#include "model/cache_topology.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

ConsistentHashPtr table(NodeIndex owner) {
  std::vector<HashMember> members(2);
  members[0].address = {"a", 1};
  members[1].address = {"b", 2};
  return std::make_shared<const ConsistentHash>(std::move(members), std::vector<ConsistentHash::Owners>{{owner}});
}

CacheTopology moving() {
  CacheTopology t;
  t.id = 7;
  t.rebalance_id = 2;
  t.phase = RebalancePhase::read_all_write_all;
  t.current = table(0);
  t.pending = table(1);
  t.missing = {"c"};
  return t;
}

TEST(CacheTopology, HasItsGoldenBytes) {
  Bytes members("\x02" "\x01" "a" "\0\0\0\0\0\0\0\x01" "\x3f\xf0\0\0\0\0\0\0" "\0\0\0"
                "\x01" "b" "\0\0\0\0\0\0\0\x02" "\x3f\xf0\0\0\0\0\0\0" "\0\0\0", 43);
  const Bytes golden = Bytes("\x07\x02\x02", 3) + '\x01' + members + Bytes("\x01\x01\0", 3) + '\x01' + members + Bytes("\x01\x01\x01\x01\x01" "c", 6);
  Bytes out;
  moving().append(out);
  EXPECT_EQ(out, golden);
}

TEST(CacheTopology, ReadsWhatItWroteAndRefusesEveryCut) {
  Bytes out;
  moving().append(out);
  Reader whole(out);
  const auto back = CacheTopology::read(whole);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, moving());
  for (std::size_t n = 0; n < out.size(); ++n) {
    Reader in(BytesView(out).substr(0, n));
    EXPECT_FALSE(CacheTopology::read(in)) << n;
  }
}

TEST(CacheTopology, RefusesAPhaseThatDoesNotFitItsTables) {
  CacheTopology t = moving();
  t.pending = nullptr;
  Bytes out;
  t.append(out);
  Reader in(out);
  EXPECT_FALSE(CacheTopology::read(in));
}

TEST(CacheTopology, ReadersTurnToTheNewTableInTheLastPhase) {
  CacheTopology t = moving();
  EXPECT_EQ(t.readers().primary(0), 0);
  t.phase = RebalancePhase::read_new_write_all;
  EXPECT_EQ(t.readers().primary(0), 1);
}

}  // namespace
}  // namespace holdfast
