#include "server/cluster_setup.h"

#include <gtest/gtest.h>

#include "server/cluster_stack.h"

namespace holdfast::server {
namespace {

using namespace std::chrono_literals;
using Properties = std::map<std::string, std::string>;

ElementConfiguration protocol(const std::string& name, std::map<std::string, std::string> attributes = {}) {
  ElementConfiguration p;
  p.name = name;
  p.attributes = std::move(attributes);
  return p;
}
StackConfiguration stack(const std::string& name, const std::string& extends, std::vector<ElementConfiguration> protocols) {
  StackConfiguration s;
  s.name = name;
  s.extends = extends;
  s.protocols = std::move(protocols);
  return s;
}

class ClusterSetupTest : public testing::Test {
 protected:
  ClusterSetupTest() {
    container.cluster_name = "shop";
    log.set_sink([this](const LogRecord& record) { lines.emplace_back(record.message); }, LogLevel::info);
  }
  Result<std::optional<engine::clustered::ClusterEngineOptions>> read(const Properties& properties = {}) {
    ClusterSetup setup;
    setup.container = &container;
    setup.node_name = "n";
    setup.port_offset = offset;
    setup.property = [properties](const std::string& name) {
      const auto at = properties.find(name);
      return at == properties.end() ? std::nullopt : std::optional(at->second);
    };
    setup.machine_addresses = machine;
    setup.folder = "/data";
    setup.discoveries = &discoveries;
    return cluster_options(setup, log);
  }
  engine::clustered::ClusterEngineOptions options(const Properties& properties = {}) {
    auto made = read(properties);
    EXPECT_TRUE(made.ok() && made->has_value()) << (made.ok() ? "" : made.error().message());
    return **made;
  }
  std::string failure(const Properties& properties = {}) {
    const auto made = read(properties);
    return made.ok() ? "" : std::string(made.error().message());
  }
  std::vector<std::string> names(const std::string& wanted) {
    std::vector<std::string> all;
    const auto found = resolve_stack(wanted, container.stacks, discoveries);
    EXPECT_TRUE(found.ok()) << found.error().message();
    for (const auto& p : found->protocols) all.push_back(p.name);
    return all;
  }
  std::size_t told(const std::string& text) const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  ContainerConfiguration container;
  std::vector<MachineAddress> machine{{"lo", "127.0.0.1"}, {"eth0", "203.0.113.5"}, {"eth0", "fd00::5"}, {"eth1", "192.168.4.4"}};
  std::int32_t offset = 0;
  cluster::DiscoveryRegistry discoveries = cluster::built_in_discoveries(nullptr);
  Logger log;
  std::vector<std::string> lines;
};

TEST_F(ClusterSetupTest, WithoutATransportThereIsNoCluster) {
  container.cluster_name = "";
  const auto none = read();
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST_F(ClusterSetupTest, TheDefaultIsAPrivateAddressAndTheOriginalsPort) {
  const auto o = options();
  EXPECT_EQ(o.node.membership.self.host, "192.168.4.4");
  EXPECT_EQ(o.node.membership.self.port, 7800);
  EXPECT_EQ(o.node.cluster_name, "shop");
  EXPECT_EQ(o.node.discovery.size(), 2U) << "multicast, and the ports of this host";
  EXPECT_EQ(told("found by MPING, ports of 192.168.4.4 from 7800"), 1U) << lines.back();
  EXPECT_EQ(told("without encryption"), 1U);
  machine.pop_back();
  EXPECT_EQ(options().node.membership.self.host, "127.0.0.1") << "never a public address by itself";
}

TEST_F(ClusterSetupTest, PropertiesSayWhere) {
  offset = 100;
  const auto o = options({{"jgroups.bind.address", "LOOPBACK"}, {"jgroups.bind.port", "9000"}, {"jgroups.join_timeout", "0"}});
  EXPECT_EQ(o.node.membership.self.host, "127.0.0.1");
  EXPECT_EQ(o.node.membership.self.port, 9100);
  EXPECT_EQ(o.node.membership.join_wait, Duration{});
  EXPECT_EQ(told("from 9000"), 1U) << lines.back();
  EXPECT_EQ(told("without encryption"), 0U);
}

TEST_F(ClusterSetupTest, TheStackSaysItLouder) {
  container.stack = "mine";
  container.stacks = {stack("mine", "tcp", {protocol("TCP", {{"bind_addr", "127.0.0.1"}, {"bind_port", "8000"}, {"port_range", "3"}, {"thread_pool.max_threads", "9"}}),
                                            protocol("pbcast.GMS", {{"join_timeout", "100"}}), protocol("FD_ALL3", {{"timeout", "8000"}}), protocol("NAKACK2"), protocol("MERGE3")})};
  const auto o = options({{"jgroups.bind.address", "SITE_LOCAL"}, {"jgroups.bind.port", "9000"}, {"jgroups.join_timeout", "5000"}});
  EXPECT_EQ(o.node.membership.self.host, "127.0.0.1");
  EXPECT_EQ(o.node.membership.self.port, 8000);
  EXPECT_EQ(o.node.port_range, 3U);
  EXPECT_EQ(o.node.membership.join_wait, 100ms);
  EXPECT_EQ(o.node.membership.hang, 6s);
  EXPECT_EQ(told("no meaning here: NAKACK2, MERGE3"), 1U);
}

TEST_F(ClusterSetupTest, FailureDetectionIsSetInTheTransport) {
  const auto by_default = options().node.membership;
  EXPECT_EQ(by_default.lease, 200ms);
  EXPECT_EQ(by_default.heartbeat, 50ms);
  EXPECT_EQ(by_default.hang, 3s);
  container.transport.crash_timeout_ms = 3000;
  container.transport.hang_timeout_ms = 400;
  const auto o = options().node.membership;
  EXPECT_EQ(o.lease, 2s);
  EXPECT_EQ(o.heartbeat, 500ms);
  EXPECT_EQ(o.hang, 4s) << "never shorter than two leases";
}

TEST_F(ClusterSetupTest, WhatCannotBeMeantIsAnErrorThatNamesIt) {
  EXPECT_NE(failure({{"jgroups.bind.port", "many"}}).find("jgroups.bind.port: 'many'"), std::string::npos);
  EXPECT_NE(failure({{"jgroups.join_timeout", "-1"}}).find("jgroups.join_timeout"), std::string::npos);
  EXPECT_NE(failure({{"jgroups.mcast_port", "0"}}).find("jgroups.mcast_port"), std::string::npos);
  EXPECT_NE(failure({{"jgroups.bind.address", "0.0.0.0"}}).find("jgroups.bind.address"), std::string::npos);
  EXPECT_NE(failure({{"jgroups.bind.address", "match-interface:wlan.*"}}).find("match-interface:wlan.*"), std::string::npos);
  offset = 60000;
  EXPECT_NE(failure().find("67800"), std::string::npos);
}

TEST_F(ClusterSetupTest, AnUnknownStackIsAnErrorThatListsThoseThatThereAre) {
  container.stack = "tcpp";
  container.stacks = {stack("mine", "tcp", {})};
  const std::string said = failure();
  EXPECT_NE(said.find("no stack 'tcpp'"), std::string::npos) << said;
  EXPECT_NE(said.find("tcp, udp, kubernetes, mine"), std::string::npos) << said;
  container.stack = "mine";
  container.stacks[0].extends = "ec2";
  EXPECT_NE(failure().find("no stack 'ec2'"), std::string::npos);
  container.stacks = {stack("mine", "yours", {}), stack("yours", "mine", {})};
  EXPECT_NE(failure().find("extends itself"), std::string::npos);
}

TEST_F(ClusterSetupTest, AStackWithoutAWayToFindOthersIsAnError) {
  container.stack = "mine";
  container.stacks = {stack("mine", "tcp", {protocol("MPING", {{"stack.combine", "REMOVE"}})})};
  EXPECT_NE(failure().find("no way to find other nodes"), std::string::npos);
  container.stack = "kubernetes";
  container.stacks.clear();
  EXPECT_NE(failure({{"jgroups.dns.query", "x"}}).find("no way to find other nodes"), std::string::npos) << "there is no DNS in this test";
}

TEST_F(ClusterSetupTest, StacksAreCombinedAsTheOriginalDoesIt) {
  const auto mine = [&](std::vector<ElementConfiguration> protocols) {
    container.stacks = {stack("base", "udp", {}), stack("mine", "tcp", std::move(protocols))};
    return names("mine");
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(mine({}), (Names{"TCP", "MPING"}));
  EXPECT_EQ(mine({protocol("TCPPING")}), (Names{"TCP", "TCPPING"})) << "the way that is named takes the place of the inherited one";
  EXPECT_EQ(mine({protocol("org.jgroups.protocols.TCPPING"), protocol("FILE_PING")}), (Names{"TCP", "TCPPING", "FILE_PING"}));
  EXPECT_EQ(mine({protocol("TCPPING", {{"stack.combine", "REPLACE"}, {"stack.position", "MPING"}})}), (Names{"TCP", "TCPPING"}));
  EXPECT_EQ(mine({protocol("TCPPING", {{"stack.combine", "INSERT_AFTER"}, {"stack.position", "TCP"}})}), (Names{"TCP", "TCPPING", "MPING"}));
  EXPECT_EQ(mine({protocol("X", {{"stack.combine", "INSERT_BELOW"}, {"stack.position", "TCP"}})}), (Names{"X", "TCP", "MPING"}));
  mine({protocol("MPING", {{"mcast_addr", "239.1.1.1"}})});
  EXPECT_EQ(resolve_stack("mine", container.stacks, discoveries)->protocols[1].attributes.at("mcast_addr"), "239.1.1.1");
  container.stacks = {stack("tcp", "tcp", {protocol("TCPPING")})};
  EXPECT_EQ(names("tcp"), (Names{"TCP", "TCPPING"})) << "one of the same name changes the built-in one";
  container.stacks = {stack("mine", "tcp", {protocol("X", {{"stack.combine", "REPLACE"}, {"stack.position", "Y"}})})};
  EXPECT_TRUE(resolve_stack("mine", container.stacks, discoveries).failed_with(Errc::invalid_configuration));
  container.stacks = {stack("mine", "tcp", {protocol("X", {{"stack.combine", "MIX"}})})};
  EXPECT_NE(resolve_stack("mine", container.stacks, discoveries).error().message().find("stack.combine=\"MIX\""), std::string::npos);
}

TEST_F(ClusterSetupTest, AStackInAFileThatIsNotThereIsAnErrorOfWhoUsesIt) {
  container.stacks = {stack("far", "", {})};
  container.stacks[0].path = "far.xml";
  EXPECT_EQ(failure(), "");
  container.stack = "far";
  EXPECT_NE(failure().find("'far.xml'"), std::string::npos);
}

TEST_F(ClusterSetupTest, HostsOfTheFileAreTheOnlyOnesLookedFor) {
  container.stack = "mine";
  container.stacks = {stack("mine", "tcp", {protocol("TCPPING", {{"initial_hosts", "a[7800],b[7800]"}, {"port_range", "0"}})})};
  EXPECT_EQ(options().node.discovery.size(), 1U);
  container.stacks[0].protocols[0].attributes["initial_hosts"] = "a[x]";
  EXPECT_NE(failure().find("initial_hosts"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::server
