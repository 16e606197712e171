#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "endpoint/hotrod/event_channel.h"
#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

struct AddOptions {
  bool state = false;
  std::string filter = {};
  std::string converter = {};
  bool raw = false;
  std::uint32_t interests = 0;
  std::vector<Bytes> converter_parameters = {};
};

Body add_body(std::string_view id, const AddOptions& o = {}, std::uint8_t version = 40) {
  Body body = Body().array(id).u8(o.state ? 1 : 0).array(o.filter);
  if (!o.filter.empty()) body.u8(0);
  body.array(o.converter);
  if (!o.converter.empty()) {
    body.u8(static_cast<std::uint8_t>(o.converter_parameters.size()));
    for (const Bytes& parameter : o.converter_parameters) body.array(parameter);
  }
  if (version >= 21) body.u8(o.raw ? 1 : 0);
  if (version >= 26) body.vint(o.interests);
  return body;
}

Bytes event(EventOp op, const Body& body, std::string_view id = "id", std::uint64_t message_id = 0) {
  return response(static_cast<std::uint8_t>(op), S::success, Body().array(id).raw(body.bytes), message_id);
}
Body plain(std::string_view key, Version version = 0) {
  Body body = Body().u8(0).u8(0).array(key);
  if (version != 0) body.u64(version);
  return body;
}
Body custom(std::string_view payload, std::uint8_t kind = 1) { return Body().u8(kind).u8(0).array(payload); }

class Listener : public testing::Test {
 protected:
  void put(std::string_view key, std::string_view value) { writer.say({.op = 0x01}, Body().array(key).u8(0x88).array(value)); }
  void remove(std::string_view key) { writer.say({.op = 0x0B}, Body().array(key)); }
  Version version(int n) { return next_version(0, grid.world.clock().now_ms()) + static_cast<Version>(n - 1); }
  Version version_of(std::string_view key) {
    const Bytes answer = writer.say({.op = 0x11}, Body().array(key));
    return Reader(BytesView(answer).substr(5)).u64();
  }
  void listen(const AddOptions& options = {}) { EXPECT_EQ(client.say({.op = 0x25}, add_body("id", options)), response(0x26, S::success)); }

  TestGrid grid;
  TestClient client{grid};
  TestClient writer{grid};
};

TEST_F(Listener, HearsOfEveryChange) {
  listen();
  put("k", "1");
  put("k", "2");
  remove("k");
  remove("k");
  EXPECT_EQ(client.events(), event(EventOp::created, plain("k", version(1))) + event(EventOp::modified, plain("k", version(2))) + event(EventOp::removed, plain("k")));
}

TEST_F(Listener, HearsOfItsOwnWritesToo) {
  listen();
  client.say({.op = 0x01}, Body().array("k").u8(0x88).array("v"));
  EXPECT_EQ(client.events(), event(EventOp::created, plain("k", version(1))));
}

TEST_F(Listener, HearsOfExpiry) {
  listen();
  writer.say({.op = 0x01}, Body().array("k").u8(0x18).vlong(100).array("v"));
  EXPECT_NE(client.events(), "");
  grid.world.advance(100);
  writer.say({.op = 0x03}, Body().array("k"));
  EXPECT_EQ(client.events(), event(EventOp::expired, plain("k")));
}

TEST_F(Listener, HearsOnlyOfWhatInterestsIt) {
  listen({.interests = kInterestRemoved});
  put("k", "1");
  put("k", "2");
  remove("k");
  EXPECT_EQ(client.events(), event(EventOp::removed, plain("k")));
}

TEST_F(Listener, GetsTheCurrentStateFirstUnderTheIdOfItsRequest) {
  put("a", "1");
  put("b", "2");
  const Bytes a = event(EventOp::created, plain("a", version_of("a")), "id", 77);
  const Bytes b = event(EventOp::created, plain("b", version_of("b")), "id", 77);
  const Bytes end = response(0x26, S::success, {}, 77);
  const Bytes answer = client.say({.op = 0x25, .id = 77}, add_body("id", {.state = true}));
  EXPECT_TRUE(answer == a + b + end || answer == b + a + end);
  put("a", "3");
  EXPECT_EQ(client.events(), event(EventOp::modified, plain("a", version_of("a"))));
}

