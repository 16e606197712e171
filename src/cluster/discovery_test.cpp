#include "cluster/discovery.h"

#include <gtest/gtest.h>

#include "cluster/folder_entry.h"
#include "cluster/multicast_message.h"
#include "cluster/strangers.h"
#include "sim/test_world.h"

namespace holdfast::cluster {
namespace {

using runtime::DnsRecord;
using runtime::DnsType;
using runtime::Endpoint;

/// Answers as it is told, and counts what it is asked.
class FakeResolver final : public runtime::Resolver {
 public:
  Result<std::vector<DnsRecord>> resolve(const std::string& name, DnsType type, const std::string& server, Instant) override {
    ++asked;
    last_server = server;
    const auto at = records.find({name, type});
    if (at == records.end()) return Error(Errc::not_found, "'" + name + "': no such name");
    return at->second;
  }
  std::map<std::pair<std::string, DnsType>, std::vector<DnsRecord>> records;
  std::string last_server;
  int asked = 0;
};

class DiscoveryTest : public testing::Test {
 protected:
  DiscoveryTest() {
    me.node.address = {"a", 7};
    me.node.host = "10.0.0.1";
    me.node.port = 7800;
    me.cluster = "shop";
    me.looking = true;
    world.host().simulation().trace().set_sink([this](Duration, sim::Step step, std::uint64_t, std::uint64_t, std::string_view text) {
      if (step == sim::Step::log) lines.emplace_back(text);
    });
  }
  Result<DiscoveryPtr> make(const std::string& protocol, std::map<std::string, std::string> attributes) {
    DiscoverySettings settings;
    settings.protocol = protocol;
    settings.attributes = std::move(attributes);
    settings.interface = "10.0.0.1";
    settings.folder = "/data";
    DiscoveryAttributes reading(settings);
    const DiscoveryRegistry all = built_in_discoveries(resolver);
    auto made = (**all.find(protocol))(settings, reading);
    unread = reading.unread();
    return made;
  }
  DiscoveryPtr started(const std::string& protocol, std::map<std::string, std::string> attributes) {
    auto made = make(protocol, std::move(attributes));
    EXPECT_TRUE(made.ok()) << made.error().message();
    const Status status = (*made)->start(world, me, [this](const Endpoint& at) { found.push_back(at); });
    EXPECT_TRUE(status.ok()) << status.error().message();
    return *made;
  }
  std::string failure(const std::string& protocol, std::map<std::string, std::string> attributes) {
    const auto made = make(protocol, std::move(attributes));
    return made.ok() ? "" : std::string(made.error().message());
  }
  std::vector<Endpoint> look(Discovery& by) {
    found.clear();
    by.find(me);
    return found;
  }
  std::size_t told(const std::string& text) const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  sim::TestWorld world;
  std::shared_ptr<FakeResolver> resolver = std::make_shared<FakeResolver>();
  Presence me;
  std::vector<Endpoint> found;
  std::vector<std::string> unread, lines;
};

TEST_F(DiscoveryTest, HostsAreReadAsTheOriginalWritesThem) {
  const auto by = started("TCPPING", {{"initial_hosts", " a[7900],b:7901,\n c , [::1], ::2[7902], [::3]:7903"}, {"port_range", "0"}, {"async_discovery", "true"}});
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"a", 7900}, {"b", 7901}, {"c", 7800}, {"::1", 7800}, {"::2", 7902}, {"::3", 7903}}));
  EXPECT_EQ(unread, std::vector<std::string>{"async_discovery"});
  me.looking = false;
  EXPECT_TRUE(look(*by).empty());
}

TEST_F(DiscoveryTest, HostsHavePortsAboveTheirOwn) {
  EXPECT_EQ(look(*started("TCPPING", {{"initial_hosts", "a[65534],a[65535]"}})), (std::vector<Endpoint>{{"a", 65534}, {"a", 65535}}));
  EXPECT_EQ(look(*started("TCPPING", {{"initial_hosts", "a"}, {"port_range", "2"}})), (std::vector<Endpoint>{{"a", 7800}, {"a", 7801}, {"a", 7802}}));
}

