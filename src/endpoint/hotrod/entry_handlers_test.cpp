#include <gtest/gtest.h>

#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

/// The n-th write of a fresh cache while the clock stands still.
Version nth_version(TestGrid& grid, int n) { return next_version(0, grid.world.clock().now_ms()) + static_cast<Version>(n - 1); }

class Entries : public testing::Test {
 protected:
  Bytes put(std::string_view key, std::string_view value, std::uint8_t version = 40, std::uint32_t flags = 0) {
    return client.say({.op = 0x01, .version = version, .flags = flags}, Body().array(key).u8(0x88).array(value));
  }
  Bytes get(std::string_view key, std::uint8_t version = 40) { return client.say({.op = 0x03, .version = version}, Body().array(key)); }
  Body previous(std::string_view value, Version version) { return Body().u8(3).u64(version).array(value); }

  TestGrid grid;
  TestClient client{grid};
};

TEST_F(Entries, PutAndGetAreTheseBytes) {
  EXPECT_EQ(to_hex(client.say(hex("a0 07 19 01 00 00 01 00  01 6b  88  01 76"))), "a107020000");
  EXPECT_EQ(to_hex(client.say(hex("a0 08 19 03 00 00 01 00  01 6b"))), "a1080400000176");
  EXPECT_EQ(to_hex(client.say(hex("a0 09 19 03 00 00 01 00  01 78"))), "a109040200");
}

TEST_F(Entries, EveryVersionSpeaksItsOwnHeader) {
  for (const int version : {20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 40, 41}) {
    const auto v = static_cast<std::uint8_t>(version);
    const Body life = v < 22 ? Body().vint(0).vint(0) : Body().u8(0x88);
    const std::string value = "v" + std::to_string(version);
    EXPECT_EQ(client.say({.op = 0x01, .version = v}, Body().array("k").raw(life.bytes).array(value)), response(0x02, S::success)) << version;
    EXPECT_EQ(get("k", v), response(0x04, S::success, Body().array(value))) << version;
  }
}

TEST_F(Entries, PutReturnsThePreviousValueWhenAsked) {
  EXPECT_EQ(put("k", "1", 30, kForceReturnValue), response(0x02, S::success_with_previous, Body().array("")));
  EXPECT_EQ(put("k", "2", 30, kForceReturnValue), response(0x02, S::success_with_previous, Body().array("1")));
  EXPECT_EQ(put("n", "1", 40, kForceReturnValue), response(0x02, S::success_with_previous, previous("", ~0ULL)));
  EXPECT_EQ(put("k", "3", 40, kForceReturnValue), response(0x02, S::success_with_previous, previous("2", nth_version(grid, 2))));
}

TEST_F(Entries, PutIfAbsentTellsWhatWasThere) {
  const Body body = Body().array("k").u8(0x88).array("1");
  EXPECT_EQ(client.say({.op = 0x05, .flags = kForceReturnValue}, body), response(0x06, S::success));
  EXPECT_EQ(client.say({.op = 0x05}, body), response(0x06, S::not_executed));
  EXPECT_EQ(client.say({.op = 0x05, .version = 31, .flags = kForceReturnValue}, body), response(0x06, S::not_executed_with_previous, Body().array("1")));
  EXPECT_EQ(client.say({.op = 0x05, .flags = kForceReturnValue}, body), response(0x06, S::not_executed_with_previous, previous("1", nth_version(grid, 1))));
}

TEST_F(Entries, ReplaceNeedsAnEntry) {
  const Body body = Body().array("k").u8(0x88).array("2");
  EXPECT_EQ(client.say({.op = 0x07, .flags = kForceReturnValue}, body), response(0x08, S::not_executed));
  put("k", "1");
  EXPECT_EQ(client.say({.op = 0x07}, body), response(0x08, S::success));
  EXPECT_EQ(client.say({.op = 0x07, .version = 30, .flags = kForceReturnValue}, body), response(0x08, S::success_with_previous, Body().array("2")));
}

TEST_F(Entries, ReplaceIfUnmodifiedGoesByTheVersion) {
  const auto replace = [this](Version version, std::uint32_t flags = 0) {
    return client.say({.op = 0x09, .version = 30, .flags = flags}, Body().array("k").u8(0x88).u64(version).array("2"));
  };
  EXPECT_EQ(replace(1), response(0x0A, S::key_does_not_exist));
  put("k", "1");
  EXPECT_EQ(replace(1), response(0x0A, S::not_executed));
  EXPECT_EQ(replace(1, kForceReturnValue), response(0x0A, S::not_executed_with_previous, Body().array("1")));
  EXPECT_EQ(replace(nth_version(grid, 1), kForceReturnValue), response(0x0A, S::success_with_previous, Body().array("1")));
  EXPECT_EQ(replace(nth_version(grid, 1)), response(0x0A, S::not_executed));
}

