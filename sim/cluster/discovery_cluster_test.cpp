// Real nodes on simulated machines that find each other by multicast, DNS or named hosts, with losses.
#include <gtest/gtest.h>

#include "cluster/node.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::DnsRecord;
using runtime::DnsType;

/// One zone for all hosts.
struct Zone final : runtime::Resolver {
  Result<std::vector<DnsRecord>> resolve(const std::string&, DnsType type, const std::string&, Instant) override {
    ++asked;
    if (type != DnsType::a || addresses.empty()) return Error(Errc::not_found, "no such name");
    std::vector<DnsRecord> all;
    for (const std::string& a : addresses) all.push_back({a, 0, ttl});
    return all;
  }
  std::vector<std::string> addresses;
  Duration ttl = 1s;
  int asked = 0;
};

/// Takes a while to start, and then knows one place.
class SlowDiscovery final : public Discovery {
 public:
  explicit SlowDiscovery(runtime::Endpoint at) : at_(std::move(at)) {}
  Status start(runtime::Runtime& runtime, const Presence&, Found found) override {
    found_ = std::move(found);
    found_(at_);
    runtime.scheduler().sleep_until(runtime.clock().now() + 200ms);
    return success();
  }
  void find(const Presence&) override {}

 private:
  const runtime::Endpoint at_;
  Found found_;
};

class Nodes {
 public:
  Nodes(std::size_t count, std::uint64_t seed) : running_(count), clusters(count, "shop"), protocols(count, "MPING"), simulation(seed) {
    for (std::size_t i = 0; i < count; ++i) simulation.add_host({.name = std::string(1, static_cast<char>('a' + i))});
    simulation.trace().set_sink([this](Duration, sim::Step step, std::uint64_t, std::uint64_t, std::string_view text) {
      if (step == sim::Step::log) lines.emplace_back(text);
    });
  }
  sim::SimHost& host(std::size_t i) { return *simulation.hosts()[i]; }
  void start(std::size_t i) {
    running_[i] = nullptr;
    host(i).run([this, i](runtime::Runtime& rt) { life(i, rt); });
  }
  void start_all() {
    for (std::size_t i = 0; i < running_.size(); ++i) start(i);
  }
  bool united(const std::vector<std::size_t>& who) {
    for (const std::size_t i : who) {
      if (!running_[i] || running_[i]->view()->members.size() != who.size() || running_[i]->view()->id != running_[who[0]]->view()->id) return false;
    }
    return true;
  }
  Duration time_until(Duration limit, FunctionRef<bool()> condition) {
    const Duration begin = simulation.now();
    simulation.run_until(condition, limit);
    return simulation.now() - begin;
  }
  std::size_t told(const std::string& text) const {
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
  ClusterNode* node(std::size_t i) { return running_[i]; }

 private:
  void life(std::size_t i, runtime::Runtime& rt) {
    ClusterOptions options;
    options.cluster_name = clusters[i];
    options.membership.self.address.name = host(i).name();
    options.membership.self.host = host(i).address();
    options.membership.self.port = 7800;
    DiscoverySettings settings;
    settings.protocol = protocols[i];
    settings.interface = host(i).address();
    settings.attributes = {{"dns_query", "nodes"}, {"initial_hosts", host(0).address()}};
    DiscoveryAttributes attributes(settings);
    const auto registry = built_in_discoveries(zone);
    if (protocols[i] == "slow") options.discovery = {std::make_shared<SlowDiscovery>(runtime::Endpoint{host(0).address(), 7800})};
    else options.discovery = {std::move((**registry.find(protocols[i]))(settings, attributes)).value()};
    const auto made = make_cluster_node(rt, options);
    running_[i] = made.get();
    ASSERT_TRUE(made->start().ok());
    rt.scheduler().make_event()->wait(kNever);
  }
  std::vector<ClusterNode*> running_;

 public:
  std::vector<std::string> clusters, protocols, lines;
  std::shared_ptr<Zone> zone = std::make_shared<Zone>();
  sim::Simulation simulation;
};

TEST(Multicast, ThreeStartedTogetherAreOneClusterWithinASecondAHundredTimes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Nodes n(3, seed);
    n.simulation.network().options().datagram_loss_ppm = seed % 2 == 0 ? 200'000 : 0;
    n.start_all();
    EXPECT_LE(n.time_until(5s, [&] { return n.united({0, 1, 2}); }), 1s) << seed;
  }
}