TEST_F(DiscoveryTest, WhatCannotBeMeantIsAnErrorThatNamesIt) {
  for (const char* hosts : {"a[x]", "a[78000]", "a[0]", "[", "a[7800", "a[7800]b", "a:b:c]"}) {
    EXPECT_NE(failure("TCPPING", {{"initial_hosts", hosts}}).find("initial_hosts"), std::string::npos) << hosts;
  }
  EXPECT_NE(failure("TCPPING", {}).find("initial_hosts"), std::string::npos);
  EXPECT_NE(failure("TCPPING", {{"initial_hosts", "a"}, {"port_range", "-1"}}).find("port_range=\"-1\""), std::string::npos);
  EXPECT_NE(failure("MPING", {{"mcast_port", "many"}}).find("mcast_port"), std::string::npos);
  EXPECT_NE(failure("dns.DNS_PING", {}).find("dns_query"), std::string::npos);
  EXPECT_NE(failure("dns.DNS_PING", {{"dns_query", "x"}, {"dns_record_type", "MX"}}).find("A, AAAA or SRV"), std::string::npos);
  EXPECT_NE(failure("FILE_PING", {}).find("location"), std::string::npos);
  EXPECT_TRUE(built_in_discoveries(nullptr).find("dns.DNS_PING").failed_with(Errc::not_found));
}

// ---- Multicast

TEST(MulticastMessages, HaveTheirGoldenBytes) {
  MulticastMessage message{true, "shop", {}};
  message.node.address = {"a", 2};
  message.node.host = "127.0.0.1";
  message.node.port = 7800;
  Bytes wire;
  append_multicast_message(wire, message);
  EXPECT_EQ(wire, Bytes("HFMC\x01\x01\x04shop" "\x01" "a" "\0\0\0\0\0\0\0\x02" "\x09" "127.0.0.1" "\x1e\x78" "\0\0\0" "\0" "\x01", 38));
  EXPECT_EQ(read_multicast_message(wire), message);
  EXPECT_EQ(read_multicast_message(wire + "of a later version"), message);
  for (std::size_t n = 0; n < wire.size(); ++n) EXPECT_FALSE(read_multicast_message(BytesView(wire).substr(0, n))) << n;
}

TEST_F(DiscoveryTest, WhatIsNoNodesOnTheGroupIsToldOnce) {
  const auto by = started("MPING", {{"mcast_addr", "239.1.1.1"}, {"mcast_port", "4000"}});
  const auto other = std::move(world.net().open_datagrams(0, {"10.0.0.1", 0}, [](const Endpoint&, BytesView) {}, {})).value();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(other->send({"239.1.1.1", 4000}, "bela\x05\x03 something else").ok());
    world.advance(10);
  }
  EXPECT_EQ(told("is no node's"), 1U);
  EXPECT_TRUE(found.empty());
  by->stop();
  EXPECT_FALSE(other->send({"239.1.1.1", 4000}, Bytes(1401, 'x')).ok());
}

TEST_F(DiscoveryTest, AGroupThatCannotBeJoinedIsAnErrorOrAWarning) {
  DiscoverySettings settings;
  settings.protocol = "MPING";
  settings.interface = "10.9.9.9";
  const DiscoveryRegistry all = built_in_discoveries(nullptr);
  for (const bool optional : {false, true}) {
    settings.optional = optional;
    DiscoveryAttributes attributes(settings);
    const auto by = (**all.find("MPING"))(settings, attributes);
    const Status started = (*by)->start(world, me, [](const Endpoint&) {});
    EXPECT_EQ(started.ok(), optional);
    if (!started.ok()) {
      EXPECT_NE(started.error().message().find("239.6.7.8:46655"), std::string::npos);
    }
    (*by)->find(me);
  }
  EXPECT_EQ(told("239.6.7.8:46655 cannot be used"), 1U);
}

TEST(StrangersOfANode, AreToldOnceAMinuteAndCounted) {
  Strangers strangers;
  Instant now{std::chrono::hours(1)};
  EXPECT_EQ(strangers.line(now, "x"), "");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(strangers.line(now + std::chrono::seconds(i), "x"));
  EXPECT_EQ(strangers.line(now, "y"), "");
  EXPECT_EQ(strangers.line(now + std::chrono::minutes(1), "x"), " (5 more from there since the last such line)");
  int lines = 0;
  for (int i = 0; i < 100'000; ++i) lines += strangers.line(now, std::to_string(i)).has_value();
  EXPECT_LT(lines, 300) << "bounded in memory and in lines";
}

// ---- DNS

TEST_F(DiscoveryTest, DnsRecordsCountForTheirTimeToLive) {
  resolver->records[{"nodes", DnsType::a}] = {{"10.0.0.1", 0, std::chrono::seconds(30)}, {"10.0.0.2", 0, std::chrono::seconds(5)}};
  const auto by = started("dns.DNS_PING", {{"dns_query", "nodes"}, {"dns_address", "127.0.0.1:53"}});
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"10.0.0.1", 7800}, {"10.0.0.2", 7800}}));
  EXPECT_EQ(resolver->last_server, "127.0.0.1:53");
  EXPECT_EQ(resolver->asked, 1);
  resolver->records[{"nodes", DnsType::a}].push_back({"10.0.0.3", 0, std::chrono::seconds(5)});
  world.advance(4900);
  EXPECT_EQ(look(*by).size(), 2U) << "still what it was told";
  EXPECT_EQ(resolver->asked, 1);
  world.advance(200);
  EXPECT_EQ(look(*by).size(), 3U);
  EXPECT_EQ(resolver->asked, 2);
}