TEST_F(Listener, IsTakenAwayByItsIdFromAnyConnection) {
  listen();
  TestClient other(grid);
  EXPECT_EQ(other.say({.op = 0x27}, Body().array("no")), response(0x28, S::not_executed));
  EXPECT_EQ(other.say({.op = 0x27}, Body().array("id")), response(0x28, S::success));
  EXPECT_EQ(other.say({.op = 0x27}, Body().array("id")), response(0x28, S::not_executed));
  put("k", "1");
  EXPECT_EQ(client.events(), "");
}

TEST_F(Listener, DiesWithItsConnection) {
  listen();
  client.close();
  put("k", "1");
  EXPECT_EQ(writer.say({.op = 0x27}, Body().array("id")), response(0x28, S::not_executed));
}

TEST_F(Listener, AClientThatDoesNotReadItsEventsLosesItsConnection) {
  listen({.converter = "___eager-key-value-version-converter"});
  const Bytes value(1 << 20, 'v');
  for (std::size_t i = 0; i < EventChannel::kWaitingBytesMax / value.size() + 1; ++i) put("k", value);
  grid.world.run();
  EXPECT_FALSE(client.connection->open);
}

TEST_F(Listener, BeforeTwoSixAnInterestsByteIsTolerated) {
  const Bytes add = request({.op = 0x25, .version = 25}, add_body("id", {}, 25));
  const Bytes ping = request({.op = 0x17, .version = 25, .id = 2});
  const Bytes expected = response(0x26, S::success) + response(0x18, S::success, {}, 2);
  EXPECT_EQ(client.say(add + hex("0f") + ping), expected);
  TestClient late(grid);
  Bytes answers = late.say(add);
  answers += late.say(hex("0f"));
  answers += late.say(ping);
  EXPECT_EQ(answers, expected);
  TestClient strict(grid);
  EXPECT_EQ(strict.say(add + ping), expected);
  EXPECT_EQ(strict.say(hex("0f"))[3], '\x81');
}

TEST_F(Listener, EarlierVersionsSayLess) {
  EXPECT_EQ(client.say({.op = 0x25, .version = 20}, add_body("id", {}, 20)), response(0x26, S::success));
  put("k", "1");
  EXPECT_EQ(client.events(), event(EventOp::created, plain("k", version(1))));
}

TEST_F(Listener, RefusesAnUnknownFactory) {
  EXPECT_EQ(client.say({.op = 0x25}, add_body("id", {.filter = "f"})),
            error(S::server_error, "org.infinispan.commons.CacheException: ISPN006013: Listener key/value filter factory 'f' not found in server"));
  EXPECT_NE(client.say({.op = 0x25}, add_body("id", {.converter = "c"})).find("ISPN006013: Listener converter factory 'c' not found in server"), Bytes::npos);
}

TEST_F(Listener, ConvertsToKeyValueAndPreviousAsText) {
  listen({.converter = "key-value-with-previous-converter-factory"});
  put("k", "1");
  put("k", "2");
  remove("k");
  EXPECT_EQ(client.events(), event(EventOp::created, custom("KeyValueWithPrevious{key=k, value=1, prev=null}")) +
                                 event(EventOp::modified, custom("KeyValueWithPrevious{key=k, value=2, prev=1}")) +
                                 event(EventOp::removed, custom("KeyValueWithPrevious{key=k, value=null, prev=2}")));
}