TEST_F(Entries, RemoveTellsWhetherThereWasOne) {
  EXPECT_EQ(client.say({.op = 0x0B}, Body().array("k")), response(0x0C, S::key_does_not_exist));
  put("k", "1");
  EXPECT_EQ(client.say({.op = 0x0B, .version = 25, .flags = kForceReturnValue}, Body().array("k")), response(0x0C, S::success_with_previous, Body().array("1")));
  put("k", "1");
  EXPECT_EQ(client.say({.op = 0x0B}, Body().array("k")), response(0x0C, S::success));
}

TEST_F(Entries, RemoveIfUnmodifiedGoesByTheVersion) {
  const auto remove = [this](Version version) { return client.say({.op = 0x0D}, Body().array("k").u64(version)); };
  EXPECT_EQ(remove(1), response(0x0E, S::key_does_not_exist));
  put("k", "1");
  EXPECT_EQ(remove(1), response(0x0E, S::not_executed));
  EXPECT_EQ(remove(nth_version(grid, 1)), response(0x0E, S::success));
  put("k", "1");
  EXPECT_EQ(remove(nth_version(grid, 1)), response(0x0E, S::not_executed)) << "versions never return";
}

TEST_F(Entries, ContainsKeySaysYesOrNo) {
  EXPECT_EQ(client.say({.op = 0x0F}, Body().array("k")), response(0x10, S::key_does_not_exist));
  put("k", "1");
  EXPECT_EQ(client.say({.op = 0x0F}, Body().array("k")), response(0x10, S::success));
}

TEST_F(Entries, GetWithVersionAndWithMetadata) {
  put("k", "v");
  const Version version = nth_version(grid, 1);
  EXPECT_EQ(client.say({.op = 0x11}, Body().array("k")), response(0x12, S::success, Body().u64(version).array("v")));
  EXPECT_EQ(client.say({.op = 0x1B}, Body().array("k")), response(0x1C, S::success, Body().u8(3).u64(version).array("v")));
  EXPECT_EQ(client.say({.op = 0x11}, Body().array("x")), response(0x12, S::key_does_not_exist));
  EXPECT_EQ(client.say({.op = 0x1B}, Body().array("x")), response(0x1C, S::key_does_not_exist));
  client.say({.op = 0x01}, Body().array("k").u8(0x08).vlong(5).array("v"));
  const auto created = static_cast<std::uint64_t>(grid.world.clock().now_ms());
  EXPECT_EQ(client.say({.op = 0x1B}, Body().array("k")), response(0x1C, S::success, Body().u8(2).u64(created).vint(5).u64(version + 1).array("v")));
}

TEST_F(Entries, AnEntryEndsWithItsLifespan) {
  client.say({.op = 0x01}, Body().array("k").u8(0x18).vlong(500).array("v"));
  grid.world.advance(499);
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array("v")));
  grid.world.advance(1);
  EXPECT_EQ(get("k"), response(0x04, S::key_does_not_exist));
}

TEST_F(Entries, EmptyKeysAndValuesAreKeysAndValues) {
  EXPECT_EQ(put("", ""), response(0x02, S::success));
  EXPECT_EQ(get(""), response(0x04, S::success, Body().array("")));
}

TEST_F(Entries, LargeValuesComeBackWhole) {
  const Bytes value(3'000'000, 'x');
  EXPECT_EQ(put("k", value), response(0x02, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array(value)));
}

