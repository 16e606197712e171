#include <gtest/gtest.h>

#include <set>

#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

class Bulk : public testing::Test {
 protected:
  void fill(int count) {
    Body body;
    body.u8(0x88).vint(static_cast<std::uint32_t>(count));
    for (int i = 0; i < count; ++i) body.array("k" + std::to_string(i)).array("v" + std::to_string(i));
    EXPECT_EQ(client.say({.op = 0x2D}, body), response(0x2E, S::success));
  }
  std::uint64_t size() {
    const Bytes answer = client.say({.op = 0x29});
    Reader in(BytesView(answer).substr(5));
    return in.vlong();
  }
  std::map<std::string, std::string> stats(std::uint8_t version = 40) {
    const Bytes answer = client.say({.op = 0x15, .version = version});
    Reader in(BytesView(answer).substr(5));
    std::map<std::string, std::string> figures;
    for (std::uint32_t left = in.vint(); left > 0; --left) {
      const std::string name(in.array());
      figures[name] = std::string(in.array());
    }
    EXPECT_TRUE(in.ok() && in.at_end());
    return figures;
  }

  TestGrid grid;
  TestClient client{grid};
};

TEST_F(Bulk, GetAllShowsWhatIsThere) {
  fill(3);
  EXPECT_EQ(client.say({.op = 0x2F}, Body().vint(3).array("k0").array("no").array("k2")),
            response(0x30, S::success, Body().vint(2).array("k0").array("v0").array("k2").array("v2")));
  EXPECT_EQ(client.say({.op = 0x2F}, Body().vint(0)), response(0x30, S::success, Body().vint(0)));
}

TEST_F(Bulk, PutAllHasOneExpirationForAll) {
  client.say({.op = 0x2D}, Body().u8(0x18).vlong(100).vint(2).array("a").array("1").array("b").array("2"));
  EXPECT_EQ(size(), 2U);
  grid.world.advance(100);
  EXPECT_EQ(size(), 0U);
}

TEST_F(Bulk, ClearAndSize) {
  fill(10);
  EXPECT_EQ(size(), 10U);
  EXPECT_EQ(client.say({.op = 0x13}), response(0x14, S::success));
  EXPECT_EQ(size(), 0U);
}

TEST_F(Bulk, StatisticsCount) {
  fill(2);
  client.say({.op = 0x03}, Body().array("k0"));
  client.say({.op = 0x03}, Body().array("no"));
  client.say({.op = 0x0B}, Body().array("k1"));
  client.say({.op = 0x0B}, Body().array("k1"));
  const auto figures = stats();
  EXPECT_EQ(figures.at("stores"), "2");
  EXPECT_EQ(figures.at("hits"), "1");
  EXPECT_EQ(figures.at("misses"), "1");
  EXPECT_EQ(figures.at("retrievals"), "2");
  EXPECT_EQ(figures.at("removeHits"), "1");
  EXPECT_EQ(figures.at("removeMisses"), "1");
  EXPECT_EQ(figures.at("currentNumberOfEntries"), "1");
  EXPECT_EQ(figures.at("timeSinceStart"), "0");
  EXPECT_GT(std::stoi(figures.at("totalBytesRead")), 0);
  EXPECT_EQ(stats(20).at("stores"), "2");
}

TEST(BulkStatistics, AreMinusOneWhenOff) {
  CacheConfiguration off;
  off.statistics = false;
  TestGrid grid({{"default", off}});
  TestClient client(grid);
  client.say({.op = 0x01}, Body().array("k").u8(0x88).array("v"));
  const Bytes answer = client.say({.op = 0x15});
  Reader in(BytesView(answer).substr(5));
  for (std::uint32_t left = in.vint(); left > 0; --left) {
    const std::string name(in.array());
    const std::string value(in.array());
    if (!name.starts_with("totalBytes")) {
      EXPECT_EQ(value, "-1") << name;
    }
  }
}

TEST_F(Bulk, BulkGetShowsEverythingOrSoMany) {
  fill(50);
  for (const std::uint32_t limit : {0U, 7U, 100U}) {
    const Bytes answer = client.say({.op = 0x19}, Body().vint(limit));
    Reader in(BytesView(answer).substr(5));
    std::set<std::string> keys;
    while (in.u8() == 1) {
      const std::string key(in.array());
      EXPECT_EQ(in.array(), "v" + key.substr(1));
      keys.insert(key);
    }
    EXPECT_TRUE(in.ok() && in.at_end());
    EXPECT_EQ(keys.size(), limit == 7 ? 7U : 50U);
  }
}

TEST_F(Bulk, BulkGetKeysShowsKeys) {
  fill(20);
  const Bytes answer = client.say({.op = 0x1D}, Body().vint(0));
  Reader in(BytesView(answer).substr(5));
  std::set<std::string> keys;
  while (in.u8() == 1) keys.insert(std::string(in.array()));
  EXPECT_TRUE(in.ok() && in.at_end());
  EXPECT_EQ(keys.size(), 20U);
}

TEST_F(Bulk, ALongAnswerIsNotInterruptedByEvents) {
  fill(20);
  Body big;
  big.u8(0x88).vint(4);
  for (int i = 0; i < 4; ++i) big.array("big" + std::to_string(i)).array(Bytes(200'000, 'x'));
  client.say({.op = 0x2D}, big);
  client.say({.op = 0x25}, Body().array("id").u8(0).array("").array("").u8(0).vint(0));
  TestClient writer(grid);
  writer.say({.op = 0x01}, Body().array("new").u8(0x88).array("v"));
  // The loop has time for the event whenever the answer waits for the client.
  client.connection->while_waiting = [this] { grid.world.run(); };
  const Bytes answer = client.say({.op = 0x19}, Body().vint(0));
  EXPECT_GT(client.connection->waits, 0);
  Reader in(BytesView(answer).substr(5));
  while (in.u8() == 1) {
    in.array();
    in.array();
  }
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(static_cast<unsigned char>(answer[in.position() + 5]), kResponseMagic) << "the event comes behind the whole answer";
}

}  // namespace
}  // namespace holdfast::hotrod