TEST_F(Listener, ConvertsWhatIsOverToItsLastValueWithoutAPrevious) {
  listen({.converter = "key-value-with-previous-converter-factory"});
  writer.say({.op = 0x01}, Body().array("k").u8(0x18).vlong(100).array("v"));
  EXPECT_NE(client.events(), "");
  grid.world.advance(100);
  writer.say({.op = 0x03}, Body().array("k"));
  EXPECT_EQ(client.events(), event(EventOp::expired, custom("KeyValueWithPrevious{key=k, value=v, prev=null}")));
}

TEST_F(Listener, ConvertsToKeyValueAndVersion) {
  listen({.converter = "___eager-key-value-version-converter", .raw = true});
  put("k", "1");
  remove("k");
  EXPECT_EQ(client.events(), event(EventOp::created, custom(Body().array("k").array("1").u64(version(1)).bytes, 2)) +
                                 event(EventOp::removed, custom(Body().array("k").bytes, 2)));
}

TEST(ListenerInJson, ConvertsToKeyValueAndPreviousAsJson) {
  CacheConfiguration json;
  json.encoding = {"application/json", "application/json"};
  TestGrid grid({{"default", json}});
  TestClient client(grid);
  const Bytes as_json = hex("01 02 00 01 02 00");
  client.say({.op = 0x25, .media = as_json}, add_body("id", {.converter = "key-value-with-previous-converter-factory"}));
  client.say({.op = 0x01, .media = as_json}, Body().array("\"k\"").u8(0x88).array("{\"a\":1}"));
  const Bytes got = client.events();
  Reader in(BytesView(got).substr(5));
  in.array();
  EXPECT_EQ(in.u16(), 0x0100);
  const auto payload = nlohmann::json::parse(in.array());
  EXPECT_EQ(payload["_type"], "org.infinispan.commons.util.KeyValueWithPrevious");
  EXPECT_EQ(payload["key"], "\"k\"");
  EXPECT_EQ(payload["value"], "{\"a\":1}");
  EXPECT_TRUE(payload["prev"].is_null());
}

TEST(ListenerPlugIns, AFilterByNameDecidesWhatIsHeard) {
  Extensions extensions;
  ASSERT_TRUE(extensions.factories.filters
                  .add("only-x", [](const FactoryRequest&) -> Result<EventFilter> { return EventFilter([](const EventData& e) { return e.key == "x"; }); })
                  .ok());
  TestGrid grid({{"default", {}}}, std::move(extensions));
  TestClient client(grid);
  client.say({.op = 0x25}, add_body("id", {.filter = "only-x"}));
  client.say({.op = 0x01}, Body().array("y").u8(0x88).array("v"));
  EXPECT_EQ(client.events(), "");
  client.say({.op = 0x01}, Body().array("x").u8(0x88).array("v"));
  EXPECT_NE(client.events(), "");
}

TEST_F(Listener, ANearCacheHearsOfTheKeysThatItRead) {
  put("near", "1");
  put("far", "1");
  EXPECT_EQ(client.say({.op = 0x43, .version = 31}, Body().array("")), response(0x44, S::not_executed));
  EXPECT_EQ(client.say({.op = 0x41, .version = 31}, Body().array("id").vint(10'000)), response(0x42, S::success));
  client.say({.op = 0x1B}, Body().array("near"));
  put("far", "2");
  EXPECT_EQ(client.events(), "");
  put("near", "2");
  EXPECT_EQ(client.events(), event(EventOp::modified, plain("near", version_of("near"))));
  EXPECT_EQ(client.say({.op = 0x43, .version = 31}, Body().array("")), response(0x44, S::success));
  put("near", "3");
  EXPECT_EQ(client.events(), "") << "the client forgot its keys";
}

TEST_F(Listener, ANearCachesFilterHasASaneSize) {
  EXPECT_EQ(client.say({.op = 0x41, .version = 31}, Body().array("id").vint(0))[3], '\x85');
  EXPECT_EQ(client.say({.op = 0x41, .version = 31}, Body().array("id").vint(0xffffffff))[3], '\x85');
}

}  // namespace
}  // namespace holdfast::hotrod
