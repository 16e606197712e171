// Real nodes (cluster/node.h) on simulated machines: they find each other, call each other, die, hang, are cut off.
#include "cluster/node.h"

#include <gtest/gtest.h>

#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::cluster {
namespace {

using namespace std::chrono_literals;
constexpr Method kEcho = 1, kSlow = 2, kRefuse = 3;

class Cluster {
 public:
  Cluster(std::size_t nodes, std::uint64_t seed) : running_(nodes), simulation_(seed) {
    for (std::size_t i = 0; i < nodes; ++i) {
      sim::HostOptions options;
      options.name = std::string(1, static_cast<char>('a' + i));
      simulation_.add_host(options);
    }
  }
  void start(std::size_t i) {
    running_[i] = nullptr;
    host(i).run([this, i](runtime::Runtime& rt) { life(i, rt); });
  }
  void start_all() {
    for (std::size_t i = 0; i < running_.size(); ++i) start(i);
  }
  sim::SimHost& host(std::size_t i) { return *simulation_.hosts()[i]; }
  sim::Simulation& simulation() { return simulation_; }
  ClusterNode* node(std::size_t i) { return host(i).running() ? running_[i] : nullptr; }
  /// Do these share a view of exactly themselves?
  bool united(const std::vector<std::size_t>& who) {
    for (const std::size_t i : who) {
      if (!node(i) || node(i)->view()->members.size() != who.size() || node(i)->view()->id != node(who[0])->view()->id) return false;
    }
    return true;
  }
  Duration time_until(Duration limit, FunctionRef<bool()> condition) {
    const Duration begin = simulation_.now();
    simulation_.run_until(condition, limit);
    return simulation_.now() - begin;
  }
  /// Runs in a fiber of the host and waits for its end.
  void in_fiber(std::size_t i, std::function<void()> body) {
    bool done = false;
    host(i).scheduler().spawn(0, [&] {
      body();
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, 60s));
  }
  int exclusions = 0;

 private:
  void life(std::size_t i, runtime::Runtime& rt) {
    ClusterOptions options;
    options.membership.self.address.name = host(i).name();
    options.membership.self.host = host(i).address();
    options.membership.self.port = 7800;
    std::vector<runtime::Endpoint> hosts;
    for (const auto& h : simulation_.hosts()) hosts.push_back({h->address(), 7800});
    options.discovery = {make_static_discovery(std::move(hosts), 0)};
    const auto made = make_cluster_node(rt, options);
    made->handle(kEcho, [](const Address& from, BytesView body) -> Result<Bytes> { return from.name + ":" + Bytes(body); });
    made->handle(kSlow, [&rt](const Address&, BytesView) -> Result<Bytes> {
      rt.scheduler().sleep_until(rt.clock().now() + 100ms);
      return Bytes("late");
    });
    made->handle(kRefuse, [](const Address&, BytesView) -> Result<Bytes> { return Error(Errc::stale_topology, "not any more"); });
    made->listen_to_exclusion([this] { ++exclusions; });
    running_[i] = made.get();
    ASSERT_TRUE(made->start().ok());
    rt.scheduler().make_event()->wait(kNever);
  }

  std::vector<ClusterNode*> running_;
  sim::Simulation simulation_;
};

TEST(ClusterNode, ThreeStartedTogetherAreOneClusterWithinASecondAHundredTimes) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Cluster c(3, seed);
    c.start_all();
    EXPECT_LE(c.time_until(5s, [&] { return c.united({0, 1, 2}); }), 1s) << seed;
  }
}

TEST(ClusterNode, CallsAreAnsweredRefusedAndTimedOut) {
  Cluster c(2, 1);
  c.start_all();
  c.time_until(5s, [&] { return c.united({0, 1}); });
  const Address b = c.node(1)->self();
  c.in_fiber(0, [&] {
    ClusterNode& a = *c.node(0);
    const Instant soon = c.host(0).clock().now() + 50ms;
    EXPECT_EQ(*a.call(b, kEcho, "hi", kNever), "a:hi");
    EXPECT_EQ(*a.call(b, kEcho, Bytes(3'000'000, 'x'), kNever), "a:" + Bytes(3'000'000, 'x'));
    EXPECT_EQ(a.call(b, kRefuse, "", kNever).code(), Errc::stale_topology);
    EXPECT_EQ(a.call(b, 77, "", kNever).code(), Errc::not_supported);
    EXPECT_EQ(a.call(b, kSlow, "", soon).code(), Errc::timeout);
    EXPECT_EQ(a.call({"nobody", 1}, kEcho, "", kNever).code(), Errc::node_suspected);
    EXPECT_EQ(*a.call(b, kSlow, "", kNever), "late");
  });
}