TEST_F(Entries, AnUnknownCacheIsToldByItsNameOnEveryOperation) {
  const std::string text = "org.infinispan.server.hotrod.CacheNotFoundException: Cache with name 'no' not found amongst the configured caches";
  const std::map<int, Body> bodies = {
      {0x01, Body().array("k").u8(0x88).array("v")}, {0x03, Body().array("k")}, {0x05, Body().array("k").u8(0x88).array("v")},
      {0x07, Body().array("k").u8(0x88).array("v")}, {0x09, Body().array("k").u8(0x88).u64(1).array("v")}, {0x0B, Body().array("k")},
      {0x0D, Body().array("k").u64(1)}, {0x0F, Body().array("k")}, {0x11, Body().array("k")}, {0x13, {}}, {0x15, {}}, {0x17, {}},
      {0x19, Body().vint(0)}, {0x1B, Body().array("k")}, {0x1D, Body().vint(0)}, {0x1F, Body().array("q")},
      {0x25, Body().array("id").u8(0).array("").array("").u8(0).vint(0)}, {0x27, Body().array("id")}, {0x29, {}},
      {0x2D, Body().u8(0x88).vint(0)}, {0x2F, Body().vint(0)}, {0x31, Body().zigzag(-1).zigzag(-1).vint(1).u8(0)}};
  for (const auto& [op, body] : bodies) {
    EXPECT_EQ(client.say({.op = static_cast<std::uint8_t>(op), .cache = "no"}, body), error(S::parse_error, text)) << op;
  }
  EXPECT_FALSE(client.connection->closing);
}

TEST_F(Entries, TheSkipListenersFlagReachesTheGrid) {
  TestClient listener(grid);
  listener.say({.op = 0x25}, Body().array("id").u8(0).array("").array("").u8(0).vint(0));
  put("k", "1", 30, kSkipListeners);
  EXPECT_EQ(listener.events(), "");
  put("k", "2", 30);
  EXPECT_NE(listener.events(), "");
}

TEST(EntriesOfAnOtherCache, ASessionFollowsACacheThatIsMadeAnew) {
  TestGrid grid({{"default", {}}, {"c", {}}});
  TestClient client(grid);
  const Body put = Body().array("k").u8(0x88).array("v");
  EXPECT_EQ(client.say({.op = 0x01, .cache = "c"}, put), response(0x02, S::success));
  ASSERT_TRUE(grid.manager->remove("c").ok());
  EXPECT_EQ(client.say({.op = 0x03, .cache = "c"}, Body().array("k")),
            error(S::parse_error, "org.infinispan.server.hotrod.CacheNotFoundException: Cache with name 'c' not found amongst the configured caches"));
  ASSERT_TRUE(grid.manager->create("c", {}, {}).ok());
  EXPECT_EQ(client.say({.op = 0x01, .cache = "c"}, put), response(0x02, S::success));
  ASSERT_TRUE(grid.manager->remove("c").ok());
  ASSERT_TRUE(grid.manager->create("c", {}, {}).ok());
  EXPECT_EQ(client.say({.op = 0x03, .cache = "c"}, Body().array("k")), response(0x04, S::key_does_not_exist));
}

TEST(EntriesOfAnOtherCache, AnAliasIsFollowedWhereItMoves) {
  CacheConfiguration with_alias;
  with_alias.aliases = {"a"};
  TestGrid grid({{"one", with_alias}, {"two", {}}});
  TestClient client(grid);
  client.say({.op = 0x01, .cache = "one"}, Body().array("k").u8(0x88).array("1"));
  client.say({.op = 0x01, .cache = "two"}, Body().array("k").u8(0x88).array("2"));
  EXPECT_EQ(client.say({.op = 0x03, .cache = "a"}, Body().array("k")), response(0x04, S::success, Body().array("1")));
  ASSERT_TRUE(grid.manager->assign_alias("two", "a").ok());
  EXPECT_EQ(client.say({.op = 0x03, .cache = "a"}, Body().array("k")), response(0x04, S::success, Body().array("2")));
}

TEST(EntriesOfAnOtherCache, JavaObjectsHaveStatusesOfTheirOwnFromTwoFourToTwoEight) {
  CacheConfiguration objects;
  objects.encoding = {media::kJavaObject, media::kJavaObject};
  TestGrid grid({{"default", objects}});
  TestClient client(grid);
  const Body put = Body().array("k").u8(0x88).array("v");
  EXPECT_EQ(client.say({.op = 0x01, .version = 24}, put), response(0x02, S::success_legacy));
  EXPECT_EQ(client.say({.op = 0x01, .version = 27, .flags = kForceReturnValue}, put), response(0x02, S::success_with_previous_legacy, Body().array("v")));
  EXPECT_EQ(client.say({.op = 0x05, .version = 27, .flags = kForceReturnValue}, put), response(0x06, S::not_executed_with_previous_legacy, Body().array("v")));
  EXPECT_EQ(client.say({.op = 0x01, .version = 23}, put), response(0x02, S::success));
  EXPECT_EQ(client.say({.op = 0x01, .version = 29}, put), response(0x02, S::success));
}

}  // namespace
}  // namespace holdfast::hotrod
