#include "endpoint/hotrod/session.h"

#include <gtest/gtest.h>

#include "endpoint/hotrod/test_client.h"

namespace holdfast::hotrod {
namespace {

using S = ResponseStatus;

class SessionTest : public testing::Test {
 protected:
  TestGrid grid;
  TestClient client{grid};
};

Bytes put_request(std::string_view key, std::string_view value, std::uint64_t id) {
  return request({.op = 0x01, .id = id}, Body().array(key).u8(0x88).array(value));
}
Bytes get_request(std::string_view key, std::uint64_t id) { return request({.op = 0x03, .id = id}, Body().array(key)); }

TEST_F(SessionTest, TellsHotRodByItsFirstByte) {
  EXPECT_EQ(grid.endpoint->detect(hex("a0")), server::Detection::yes);
  EXPECT_EQ(grid.endpoint->detect("GET /"), server::Detection::no);
  EXPECT_EQ(grid.endpoint->detect(""), server::Detection::need_more);
}

TEST_F(SessionTest, PingAnswersByVersion) {
  EXPECT_EQ(to_hex(client.say({.op = 0x17, .version = 28})), "a101180000");
  EXPECT_EQ(to_hex(client.say({.op = 0x17, .version = 29})), "a101180000" "011100" "011100");
  const Bytes answer = client.say({.op = 0x17, .version = 31});
  Reader in(BytesView(answer).substr(5 + 6));
  EXPECT_EQ(in.u8(), 41);
  const std::uint32_t count = in.vint();
  std::vector<int> offered;
  for (std::uint32_t i = 0; i < count; ++i) offered.push_back(in.u16());
  EXPECT_TRUE(in.ok() && in.at_end());
  EXPECT_NE(std::find(offered.begin(), offered.end(), 0x03), offered.end());
  EXPECT_NE(std::find(offered.begin(), offered.end(), 0xE9), offered.end());
  EXPECT_EQ(std::find(offered.begin(), offered.end(), 0x1F), offered.end()) << "queries are not offered";
  EXPECT_EQ(std::find(offered.begin(), offered.end(), 0x4B), offered.end()) << "nor are counters";
}

TEST(Ping, NamesTheTypesOfTheCacheAndWorksWithoutOne) {
  CacheConfiguration text;
  text.encoding = {"text/plain", "application/json"};
  TestGrid grid({{"text", text}});
  TestClient client(grid);
  EXPECT_EQ(to_hex(client.say({.op = 0x17, .version = 29, .cache = "text"})), "a101180000" "010d00" "010200");
  EXPECT_EQ(to_hex(client.say({.op = 0x17, .version = 29})), "a101180000" "0000") << "there is no default cache";
}

TEST_F(SessionTest, PipelinedRequestsAreAnsweredInOrderAndTogether) {
  Bytes input, expected;
  for (std::uint64_t id = 1; id <= 200; id += 2) {
    const std::string key = "k" + std::to_string(id);
    input += put_request(key, "v" + key, id) + get_request(key, id + 1);
    expected += response(0x02, S::success, {}, id) + response(0x04, S::success, Body().array("v" + key), id + 1);
  }
  EXPECT_EQ(client.say(input), expected);
  EXPECT_EQ(client.unconsumed(), 0U);
}

TEST(Pipelined, RequestsOfSeveralCachesAndFormsAreToldApart) {
  TestGrid grid({{"default", {}}, {"other", {}}});
  TestClient client(grid);
  Bytes input, expected;
  for (std::uint64_t id = 0; id < 60; id += 6) {
    const std::string mine = "m" + std::to_string(id), other = "o" + std::to_string(id);
    input += put_request("k", mine, id) + request({.op = 0x01, .cache = "other", .id = id + 1}, Body().array("k").u8(0x88).array(other));
    input += get_request("k", id + 2) + request({.op = 0x03, .cache = "other", .id = id + 3}, Body().array("k"));
    input += request({.op = 0x03, .version = 25, .cache = "other", .id = id + 4}, Body().array("k"));
    input += request({.op = 0x0B, .flags = kForceReturnValue, .id = id + 5}, Body().array("k"));
    expected += response(0x02, S::success, {}, id) + response(0x02, S::success, {}, id + 1);
    expected += response(0x04, S::success, Body().array(mine), id + 2) + response(0x04, S::success, Body().array(other), id + 3);
    expected += response(0x04, S::success, Body().array(other), id + 4);
  }
  // The previous values of the removals come with versions: compared by their places only.
  const Bytes got = client.say(input);
  Reader in(got);
  std::size_t at = 0;
  for (std::uint64_t id = 0; id < 60; id += 6) {
    const std::size_t bytes = response(0x02, S::success, {}, id).size() * 2 + response(0x04, S::success, Body().array("m" + std::to_string(id)), id + 2).size() * 3;
    EXPECT_EQ(Bytes(in.bytes(bytes)), expected.substr(at, bytes)) << id;
    at += bytes;
    EXPECT_EQ(in.u8(), kResponseMagic);
    EXPECT_EQ(in.vlong(), id + 5);
    EXPECT_EQ(in.u8(), 0x0C);
    EXPECT_EQ(in.u8(), static_cast<std::uint8_t>(S::success_with_previous));
    in.bytes(1 + 1 + 8);  // no topology, immortal, its version
    EXPECT_EQ(in.array(), "m" + std::to_string(id));
  }
  EXPECT_TRUE(in.ok() && in.at_end());
}

TEST_F(SessionTest, ACacheThatIsMadeAnewBetweenPipelinedRequestsIsEmpty) {
  const auto exec = [](std::string_view task, std::uint64_t id) { return request({.op = 0x2B, .id = id}, Body().array(task).u8(1).array("name").array("made")); };
  const auto on_it = [](std::uint8_t op, std::uint64_t id, const Body& body) { return request({.op = op, .cache = "made", .id = id}, body); };
  client.say(exec("@@cache@create", 1));
  Bytes input, expected;
  for (std::uint64_t id = 10; id < 90; id += 8) {
    input += on_it(0x01, id, Body().array("k").u8(0x88).array("v")) + on_it(0x03, id + 1, Body().array("k"));
    input += exec("@@cache@remove", id + 2) + exec("@@cache@create", id + 3) + on_it(0x03, id + 4, Body().array("k")) + on_it(0x03, id + 5, Body().array("k"));
    expected += response(0x02, S::success, {}, id) + response(0x04, S::success, Body().array("v"), id + 1);
    expected += response(0x2C, S::success, Body().array(""), id + 2) + response(0x2C, S::success, Body().array(""), id + 3);
    expected += response(0x04, S::key_does_not_exist, {}, id + 4) + response(0x04, S::key_does_not_exist, {}, id + 5);
  }
  EXPECT_EQ(client.say(input), expected);
}

TEST_F(SessionTest, ByteByByteGivesTheSameAnswers) {
  const Bytes input = put_request("key", "value", 1) + get_request("key", 300) +
                      request({.op = 0x2F, .id = 4}, Body().vint(2).array("key").array("no")) + request({.op = 0x17, .id = 5});
  TestGrid other;
  TestClient whole(other);
  const Bytes expected = whole.say(input);
  Bytes got;
  for (const char c : input) got += client.say(BytesView(&c, 1));
  EXPECT_EQ(got, expected);
  EXPECT_EQ(client.unconsumed(), 0U);
}

TEST_F(SessionTest, AnIncompleteRequestConsumesNothing) {
  const Bytes input = put_request("key", Bytes(1000, 'v'), 1);
  EXPECT_EQ(client.say(BytesView(input).substr(0, input.size() - 1)), "");
  EXPECT_EQ(client.unconsumed(), input.size() - 1);
  EXPECT_EQ(client.say(BytesView(input).substr(input.size() - 1)), response(0x02, S::success));
}

TEST_F(SessionTest, ALongListIsWalkedOverOnce) {
  // 200 000 entries in pieces of 20 bytes: starting over for each piece would take minutes.
  Body body;
  body.u8(0x88).vint(200'000);
  for (int i = 0; i < 200'000; ++i) body.array("k" + std::to_string(i % 1000)).array("v");
  const Bytes input = request({.op = 0x2D}, body);
  auto handler = grid.endpoint->make_handler();
  runtime::TestConnection connection;
  for (std::size_t end = 20; end < input.size(); end += 20) ASSERT_EQ(handler->on_data(connection, BytesView(input).substr(0, end)), 0U);
  EXPECT_EQ(handler->on_data(connection, input), input.size());
  EXPECT_EQ(connection.take(), response(0x2E, S::success));
}

struct Broken {
  const char* name;
  Bytes input;
  S status;
  std::string text;
  std::uint64_t id;
};

TEST_F(SessionTest, AProtocolErrorIsAnsweredAndNothingRunsAfterIt) {
  const Broken cases[] = {
      {"magic", "GET / HTTP/1.1\r\n", S::bad_magic, "org.infinispan.server.hotrod.InvalidMagicIdException: Error reading magic byte or message id", 0},
      {"operation", hex("a0 07 28 c8"), S::unknown_operation, "org.infinispan.server.hotrod.HotRodUnknownOperationException: Unknown operation: 200", 7},
      {"counter", hex("a0 07 28 4b"), S::unknown_operation, "org.infinispan.server.hotrod.HotRodUnknownOperationException: Unknown operation: 75", 7},
      {"version", hex("a0 07 63"), S::unknown_version, "org.infinispan.server.hotrod.UnknownVersionException: Unknown version:99", 7},
      {"stream of another version", hex("a0 07 19 e9"), S::unknown_operation, "org.infinispan.server.hotrod.HotRodUnknownOperationException", 7},
      {"media type", hex("a0 07 1c 03 00 00 01 00 09"), S::parse_error, "org.infinispan.server.hotrod.RequestParsingException", 7},
      {"number", hex("a0 07 1e 03 ff ff ff ff ff ff"), S::parse_error, "org.infinispan.server.hotrod.RequestParsingException", 7},
      {"too long", hex("a0 07 28 03 00 00 01 00 00 00 00 ff ff ff ff 0f"), S::parse_error, "java.io.IOException: a request of", 7},
  };
  for (const Broken& c : cases) {
    TestClient other(grid);
    const Bytes answer = other.say(c.input + put_request("after", c.name, 9));
    Reader in(answer);
    EXPECT_EQ(in.u8(), kResponseMagic) << c.name;
    EXPECT_EQ(in.vlong(), c.id) << c.name;
    EXPECT_EQ(in.u8(), kErrorResponse) << c.name;
    EXPECT_EQ(in.u8(), static_cast<std::uint8_t>(c.status)) << c.name;
    in.u8();
    EXPECT_TRUE(in.array().starts_with(c.text)) << c.name;
    EXPECT_TRUE(in.ok() && in.at_end()) << c.name;
    EXPECT_TRUE(other.connection->closing) << c.name;
    EXPECT_EQ(other.say(put_request("after", "x", 10)), "") << c.name;
    EXPECT_EQ(client.say(get_request("after", 1)), response(0x04, S::key_does_not_exist)) << c.name;
  }
}

TEST(MaxContentLength, BoundsARequestBeforeItsBytesArriveAndWhenTheyAllDo) {
  server::ConnectorSettings settings;
  settings.max_content_length = 100;
  TestGrid grid({{"default", {}}}, {}, nullptr, settings);
  TestClient fits(grid);
  EXPECT_EQ(fits.say(put_request("k", Bytes(50, 'v'), 1)), response(0x02, S::success));
  for (const std::size_t part : {20, 2000}) {
    TestClient client(grid);
    const Bytes input = put_request("k", Bytes(1000, 'v'), 1);
    const Bytes answer = client.say(BytesView(input).substr(0, part));
    EXPECT_NE(answer.find("max-content-length, 100"), Bytes::npos);
    EXPECT_TRUE(client.connection->closing);
  }
}

TEST_F(SessionTest, ASlowReaderIsHeldBack) {
  put_request("k", "", 1);
  client.say(put_request("k", Bytes(400'000, 'v'), 1));
  Bytes input;
  for (std::uint64_t id = 1; id <= 20; ++id) input += get_request("k", id);
  const Bytes answers = client.say(input);
  EXPECT_GT(client.connection->waits, 3);
  EXPECT_EQ(answers.size(), 20 * (5 + 3 + 400'000U));
}

TEST_F(SessionTest, AReaderThatNeverReadsLosesItsConnection) {
  client.say(put_request("k", Bytes(400'000, 'v'), 1));
  client.connection->stuck = true;
  Bytes input;
  for (std::uint64_t id = 1; id <= 20; ++id) input += get_request("k", id);
  client.say(input);
  EXPECT_FALSE(client.connection->open);
}

TEST_F(SessionTest, QueriesAreRefusedInAnAnswer) {
  const Bytes answer = client.say({.op = 0x1F}, Body().array("from x"));
  EXPECT_NE(answer.find("java.lang.UnsupportedOperationException: queries are not built yet"), Bytes::npos);
  EXPECT_FALSE(client.connection->closing);
}

TEST_F(SessionTest, TasksAreRunByName) {
  grid.dispatcher->register_task(
      "join", [](const security::Subject&, const server::Dispatcher::TaskParameters& p) -> Result<Bytes> { return p[0].second + p[1].first; },
      server::Dispatcher::TaskAccess::checked_by_task);
  EXPECT_EQ(client.say({.op = 0x2B}, Body().array("join").u8(2).array("a").array("1").array("b").array("2")), response(0x2C, S::success, Body().array("1b")));
  EXPECT_NE(client.say({.op = 0x2B}, Body().array("nope").u8(0)).find("Unknown task 'nope'"), Bytes::npos);
}

TEST_F(SessionTest, CachesAreMadeAndRemovedByTasks) {
  const auto exec = [this](std::string_view task) { return client.say({.op = 0x2B}, Body().array(task).u8(1).array("name").array("made")); };
  EXPECT_EQ(exec("@@cache@create"), response(0x2C, S::success, Body().array("")));
  EXPECT_EQ(exec("@@cache@create"), error(S::server_error, "org.infinispan.commons.CacheConfigurationException: ISPN000507: Cache 'made' already exists"));
  EXPECT_EQ(exec("@@cache@remove"), response(0x2C, S::success, Body().array("")));
}

class OneTopology final : public TopologyProvider {
 public:
  std::shared_ptr<const TopologyView> topology_of(std::string_view) const override {
    auto view = std::make_shared<TopologyView>();
    view->id = 5;
    view->servers = {{"h", 1}};
    view->owners = {{0}};
    return view;
  }
};

TEST(Topology, IsToldToWhoDoesNotKnowItAndCanUseIt) {
  Extensions extensions;
  extensions.topology = std::make_shared<OneTopology>();
  TestGrid grid({{"default", {}}}, std::move(extensions));
  TestClient client(grid);
  const auto get = [&](Intelligence intelligence, std::uint32_t known) {
    return to_hex(client.say({.op = 0x03, .intelligence = intelligence, .topology = known}, Body().array("k")));
  };
  EXPECT_EQ(get(Intelligence::basic, 0), "a101040200");
  EXPECT_EQ(get(Intelligence::topology, 0), "a101040201" "05" "01" "0168" "0001");
  EXPECT_EQ(get(Intelligence::hash_aware, 0), "a101040201" "05" "01" "0168" "0001" "03" "01" "0100");
  EXPECT_EQ(get(Intelligence::hash_aware, 5), "a101040200");
}

}  // namespace
}  // namespace holdfast::hotrod