TEST(ClusterNode, ACallThatBeginsWhileTheConnectionIsBrokenHasAnEndSoon) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Cluster c(2, seed);
    c.start_all();
    c.time_until(5s, [&] { return c.united({0, 1}); });
    const Address b = c.node(1)->self();
    for (int i = 0; i < 10; ++i) {
      c.simulation().network().reset_streams(c.host(0), c.host(1));
      c.simulation().run_for(std::chrono::microseconds(100 * i));
      const Duration begin = c.simulation().now();
      c.in_fiber(0, [&] { static_cast<void>(c.node(0)->call(b, kEcho, "hi", kNever)); });
      EXPECT_LE(c.simulation().now() - begin, 1s) << seed;
      c.simulation().run_for(100ms);
    }
  }
}

TEST(ClusterNode, ACrashFailsCallsAtOnceAndTheViewWithin300Milliseconds) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Cluster c(3, seed);
    c.start_all();
    c.time_until(5s, [&] { return c.united({0, 1, 2}); });
    const std::size_t victim = seed % 3, other = (victim + 1) % 3, third = (victim + 2) % 3;
    Errc answered = Errc::ok;
    bool done = false;
    c.host(other).scheduler().spawn(1, [&] {
      answered = c.node(other)->call(c.node(victim)->self(), kSlow, "", kNever).code();
      done = true;
    });
    c.simulation().run_for(20ms);
    c.host(victim).kill();
    EXPECT_LE(c.time_until(5s, [&] { return c.united({other, third}); }), 300ms) << seed;
    EXPECT_TRUE(done);
    EXPECT_EQ(answered, Errc::node_suspected);
    EXPECT_TRUE(c.node(other)->has_lease());
    c.start(victim);
    EXPECT_LE(c.time_until(5s, [&] { return c.united({0, 1, 2}); }), 1s) << seed;
  }
}

TEST(ClusterNode, APausedNodeLosesItsLeaseAndBeginsAgain) {
  Cluster c(3, 5);
  c.start_all();
  c.time_until(5s, [&] { return c.united({0, 1, 2}); });
  const Address before = c.node(1)->self();
  c.host(1).pause();
  EXPECT_LE(c.time_until(8s, [&] { return c.united({0, 2}); }), 4s);
  c.host(1).resume();
  EXPECT_FALSE(c.node(1)->has_lease()) << "it must not answer by what it knew";
  EXPECT_LE(c.time_until(8s, [&] { return c.united({0, 1, 2}); }), 2s);
  EXPECT_EQ(c.exclusions, 1);
  EXPECT_LT(before, c.node(1)->self());
}

TEST(ClusterNode, SidesOfASplitGoOnAndUniteAgain) {
  Cluster c(4, 6);
  c.start_all();
  c.time_until(5s, [&] { return c.united({0, 1, 2, 3}); });
  c.simulation().network().partition({{&c.host(0), &c.host(1)}, {&c.host(2), &c.host(3)}});
  EXPECT_LE(c.time_until(9s, [&] { return c.united({0, 1}) && c.united({2, 3}); }), 5s);
  c.simulation().network().heal_all();
  EXPECT_LE(c.time_until(20s, [&] { return c.united({0, 1, 2, 3}); }), 5s);
}

TEST(ClusterNode, WhoLeavesIsGoneAtOnceAndTheOthersKeepTheirLease) {
  Cluster c(3, 7);
  c.start_all();
  c.time_until(5s, [&] { return c.united({0, 1, 2}); });
  c.host(0).scheduler().spawn(0, [&] { c.node(0)->leave(c.host(0).clock().now() + 5s); });
  EXPECT_LE(c.time_until(5s, [&] { return c.united({1, 2}); }), 400ms);
  c.simulation().run_for(1s);
  EXPECT_TRUE(c.node(1)->has_lease());
}

