#include "endpoint/hotrod/wire.h"

#include <gtest/gtest.h>

#include "endpoint/hotrod/bloom_filter.h"
#include "endpoint/hotrod/test_client.h"
#include "endpoint/hotrod/topology.h"

namespace holdfast::hotrod {
namespace {

constexpr TimeMs kNow = 1'790'000'000'000;
constexpr TimeMs kDay = 24 * 3600 * 1000;

WireExpiration expiration(std::uint8_t version, BytesView bytes, std::uint32_t flags = 0) {
  Header header;
  header.version = version;
  header.flags = flags;
  Reader in(bytes);
  return read_expiration(in, header, [] { return kNow; });
}

TEST(Wire, ReadsTheHeaderOfARealPing) {
  const Bytes input = hex("a0 01 19 17 00 00 03 ff ff ff ff 0f");
  Reader in(input);
  Header header;
  ASSERT_EQ(read_head(in, header), HeadFault::none);
  read_addressee(in, input, header);
  read_parameters(in, header);
  EXPECT_TRUE(in.ok() && in.at_end());
  EXPECT_EQ(header.message_id, 1U);
  EXPECT_EQ(header.version, 25);
  EXPECT_EQ(header.op, 0x17);
  EXPECT_EQ(header.intelligence, Intelligence::hash_aware);
  EXPECT_EQ(header.topology_id, 0xffffffffU);
}

TEST(Wire, ReadsMediaTypesAndParametersOfAHeader) {
  const Bytes input = hex("a0 05 28 03 01 63 00 01 00  01 0d 01 07 63686172736574 05 7574662d38  02 09 696d6167652f706e67 00  01 01 6b 01 76");
  Reader in(input);
  Header header;
  ASSERT_EQ(read_head(in, header), HeadFault::none);
  read_addressee(in, input, header);
  read_parameters(in, header);
  ASSERT_TRUE(in.ok() && in.at_end());
  const auto [key, value] = media_types_of(header.media);
  EXPECT_EQ(key.name(), "text/plain");
  EXPECT_EQ(key.parameter("charset"), "utf-8");
  EXPECT_EQ(value.name(), "image/png");
}

TEST(Wire, FindsTheRepeatOfAWriteAmongTheParameters) {
  const auto repeat_of = [](std::string_view value) {
    const Bytes input = hex("a0 05 28 01 01 63 00 01 00 00 00  02 01 6b 01 76 0f 686f6c64666173742e726570656174 " + std::string(value));
    Reader in(input);
    Header header;
    EXPECT_EQ(read_head(in, header), HeadFault::none);
    read_addressee(in, input, header);
    read_parameters(in, header);
    EXPECT_TRUE(in.ok() && in.at_end());
    return header.repeat;
  };
  const RepeatId id = repeat_of("12 000102030405060708090a0b0c0d0e0f 07 05");
  EXPECT_EQ(id.client, hex("000102030405060708090a0b0c0d0e0f"));
  EXPECT_EQ(id.number, 7U);
  EXPECT_EQ(id.done_mark, 5U);
  EXPECT_EQ(repeat_of("12 000102030405060708090a0b0c0d0e0f 05 07").number, 0U) << "done before it began";
  EXPECT_EQ(repeat_of("02 0705").number, 0U);
}

TEST(Wire, TellsWhatIsWrongWithAHead) {
  const auto fault = [](std::string_view bytes) {
    const Bytes input = hex(bytes);
    Reader in(input);
    Header header;
    return read_head(in, header);
  };
  EXPECT_EQ(fault("47"), HeadFault::magic);
  EXPECT_EQ(fault("a0 01 32"), HeadFault::version);
  EXPECT_EQ(fault("a0 01 19"), HeadFault::incomplete);
  EXPECT_EQ(fault("a0 ffffffffffffffffffff 19"), HeadFault::malformed);
}

TEST(Wire, CountsExpirationInSecondsBeforeTwoTwo) {
  const auto e = expiration(21, hex("0a 00"));
  EXPECT_EQ(e.lifespan_ms, 10'000);
  EXPECT_EQ(e.max_idle_ms, kImmortal);
}

TEST(Wire, TakesTheCachesDefaultsWhereTheFlagsSaySo) {
  const auto e = expiration(20, hex("00 05"), kDefaultLifespan | kDefaultMaxIdle);
  EXPECT_FALSE(e.lifespan_ms);
  EXPECT_FALSE(e.max_idle_ms);
}

TEST(Wire, ReadsEveryUnitOfTime) {
  const auto lifespan = [](std::uint8_t unit) { return expiration(30, Body().u8(static_cast<std::uint8_t>(unit << 4 | 8)).vlong(3).bytes).lifespan_ms; };
  EXPECT_EQ(lifespan(0), 3000);
  EXPECT_EQ(lifespan(1), 3);
  EXPECT_EQ(lifespan(2), 1);  // 3 ns: the shortest there is
  EXPECT_EQ(lifespan(3), 1);
  EXPECT_EQ(lifespan(4), 180'000);
  EXPECT_EQ(lifespan(5), 3 * 3600 * 1000);
  EXPECT_EQ(lifespan(6), 3 * kDay);
}

TEST(Wire, KnowsDefaultAndInfiniteWithoutADuration) {
  const auto e = expiration(22, hex("78"));
  EXPECT_FALSE(e.lifespan_ms);
  EXPECT_EQ(e.max_idle_ms, kImmortal);
}

TEST(Wire, TakesLongTimesForPointsInTimeBeforeThree) {
  const Bytes in_an_hour = Body().u8(0x18).vlong(kNow + 3'600'000).bytes;
  EXPECT_EQ(expiration(29, in_an_hour).lifespan_ms, 3'600'000);
  EXPECT_EQ(expiration(30, in_an_hour).lifespan_ms, kNow + 3'600'000);
  EXPECT_EQ(expiration(29, Body().u8(0x18).vlong(kNow - 1).bytes).lifespan_ms, 0);
  EXPECT_EQ(expiration(29, Body().u8(0x18).vlong(30 * kDay).bytes).lifespan_ms, 30 * kDay);
}

TEST(Wire, TakesWhatNobodyLivesToSeeForEver) {
  EXPECT_EQ(expiration(30, Body().u8(0x68).vlong(~0ULL).bytes).lifespan_ms, kImmortal);
}

TEST(Wire, RefusesAnUnknownUnit) {
  const Bytes bytes = hex("98 01");
  Header header;
  header.version = 30;
  Reader in(bytes);
  read_expiration(in, header, [] { return kNow; });
  EXPECT_TRUE(in.malformed());
}

TEST(Wire, WritesMetadataByWhatIsLimited) {
  Metadata m;
  m.version = 7;
  m.created_ms = 1;
  m.last_used_ms = 2;
  Bytes out;
  append_metadata(out, m);
  EXPECT_EQ(to_hex(out), "03" "0000000000000007");
  m.expiration = {1500, 60'000};
  out.clear();
  append_metadata(out, m);
  EXPECT_EQ(to_hex(out), "00" "0000000000000001" "01" "0000000000000002" "3c" "0000000000000007");
}

TEST(Wire, WritesThePreviousValueAsTheVersionWantsIt) {
  Entry entry;
  entry.value = "v";
  entry.metadata.version = 9;
  Bytes out;
  append_previous(out, 31, &entry);
  EXPECT_EQ(to_hex(out), "0176");
  out.clear();
  append_previous(out, 31, nullptr);
  EXPECT_EQ(to_hex(out), "00");
  out.clear();
  append_previous(out, 40, &entry);
  EXPECT_EQ(to_hex(out), "03" "0000000000000009" "0176");
  out.clear();
  append_previous(out, 40, nullptr);
  EXPECT_EQ(to_hex(out), "03" "ffffffffffffffff" "00");
}

TEST(Wire, BitSetsAreLittleEndian) {
  EXPECT_EQ(bits_of(hex("05 80"), 20), (std::vector<bool>{1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}));
  std::vector<bool> bits(20);
  bits[0] = bits[9] = true;
  EXPECT_EQ(to_hex(bytes_of(bits)), "0102");
  EXPECT_EQ(bytes_of(std::vector<bool>(300)), "");
}

TEST(Wire, WritesTheTopologyForEachIntelligence) {
  TopologyView view;
  view.id = 300;
  view.servers = {{"10.0.0.1", 11222}, {"b", 1}};
  view.owners = {{0, 1}, {1}, {}};
  Bytes out;
  append_topology(out, view, Intelligence::topology);
  EXPECT_EQ(to_hex(out), "ac02" "02" "0831302e302e302e31" "2bd6" "0162" "0001");
  out.clear();
  append_topology(out, view, Intelligence::hash_aware);
  EXPECT_EQ(to_hex(out), "ac02" "02" "0831302e302e302e31" "2bd6" "0162" "0001" "03" "03" "020001" "0101" "0100");
  view.owners.clear();
  out.clear();
  append_topology(out, view, Intelligence::hash_aware);
  EXPECT_EQ(to_hex(out), "ac02" "02" "0831302e302e302e31" "2bd6" "0162" "0001" "00" "00");
}

TEST(BloomFilter, NeverForgetsWhatWasAdded) {
  BloomFilter filter(1000);
  int claimed = 0;
  for (int i = 0; i < 100; ++i) filter.add("key" + std::to_string(i));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(filter.may_contain("key" + std::to_string(i)));
  for (int i = 0; i < 1000; ++i) claimed += filter.may_contain("other" + std::to_string(i)) ? 1 : 0;
  EXPECT_LT(claimed, 100);
  filter.replace("");
  EXPECT_FALSE(filter.may_contain("key1"));
}

}  // namespace
}  // namespace holdfast::hotrod