TEST(Multicast, LossesDelayButDoNotDivide) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Nodes n(5, seed);
    n.simulation.network().options().datagram_loss_ppm = 700'000;
    n.simulation.network().options().loss_ppm = 20'000;
    n.start_all();
    EXPECT_LE(n.time_until(30s, [&] { return n.united({0, 1, 2, 3, 4}); }), 10s) << seed;
  }
}

TEST(Multicast, NodesThatComeOneAfterTheOtherJoin) {
  Nodes n(4, 3);
  std::vector<std::size_t> up;
  for (std::size_t i = 0; i < 4; ++i) {
    n.start(i);
    up.push_back(i);
    EXPECT_LE(n.time_until(5s, [&] { return n.united(up); }), 1s) << i;
  }
}

TEST(Multicast, ClustersOfDifferentNamesOnOneGroupNeverMix) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Nodes n(6, seed);
    for (std::size_t i = 1; i < 6; i += 2) n.clusters[i] = "other";
    n.start_all();
    EXPECT_LE(n.time_until(5s, [&] { return n.united({0, 2, 4}) && n.united({1, 3, 5}); }), 1s) << seed;
    n.simulation.run_for(5s);
    EXPECT_TRUE(n.united({0, 2, 4}) && n.united({1, 3, 5}));
  }
}

TEST(Multicast, SidesOfASplitFindEachOtherAgain) {
  Nodes n(4, 9);
  n.start_all();
  ASSERT_LE(n.time_until(5s, [&] { return n.united({0, 1, 2, 3}); }), 1s);
  n.simulation.network().partition({{&n.host(0), &n.host(1)}, {&n.host(2), &n.host(3)}});
  ASSERT_LE(n.time_until(9s, [&] { return n.united({0, 1}) && n.united({2, 3}); }), 5s);
  n.simulation.network().heal_all();
  EXPECT_LE(n.time_until(20s, [&] { return n.united({0, 1, 2, 3}); }), 5s);
}

TEST(Multicast, NodesThatHeardOfEachOtherBeforeTheyHadViewsUnite) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Nodes n(3, seed);
    n.simulation.network().cut_both(n.host(1), n.host(2));
    n.start_all();
    EXPECT_LE(n.time_until(9s, [&] { return n.node(2) && !n.node(2)->view()->members.empty(); }), 3s);
    n.simulation.network().heal_all();
    EXPECT_LE(n.time_until(20s, [&] { return n.united({0, 1, 2}); }), 4s) << seed;
  }
}

TEST(Discovery, WhoIsReachedWhileItStillStartsIsTakenForItself) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Nodes n(2, seed);
    n.protocols[0] = "TCPPING";  // itself: the other one finds it
    n.protocols[1] = "slow";
    n.start(0);
    n.time_until(2s, [&] { return n.united({0}); });
    n.start(1);
    EXPECT_LE(n.time_until(5s, [&] { return n.united({0, 1}); }), 2s) << seed;
  }
}

TEST(Names, NodesThatDnsLearnsOfLaterJoin) {
  Nodes n(3, 4);
  std::fill(n.protocols.begin(), n.protocols.end(), "dns.DNS_PING");
  n.zone->addresses = {n.host(0).address(), n.host(1).address()};
  n.start(0);
  n.start(1);
  EXPECT_LE(n.time_until(5s, [&] { return n.united({0, 1}); }), 1s);
  n.zone->addresses.push_back(n.host(2).address());
  n.start(2);
  EXPECT_LE(n.time_until(5s, [&] { return n.united({0, 1, 2}); }), 1s);
  const int asked = n.zone->asked;
  n.simulation.run_for(10s);
  EXPECT_LE(n.zone->asked - asked, 12) << "only the coordinator looks on, once in the records' second";
}