TEST(ClusterNode, ClustersOfOtherNamesAndOtherProductsAreTurnedAway) {
  Cluster c(2, 8);
  c.start(0);
  c.time_until(5s, [&] { return c.united({0}); });
  struct Rude final : runtime::Handler {
    std::size_t on_data(runtime::Connection&, BytesView input) override { return input.size(); }
    void on_close(runtime::Connection&, Errc) override { *closed = true; }
    bool* closed = nullptr;
  };
  bool closed = false;
  c.host(1).run([&](runtime::Runtime& rt) {
    auto rude = std::make_unique<Rude>();
    rude->closed = &closed;
    const auto connection = rt.net().connect(0, {c.host(0).address(), 7800}, std::move(rude), kNever);
    (*connection)->output() = "*1\r\n$4\r\nPING\r\n";
    (*connection)->flush();
    rt.scheduler().sleep_until(rt.clock().now() + 1s);
  });
  c.simulation().run_for(500ms);
  EXPECT_TRUE(closed);
  EXPECT_TRUE(c.united({0}));
}

/// The members that somebody's view ever had less than all, over the body.
template <class Body>
void expect_nobody_suspected(std::size_t nodes, std::uint64_t seed, Body body) {
  Cluster c(nodes, seed);
  c.start_all();
  std::vector<std::size_t> all(nodes);
  for (std::size_t i = 0; i < nodes; ++i) all[i] = i;
  c.time_until(5s, [&] { return c.united(all); });
  const ViewId before = c.node(0)->view()->id;
  body(c);
  c.simulation().run_for(10s);
  EXPECT_TRUE(c.united(all)) << nodes << " nodes, seed " << seed;
  EXPECT_EQ(c.node(0)->view()->id, before) << nodes << " nodes, seed " << seed;
  EXPECT_EQ(c.exclusions, 0);
}

TEST(Suspicion, ANodeThatStumblesHoldsItsOwnPausesAgainstNobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    expect_nobody_suspected(2 + seed % 3, seed, [seed](Cluster& c) {
      for (int i = 0; i < 15; ++i) {
        sim::SimHost& sick = c.host(seed % 2);
        sick.pause();
        c.simulation().run_for(Duration(c.simulation().prng().between(100ms, 2500ms)));
        sick.resume();
        c.simulation().run_for(Duration(c.simulation().prng().between(5ms, 150ms)));
      }
    });
  }
}

TEST(Suspicion, ASlowNodeSuspectsNobody) {
  for (const std::uint32_t slowness : {100U, 1000U, 3000U}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      expect_nobody_suspected(2 + seed % 3, seed, [seed, slowness](Cluster& c) {
        c.host(seed % 2).set_slowness(slowness);
        c.simulation().run_for(30s);
        c.host(seed % 2).set_slowness(1);
      });
    }
  }
}

TEST(Suspicion, ALossyNetworkRemovesNobody) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    expect_nobody_suspected(4, seed, [](Cluster& c) {
      c.simulation().network().options().loss_ppm = 100'000;
      c.simulation().run_for(30s);
      c.simulation().network().options().loss_ppm = 0;
    });
  }
}

/// The others still hear it, and say so by not following.
TEST(Suspicion, WhoIsDeafTakesNobodyAlong) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Cluster c(4, seed);
    c.start_all();
    c.time_until(5s, [&] { return c.united({0, 1, 2, 3}); });
    for (std::size_t i = 1; i < 4; ++i) c.simulation().network().cut(c.host(i), c.host(0));
    c.simulation().run_for(15s);
    EXPECT_TRUE(c.united({1, 2, 3})) << seed;
    c.simulation().network().heal_all();
    EXPECT_LE(c.time_until(30s, [&] { return c.united({0, 1, 2, 3}); }), 10s) << seed;
  }
}

TEST(ClusterNode, TheSameSeedTellsTheSameStory) {
  const auto story = [](std::uint64_t seed) {
    Cluster c(3, seed);
    c.start_all();
    c.simulation().run_for(2s);
    c.host(1).kill();
    c.simulation().run_for(2s);
    return c.simulation().trace().hash();
  };
  EXPECT_EQ(story(3), story(3));
  EXPECT_NE(story(3), story(4));
}

}  // namespace
}  // namespace holdfast::cluster
