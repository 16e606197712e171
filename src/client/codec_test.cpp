#include "client/codec.h"

#include <gtest/gtest.h>

#include "base/test_hex.h"
#include "base/varint.h"

namespace holdfast::client {
namespace {

Response whole(std::string_view text, std::uint8_t version = 40, Intelligence intelligence = Intelligence::basic) {
  const Bytes bytes = hex(text);
  Response response;
  const DecodeResult result = decode(bytes, version, intelligence, response);
  EXPECT_EQ(result.state, Decoded::whole);
  EXPECT_EQ(result.bytes, bytes.size());
  // Any shorter input asks for more, and for no more than there is.
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    Response ignored;
    const DecodeResult part = decode(BytesView(bytes).substr(0, n), version, intelligence, ignored);
    EXPECT_EQ(part.state, Decoded::incomplete) << n;
    EXPECT_GT(part.bytes, n);
    EXPECT_LE(part.bytes, bytes.size());
  }
  return response;
}

Decoded state_of(std::string_view text) {
  Response response;
  return decode(hex(text), 40, Intelligence::hash_aware, response).state;
}

TEST(Codec, WritesThePingThatOpensAConnection) {
  Bytes out;
  append_head(out, {.message_id = 1, .version = 31});
  EXPECT_EQ(out, hex("a0 01 1f 17 00 00 01 ffffffff0f 00 00"));
}

TEST(Codec, WritesHeadsOfVersionFourWithTheirParameters) {
  Bytes out;
  append_head(out, {.message_id = 300, .version = 40, .op = Op::put, .cache = "c", .flags = 1, .intelligence = Intelligence::hash_aware, .topology_id = 5});
  EXPECT_EQ(out, hex("a0 ac02 28 01 01 63 01 03 05 00 00 00"));
}

TEST(Codec, WritesExpirationsInMilliseconds) {
  Bytes out;
  append_lifetime(out, {});
  append_lifetime(out, {.lifespan_ms = -1, .max_idle_ms = -1});
  append_lifetime(out, {.lifespan_ms = 1500, .max_idle_ms = -1});
  append_lifetime(out, {.lifespan_ms = -1, .max_idle_ms = 1});
  append_lifetime(out, {.lifespan_ms = 1, .max_idle_ms = 2});
  EXPECT_EQ(out, hex("77  88  18 dc0b  81 01  11 01 02"));
}

TEST(Codec, WritesParametersOfTasks) {
  Bytes out;
  append_parameters(out, {{"name", "c"}, {"x", ""}});
  EXPECT_EQ(out, hex("02 04 6e616d65 01 63 01 78 00"));
}

TEST(Codec, ReadsValuesAndTheirAbsence) {
  const Response found = whole("a1 07 04 00 00 02 6869");
  EXPECT_EQ(found.message_id, 7U);
  EXPECT_EQ(found.value, "hi");
  EXPECT_FALSE(whole("a1 07 04 02 00").value);
}

TEST(Codec, ReadsMetadata) {
  const Response immortal = whole("a1 07 1c 00 00 03 0000000000000009 01 76");
  EXPECT_EQ(immortal.value, "v");
  EXPECT_EQ(immortal.metadata.version, 9U);
  EXPECT_TRUE(immortal.metadata.expiration.immortal());
  const Response mortal = whole("a1 07 1c 00 00 00 0000000000000100 0a 0000000000000200 14 0000000000000009 01 76");
  EXPECT_EQ(mortal.metadata.created_ms, 256);
  EXPECT_EQ(mortal.metadata.expiration.lifespan_ms, 10'000);
  EXPECT_EQ(mortal.metadata.last_used_ms, 512);
  EXPECT_EQ(mortal.metadata.expiration.max_idle_ms, 20'000);
}

TEST(Codec, ReadsPreviousValuesOfBothLayouts) {
  const Response four = whole("a1 07 02 03 00 03 0000000000000009 01 76");
  EXPECT_EQ(four.value, "v");
  EXPECT_EQ(four.metadata.version, 9U);
  EXPECT_FALSE(whole("a1 07 02 03 00 03 ffffffffffffffff 00").value) << "there was none";
  EXPECT_EQ(whole("a1 07 02 03 00 01 76", 31).value, "v");
  EXPECT_EQ(whole("a1 07 06 04 00 03 0000000000000009 01 76").status, ResponseStatus::not_executed_with_previous);
}

TEST(Codec, ReadsPings) {
  EXPECT_EQ(whole("a1 01 18 00 00 00 00 29 02 0001 0003", 31).server_version, 41);
  EXPECT_EQ(whole("a1 01 18 00 00 01 03 00 02 03 782f79 01 01 61 01 62 29 00", 31).server_version, 41) << "with media types";
}

TEST(Codec, ReadsTheMediaTypesOfPings) {
  EXPECT_EQ(whole("a1 01 18 00 00 01 0d 00 01 0c 00 29 00", 31).names, (std::vector<std::string>{"text/plain", "application/x-protostream"}));
  EXPECT_EQ(whole("a1 01 18 00 00 00 00 29 00", 31).names, (std::vector<std::string>{"", ""}));
}

TEST(Codec, ReadsEvents) {
  const Response created = whole("a1 00 60 00 00 02 6c69 00 01 01 6b 0000000000000009");
  ASSERT_TRUE(created.is_event());
  EXPECT_EQ(created.event->listener, "li");
  EXPECT_EQ(created.event->data, "k");
  EXPECT_EQ(created.event->version, 9U);
  EXPECT_TRUE(created.event->repeated);
  EXPECT_FALSE(created.event->custom);
  EXPECT_EQ(whole("a1 00 62 00 00 02 6c69 00 00 01 6b").event->data, "k");
  const Response custom = whole("a1 07 61 00 00 02 6c69 01 00 03 616263");
  EXPECT_TRUE(custom.event->custom);
  EXPECT_EQ(custom.event->data, "abc");
  EXPECT_EQ(custom.message_id, 7U);
}

TEST(Codec, ReadsIterations) {
  EXPECT_EQ(whole("a1 01 32 00 00 02 6964").value, "id");
  const Response batch = whole("a1 01 34 00 00 01 05 02 01 00 01 61 01 62 01 03 0000000000000009 01 63 01 64");
  EXPECT_EQ(batch.batch->finished, hex("05"));
  EXPECT_EQ(batch.pairs, (std::vector<std::pair<Bytes, Bytes>>{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(batch.batch->metadata.at(0).version, 9U);
  EXPECT_TRUE(whole("a1 01 34 00 00 00 00").pairs.empty()) << "the end";
  EXPECT_EQ(whole("a1 01 34 05 00 00 00").status, ResponseStatus::invalid_iteration);
  EXPECT_EQ(state_of("a1 01 34 00 00 00 01 02"), Decoded::malformed) << "projections";
}

TEST(Codec, ReadsListsNumbersAndAuthentication) {
  EXPECT_EQ(whole("a1 01 2a 00 00 ac02").number, 300U);
  EXPECT_EQ(whole("a1 01 22 00 00 02 05 504c41494e 01 58").names, (std::vector<std::string>{"PLAIN", "X"}));
  EXPECT_EQ(whole("a1 01 16 00 00 01 01 61 01 62").pairs, (std::vector<std::pair<Bytes, Bytes>>{{"a", "b"}}));
  EXPECT_EQ(whole("a1 01 30 00 00 01 01 61 01 62").pairs.size(), 1U);
  const Response auth = whole("a1 01 24 00 00 00 02 7878");
  EXPECT_FALSE(auth.complete);
  EXPECT_EQ(auth.value, "xx");
  EXPECT_EQ(whole("a1 01 2c 00 00 00").value, "");
}

TEST(Codec, ReadsErrors) {
  const Response error = whole("a1 07 50 84 00 02 6e6f");
  EXPECT_TRUE(error.is_error());
  EXPECT_EQ(error.status, ResponseStatus::parse_error);
  EXPECT_EQ(error.value, "no");
}

TEST(Codec, ReadsTopologies) {
  const Response aware = whole("a1 07 02 00 01 05 02 01 61 2bd6 01 62 2bd7 03 02 02 00 01 01 01", 40, Intelligence::hash_aware);
  EXPECT_EQ(aware.topology, (Topology{5, {{"a", 11222}, {"b", 11223}}, {{0, 1}, {1}}}));
  const Response plain = whole("a1 07 02 00 01 05 01 01 61 2bd6", 40, Intelligence::topology);
  EXPECT_EQ(plain.topology, (Topology{5, {{"a", 11222}}, {}}));
}

TEST(Codec, RefusesWhatIsNoResponse) {
  EXPECT_EQ(state_of("a0 07 02 00 00"), Decoded::malformed) << "magic";
  EXPECT_EQ(state_of("48 54 54 50"), Decoded::malformed) << "HTTP";
  EXPECT_EQ(state_of("a1 07 ff 00 00"), Decoded::malformed) << "operation";
  EXPECT_EQ(state_of("a1 07 00 00 00"), Decoded::malformed) << "operation";
  EXPECT_EQ(state_of("a1 07 02 99 00"), Decoded::malformed) << "status";
  EXPECT_EQ(state_of("a1 07 02 00 02"), Decoded::malformed) << "topology marker";
  EXPECT_EQ(state_of("a1 07 02 00 01 05 01 01 61 2bd6 03 01 01 01"), Decoded::malformed) << "an owner that is no server";
  EXPECT_EQ(state_of("a1 ffffffffffffffffffffff"), Decoded::malformed) << "a number without end";
  EXPECT_EQ(state_of("a1 01 18 00 00 07"), Decoded::malformed) << "media type";
}

}  // namespace
}  // namespace holdfast::client