TEST(Names, ANodeThatIsNotInDnsYetIsFoundByThoseThatAre) {
  Nodes n(2, 5);
  std::fill(n.protocols.begin(), n.protocols.end(), "dns.DNS_PING");
  n.start_all();
  n.time_until(3s, [&] { return n.united({0}) && n.united({1}); });
  n.zone->addresses = {n.host(0).address()};
  EXPECT_LE(n.time_until(9s, [&] { return n.united({0, 1}); }), 5s) << "two views of one node unite";
}

/// Talks to everybody who connects as another product would, or not at all.
void run_stranger(sim::SimHost& host, const Bytes& greeting, int& connections) {
  struct Stranger final : runtime::Handler {
    explicit Stranger(Bytes g) : greeting(std::move(g)) {}
    void on_open(runtime::Connection& c) override {
      c.output() += greeting;
      c.flush();
    }
    std::size_t on_data(runtime::Connection&, BytesView input) override { return input.size(); }
    Bytes greeting;
  };
  host.run([&host, greeting, &connections](runtime::Runtime& rt) {
    const auto listener = rt.net().listen({host.address(), 7800}, [greeting, &connections] {
      ++connections;
      return std::make_unique<Stranger>(greeting);
    }, {});
    rt.scheduler().make_event()->wait(kNever);
  });
}

TEST(OtherProducts, WhereANodeIsLookedForAreToldOnceAndLeftInPeace) {
  for (const Bytes& greeting : {Bytes("bela\x05\x03\0\0\0\0\0\0\0\0\0", 15), Bytes("-ERR unknown command\r\n"), Bytes(3000, '\7'), Bytes()}) {
    Nodes n(2, 6);
    int connections = 0;
    run_stranger(n.host(0), greeting, connections);
    n.protocols[1] = "TCPPING";
    n.start(1);
    EXPECT_LE(n.time_until(5s, [&] { return n.united({1}); }), 2s);
    n.simulation.run_for(60s);
    EXPECT_LE(n.told("is no node of ours"), 2U);
    EXPECT_GE(connections, 1);
    EXPECT_LE(connections, 70);
    EXPECT_LE(n.simulation.network().streams(), 2U) << "no connection is left behind";
  }
}

TEST(OtherProducts, ThatTalkToANodeAreTurnedAwayAtOnce) {
  const Bytes bela("bela\x05\x03\0\0\0\0\0\0\0\0\0", 15);
  for (const Bytes& bytes : {bela, Bytes("GET / HTTP/1.1\r\n\r\n"), Bytes("\0\0\0\x40\1\2\3\4\1\xff\xff\xff\xff", 13), Bytes("\0\0\xff\xff" "aaaa\0JGRP", 13)}) {
    Nodes n(2, 8);
    n.start(0);
    n.time_until(5s, [&] { return n.united({0}); });
    int closed = 0;
    struct Rude final : runtime::Handler {
      explicit Rude(int& c) : closed(c) {}
      std::size_t on_data(runtime::Connection&, BytesView input) override { return input.size(); }
      void on_close(runtime::Connection&, Errc) override { ++closed; }
      int& closed;
    };
    n.host(1).run([&](runtime::Runtime& rt) {
      for (int i = 0; i < 20; ++i) {
        const auto connection = rt.net().connect(0, {n.host(0).address(), 7800}, std::make_unique<Rude>(closed), kNever);
        (*connection)->output() = bytes;
        (*connection)->flush();
        rt.scheduler().sleep_until(rt.clock().now() + 10ms);
      }
    });
    n.simulation.run_for(2s);
    EXPECT_EQ(closed, 20);
    EXPECT_EQ(n.told("is no node of ours"), 1U);
    EXPECT_TRUE(n.united({0}));
  }
}

}  // namespace
}  // namespace holdfast::cluster
