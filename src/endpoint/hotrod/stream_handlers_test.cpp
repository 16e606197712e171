#include <gtest/gtest.h>

#include "endpoint/hotrod/streams.h"
#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

class StreamTest : public testing::Test {
 protected:
  Bytes get(std::string_view key) { return client.say({.op = 0x03}, Body().array(key)); }
  void put(std::string_view key, std::string_view value) { client.say({.op = 0x01}, Body().array(key).u8(0x88).array(value)); }
  Version version(int n) { return next_version(0, grid.world.clock().now_ms()) + static_cast<Version>(n - 1); }
  Bytes say41(std::uint8_t op, const Body& body, std::uint32_t flags = 0) { return client.say({.op = op, .version = 41, .flags = flags}, body); }

  TestGrid grid;
  TestClient client{grid};
};

TEST_F(StreamTest, GetStreamStartsAtTheOffset) {
  put("k", "0123456789");
  const auto get_stream = [this](std::uint32_t offset) { return client.say({.op = 0x37, .version = 26}, Body().array("k").vint(offset)); };
  EXPECT_EQ(get_stream(0), response(0x38, S::success, Body().u8(3).u64(version(1)).array("0123456789")));
  EXPECT_EQ(get_stream(7), response(0x38, S::success, Body().u8(3).u64(version(1)).array("789")));
  EXPECT_EQ(get_stream(70), response(0x38, S::success, Body().u8(3).u64(version(1)).array("")));
  EXPECT_EQ(client.say({.op = 0x37, .version = 26}, Body().array("no").vint(0)), response(0x38, S::key_does_not_exist));
}

TEST_F(StreamTest, PutStreamGathersPiecesAndObeysItsVersion) {
  const auto put_stream = [this](Version v, std::string_view a, std::string_view b) {
    return client.say({.op = 0x39, .version = 30}, Body().array("k").u8(0x88).u64(v).array(a).array(b).vint(0));
  };
  EXPECT_EQ(put_stream(~0ULL, "ab", "c"), response(0x3A, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array("abc")));
  EXPECT_EQ(put_stream(~0ULL, "x", "y"), response(0x3A, S::not_executed));
  EXPECT_EQ(put_stream(1, "x", "y"), response(0x3A, S::not_executed));
  EXPECT_EQ(put_stream(version(1), "d", "e"), response(0x3A, S::success));
  EXPECT_EQ(put_stream(0, "f", "g"), response(0x3A, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array("fg")));
}

TEST_F(StreamTest, ReadsInPieces) {
  put("k", "0123456789");
  EXPECT_EQ(say41(0xE9, Body().array("k").vint(4)), response(0xE8, S::success, Body().u32(1).u8(0).u8(3).u64(version(1)).array("0123")));
  put("k", "changed meanwhile");
  EXPECT_EQ(say41(0xE7, Body().u32(1)), response(0xE6, S::success, Body().u32(1).u8(0).array("4567")));
  EXPECT_EQ(say41(0xE7, Body().u32(1)), response(0xE6, S::success, Body().u32(1).u8(1).array("89")));
  EXPECT_EQ(say41(0xE7, Body().u32(1)), response(0xE6, S::success, Body().u32(1).u8(1).array("")));  // asked for too early
  EXPECT_EQ(say41(0xE5, Body().u32(1)), response(0xE4, S::success));
  EXPECT_NE(say41(0xE7, Body().u32(1)).find("there is no stream 1"), Bytes::npos);
  EXPECT_EQ(say41(0xE5, Body().u32(1)), response(0xE4, S::success));
  EXPECT_EQ(say41(0xE9, Body().array("no").vint(4)), response(0xE8, S::key_does_not_exist));
}

TEST_F(StreamTest, PiecesAreServedFromVersionThreeOn) {
  put("k", "0123456789");
  const Bytes whole = client.say({.op = 0xE9, .version = 30}, Body().array("k").vint(10));
  EXPECT_EQ(whole, response(0xE8, S::success, Body().u32(1).u8(1).u8(3).u64(version(1)).array("0123456789")));
}

TEST_F(StreamTest, FinishedStreamsThatNobodyEndedAreForgotten) {
  put("k", "v");
  for (std::uint32_t id = 1; id <= 70; ++id) {
    EXPECT_EQ(say41(0xE9, Body().array("k").vint(4)).substr(0, 5), response(0xE8, S::success));
  }
  EXPECT_NE(say41(0xE7, Body().u32(1)).find("there is no stream 1"), Bytes::npos);
  EXPECT_EQ(say41(0xE7, Body().u32(70)), response(0xE6, S::success, Body().u32(70).u8(1).array("")));
}

TEST_F(StreamTest, NothingIsVisibleBeforeTheLastPiece) {
  EXPECT_EQ(say41(0xEF, Body().array("k").u8(0x88).u64(0)), response(0xEE, S::success, Body().u32(1)));
  EXPECT_EQ(say41(0xED, Body().u32(1).u8(0).array("abc")), response(0xEC, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::key_does_not_exist));
  EXPECT_EQ(say41(0xED, Body().u32(1).u8(1).array("def")), response(0xEC, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array("abcdef")));
  EXPECT_NE(say41(0xED, Body().u32(1).u8(1).array("x")).find("there is no stream 1"), Bytes::npos);
}

TEST_F(StreamTest, AConditionalStreamDoesNothingWhenItsConditionFails) {
  put("k", "v");
  say41(0xEF, Body().array("k").u8(0x88).u64(~0ULL));
  EXPECT_EQ(say41(0xED, Body().u32(1).u8(1).array("x")), response(0xEC, S::not_executed));
  say41(0xEF, Body().array("k").u8(0x88).u64(12345));
  EXPECT_EQ(say41(0xED, Body().u32(2).u8(1).array("x"), kForceReturnValue),
            response(0xEC, S::not_executed_with_previous, Body().u8(3).u64(version(1)).array("v")));
  EXPECT_EQ(get("k"), response(0x04, S::success, Body().array("v")));
}

TEST_F(StreamTest, AnEndedStreamWritesNothing) {
  say41(0xEF, Body().array("k").u8(0x88).u64(0));
  say41(0xED, Body().u32(1).u8(0).array("abc"));
  EXPECT_EQ(say41(0xEB, Body().u32(1)), response(0xEA, S::success));
  EXPECT_EQ(get("k"), response(0x04, S::key_does_not_exist));
}

TEST_F(StreamTest, StreamsOfOneConnectionAreBounded) {
  for (std::size_t i = 0; i < Streams::kStreamsMax; ++i) say41(0xEF, Body().array("k").u8(0x88).u64(0));
  EXPECT_NE(say41(0xEF, Body().array("k").u8(0x88).u64(0)).find("end some first"), Bytes::npos);
}

}  // namespace
}  // namespace holdfast::hotrod