TEST_F(DiscoveryTest, RecordsThatLiveNoTimeAreNotAskedForInEveryTurn) {
  resolver->records[{"nodes", DnsType::a}] = {{"10.0.0.2", 0, Duration{}}};
  const auto by = started("dns.DNS_PING", {{"dns_query", "nodes"}});
  for (int i = 0; i < 100; ++i) {
    look(*by);
    world.advance(10);
  }
  EXPECT_GE(resolver->asked, 4);
  EXPECT_LE(resolver->asked, 6);
}

TEST_F(DiscoveryTest, AddressesOfTheSecondKindCountWhenThereAreNoneOfTheFirst) {
  resolver->records[{"nodes", DnsType::aaaa}] = {{"fd00::1", 0, std::chrono::seconds(5)}};
  EXPECT_EQ(look(*started("dns.DNS_PING", {{"dns_query", "nodes"}})), (std::vector<Endpoint>{{"fd00::1", 7800}}));
  EXPECT_TRUE(look(*started("dns.DNS_PING", {{"dns_query", "nodes"}, {"dns_record_type", "A"}})).empty());
}

TEST_F(DiscoveryTest, ServicesHaveTheirPorts) {
  resolver->records[{"_ping._tcp.nodes", DnsType::srv}] = {{"n1", 7900, std::chrono::seconds(60)}, {"n2", 7901, std::chrono::seconds(60)}, {"gone", 7902, std::chrono::seconds(60)}};
  resolver->records[{"n1", DnsType::a}] = {{"10.0.0.1", 0, std::chrono::seconds(2)}};
  resolver->records[{"n2", DnsType::aaaa}] = {{"fd00::2", 0, std::chrono::seconds(60)}};
  const auto by = started("dns.DNS_PING", {{"dns_query", "_ping._tcp.nodes"}, {"dns_record_type", "SRV"}});
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"10.0.0.1", 7900}, {"fd00::2", 7901}}));
  const int asked = resolver->asked;
  world.advance(2100);
  look(*by);
  EXPECT_GT(resolver->asked, asked) << "the shortest time to live on the way counts";
}

TEST_F(DiscoveryTest, WhileNobodyAnswersWhatWasKnownCountsAndIsToldOnce) {
  resolver->records[{"nodes", DnsType::a}] = {{"10.0.0.2", 0, std::chrono::seconds(1)}};
  const auto by = started("dns.DNS_PING", {{"dns_query", "nodes"}, {"dns_record_type", "A"}});
  look(*by);
  resolver->records.clear();
  for (int i = 0; i < 5; ++i) {
    world.advance(1100);
    EXPECT_EQ(look(*by).size(), 1U);
  }
  EXPECT_EQ(told("DNS knows no other nodes: 'nodes': no such name"), 1U);
  resolver->records[{"nodes", DnsType::a}] = {};
  world.advance(1100);
  EXPECT_TRUE(look(*by).empty());
}

// ---- A shared folder

TEST(FolderEntries, HaveTheirGoldenText) {
  const FolderEntry entry{{"a\nb", 5}, {"10.0.0.1", 7800}, 3};
  const Bytes text = write_folder_entry(entry);
  EXPECT_EQ(text, "holdfast node 1\nhost=10.0.0.1\nport=7800\nincarnation=5\nbeat=3\nname=a\nb");
  EXPECT_EQ(read_folder_entry(text), entry);
  for (const char* bad : {"", "holdfast node 2\n", "holdfast node 1\nhost=\nport=1\nincarnation=1\nbeat=1\nname=a", "holdfast node 1\nhost=h\nport=0\nincarnation=1\nbeat=1\nname=a",
                          "holdfast node 1\nhost=h\nport=99999\nincarnation=1\nbeat=1\nname=a", "holdfast node 1\nhost=h\nport=1\nincarnation=1\nbeat=1\nname="}) {
    EXPECT_FALSE(read_folder_entry(bad)) << bad;
  }
  for (std::size_t n = 0; n + 4 < text.size(); ++n) EXPECT_FALSE(read_folder_entry(BytesView(text).substr(0, n))) << n;
}

