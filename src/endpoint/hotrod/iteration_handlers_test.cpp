#include <gtest/gtest.h>

#include <set>

#include "endpoint/hotrod/iterations.h"
#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

struct Batch {
  std::vector<bool> finished;
  std::map<std::string, std::string> entries;
  Version version = 0;
};

class IterationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 100; ++i) client.say({.op = 0x01}, Body().array("k" + std::to_string(i)).u8(0x88).array("v" + std::to_string(i)));
  }
  std::string start(const Body& body, std::uint8_t version = 40) {
    const Bytes answer = client.say({.op = 0x31, .version = version}, body);
    Reader in(BytesView(answer).substr(5));
    EXPECT_EQ(answer[3], 0);
    return std::string(in.array());
  }
  Bytes next_bytes(TestClient& who, const std::string& id, std::uint8_t version = 40) {
    return who.say({.op = 0x33, .version = version}, Body().array(id));
  }
  Batch next(const std::string& id, std::uint8_t version = 40) {
    const Bytes answer = next_bytes(client, id, version);
    Reader in(BytesView(answer).substr(5));
    EXPECT_EQ(answer[3], 0);
    Batch batch;
    batch.finished = bits_of(in.array(), 256);
    const std::uint32_t count = in.vint();
    if (version >= 24 && count > 0) {
      EXPECT_EQ(in.vint(), 1U);
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      if (version >= 25 && in.u8() == 1) {
        in.u8();
        batch.version = in.u64();
      }
      const std::string key(in.array());
      batch.entries[key] = std::string(in.array());
    }
    EXPECT_TRUE(in.ok() && in.at_end());
    return batch;
  }
  std::map<std::string, std::string> walk(const std::string& id, std::uint8_t version = 40) {
    std::map<std::string, std::string> seen;
    for (;;) {
      const Batch batch = next(id, version);
      if (batch.entries.empty()) return seen;
      for (const auto& [key, value] : batch.entries) EXPECT_TRUE(seen.emplace(key, value).second) << key;
    }
  }

  TestGrid grid;
  TestClient client{grid};
};

TEST_F(IterationTest, ShowsEveryEntryOnceInBatches) {
  for (const int version : {20, 24, 25, 31, 41}) {
    const auto v = static_cast<std::uint8_t>(version);
    Body body = Body().zigzag(-1).zigzag(-1).vint(7);
    if (v >= 24) body.u8(0);
    const std::string id = start(body, v);
    const auto seen = walk(id, v);
    EXPECT_EQ(seen.size(), 100U);
    EXPECT_EQ(seen.at("k42"), "v42");
    EXPECT_EQ(client.say({.op = 0x35, .version = v}, Body().array(id)), response(0x36, S::success));
  }
}

TEST_F(IterationTest, WalksTheWantedSegmentsOnlyAndTellsWhichAreFinished) {
  std::vector<bool> wanted(256);
  for (std::size_t i = 0; i < 256; i += 2) wanted[i] = true;
  const Bytes bits = bytes_of(wanted);
  const std::string id = start(Body().zigzag(static_cast<int>(bits.size())).raw(bits).zigzag(-1).vint(9).u8(0));
  std::vector<bool> finished(256);
  std::set<std::string> seen;
  for (;;) {
    const Batch batch = next(id);
    for (const auto& [key, value] : batch.entries) {
      const std::uint32_t segment = segment_of(hash_key(key), 256);
      EXPECT_TRUE(wanted[segment]);
      EXPECT_FALSE(finished[segment]) << "an entry after its segment was finished";
      seen.insert(key);
    }
    for (std::size_t i = 0; i < 256; ++i) {
      if (batch.finished[i]) finished[i] = true;
    }
    if (batch.entries.empty()) break;
  }
  EXPECT_EQ(finished, wanted);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_EQ(seen.contains(key), wanted[segment_of(hash_key(key), 256)]);
  }
}

TEST_F(IterationTest, BringsMetadataWhenAsked) {
  const std::string id = start(Body().zigzag(-1).zigzag(-1).vint(1000).u8(1));
  EXPECT_NE(next(id).version, 0U);
}

TEST_F(IterationTest, EmptyValuesForWhoWantsKeysOnly) {
  const std::string factory = "org.infinispan.server.hotrod.HotRodServer$ToEmptyBytesKeyValueFilterConverter";
  const std::string id = start(Body().zigzag(-1).zigzag(static_cast<int>(factory.size())).raw(factory).u8(0).vint(1000).u8(0));
  const auto seen = walk(id);
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.at("k1"), "");
}

TEST_F(IterationTest, RefusesAnUnknownFactory) {
  EXPECT_NE(client.say({.op = 0x31}, Body().zigzag(-1).zigzag(1).raw("x").u8(0).vint(10).u8(0)).find("ISPN006016: Factory 'x' not found in server"), Bytes::npos);
}

TEST_F(IterationTest, AnUnknownIdIsAStatusOfItsOwn) {
  EXPECT_EQ(next_bytes(client, "no"), response(0x34, S::invalid_iteration, Body().vint(0).vint(0)));
  EXPECT_EQ(client.say({.op = 0x35}, Body().array("no")), response(0x36, S::invalid_iteration));
}

TEST_F(IterationTest, EndsWhenItIsEndedWhenItsConnectionEndsAndAfterFiveIdleMinutes) {
  const Body all = Body().zigzag(-1).zigzag(-1).vint(1).u8(0);
  const std::string ended = start(all);
  EXPECT_EQ(client.say({.op = 0x35}, Body().array(ended)), response(0x36, S::success));
  EXPECT_EQ(next_bytes(client, ended)[3], 5);

  const std::string idle = start(all);
  grid.world.advance(4 * 60'000);
  EXPECT_EQ(next_bytes(client, idle)[3], 0);
  grid.world.advance(6 * 60'000 + 1000);
  EXPECT_EQ(next_bytes(client, idle)[3], 5);

  const std::string orphan = start(all);
  TestClient other(grid);
  EXPECT_EQ(next_bytes(other, orphan)[3], 0) << "any connection may go on with it";
  client.close();
  EXPECT_EQ(next_bytes(other, orphan)[3], 5);
}

TEST_F(IterationTest, OneConnectionHasABoundedNumber) {
  const Body all = Body().zigzag(-1).zigzag(-1).vint(1).u8(0);
  for (std::size_t i = 0; i < Iterations::kPerConnectionMax; ++i) start(all);
  EXPECT_NE(client.say({.op = 0x31}, all).find("end some first"), Bytes::npos);
}

}  // namespace
}  // namespace holdfast::hotrod