TEST(FolderEntries, NamesOfFilesAreSafeAndDifferent) {
  EXPECT_EQ(file_name_of("node-1.example"), "node-1.example");
  EXPECT_EQ(file_name_of("../A_b"), "_2e._2f_41_5fb") << "no way out of the folder";
  EXPECT_NE(file_name_of("a_41"), file_name_of("aA"));
}

class FolderDiscoveryTest : public DiscoveryTest {
 protected:
  /// Another node that uses the folder, by hand.
  void put(const std::string& name, std::uint16_t port, std::uint64_t beat = 1) {
    world.put_file("/data/shared/shop/" + name + ".node", write_folder_entry({{name, 1}, {"10.0.0.9", port}, beat}));
  }
  std::size_t files() const { return world.files().size(); }
  std::map<std::string, std::string> shared{{"location", "shared"}};
};

TEST_F(FolderDiscoveryTest, EachNodeHasAFileAndFindsTheOthers) {
  const auto by = started("FILE_PING", shared);
  EXPECT_EQ(files(), 1U);
  EXPECT_TRUE(look(*by).empty()) << "not itself";
  put("b", 7801);
  world.put_file("/data/shared/shop/readme.txt", "x");
  world.put_file("/data/shared/shop/bad.node", "x");
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"10.0.0.9", 7801}}));
  me.looking = false;
  EXPECT_TRUE(look(*by).empty());
  by->withdraw();
  EXPECT_EQ(world.files().count("/data/shared/shop/a_4010.0.0.1_3a7800.node"), 0U);
  EXPECT_EQ(files(), 3U);
}

TEST_F(FolderDiscoveryTest, TwoClustersInOneFolderDoNotMix) {
  const auto by = started("FILE_PING", shared);
  me.cluster = "other";
  me.node.port = 7900;
  const auto other = started("FILE_PING", shared);
  EXPECT_TRUE(look(*other).empty());
  EXPECT_TRUE(look(*by).empty());
}

TEST_F(FolderDiscoveryTest, WhereNobodyListensTheFileIsRemoved) {
  const auto by = started("FILE_PING", shared);
  put("b", 7801);
  put("c", 7802);
  look(*by);
  by->refused({"10.0.0.9", 7801});
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"10.0.0.9", 7802}}));
  EXPECT_EQ(files(), 2U);
  by->refused({"10.0.0.9", 7802});
  put("c", 7802, 2);
  EXPECT_EQ(look(*by).size(), 1U) << "it was written anew meanwhile: somebody lives there";
}

TEST_F(FolderDiscoveryTest, WhatIsNotWrittenAnyMoreIsRemovedAndWhatLivesStays) {
  const auto by = started("FILE_PING", shared);
  put("dead", 7801);
  for (std::uint64_t second = 0; second < 70; ++second) {
    if (second % 10 == 0) put("alive", 7802, second);
    look(*by);
    world.advance(1000);
  }
  EXPECT_EQ(look(*by), (std::vector<Endpoint>{{"10.0.0.9", 7802}}));
  EXPECT_EQ(files(), 2U);
}

TEST_F(FolderDiscoveryTest, AFileThatSomebodyRemovedIsWrittenAgain) {
  const auto by = started("FILE_PING", shared);
  ASSERT_TRUE(world.disk().remove(world.files().begin()->first).ok());
  look(*by);
  EXPECT_EQ(files(), 1U);
}

TEST_F(FolderDiscoveryTest, AFolderThatCannotBeWrittenIsOneClearError) {
  world.fill_disk(true);
  auto made = make("FILE_PING", shared);
  const Status failed = (*made)->start(world, me, [](const Endpoint&) {});
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message().find("FILE_PING location /data/shared"), std::string::npos) << failed.error().message();
  world.fill_disk(false);
  const auto by = started("FILE_PING", shared);
  world.fill_disk(true);
  for (int i = 0; i < 30; ++i) {
    world.advance(1000);
    look(*by);
  }
  EXPECT_EQ(told("until it can be used again"), 1U);
  world.fill_disk(false);
  world.advance(11'000);
  look(*by);
  EXPECT_EQ(told("can be used again"), 2U);
}

}  // namespace
}  // namespace holdfast::cluster
