// Definitions made at run time on simulated machines: what nodes that were away, in whichever way, find when they are back.
#include <gtest/gtest.h>

#include "engine/cache_manager.h"
#include "engine/clustered/cluster_engine.h"
#include "sim/host.h"
#include "sim/simulation.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

CacheConfiguration distributed(int segments = 8, std::int64_t lifespan_ms = -1) {
  CacheConfiguration c;
  c.mode = CacheMode::distributed;
  c.segments = segments;
  c.owners = 2;
  c.expiration.lifespan_ms = lifespan_ms;
  return c;
}

/// "name segments lifespan".
engine::DefinitionFormat plain_format() {
  engine::DefinitionFormat f;
  f.write = [](const engine::Definition& d) {
    return d.name + " " + std::to_string(d.configuration.segments) + " " + std::to_string(d.configuration.expiration.lifespan_ms);
  };
  f.read = [](BytesView text) -> Result<engine::Definition> {
    const auto second = text.rfind(' '), first = text.rfind(' ', second - 1);
    engine::Definition d;
    d.name = Bytes(text.substr(0, first));
    d.configuration = distributed(std::stoi(Bytes(text.substr(first + 1))), std::stoll(Bytes(text.substr(second + 1))));
    return d;
  };
  return f;
}

/// Nodes with a CacheManager each, which keeps its definitions on its disk.
class Worlds {
 public:
  explicit Worlds(std::uint64_t seed, std::size_t count = 3) : simulation_(seed) {
    if (std::getenv("HOLDFAST_SHOW")) {
      simulation_.trace().set_sink([](Duration at, Step what, std::uint64_t a, std::uint64_t, std::string_view text) {
        if (what == Step::log || what == Step::crash || what == Step::start) std::cerr << at.count() / 1000 << " us " << static_cast<int>(what) << ' ' << a << ' ' << text << '\n';
      });
    }
    managers_.resize(count);
    refused_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      HostOptions host;
      host.name = std::string(1, static_cast<char>('a' + i));
      simulation_.add_host(host);
    }
  }
  SimHost& host(std::size_t i) { return *simulation_.hosts()[i]; }
  Simulation& simulation() { return simulation_; }

  void start(std::size_t i) {
    managers_[i] = nullptr;
    refused_[i].clear();
    host(i).run([this, i](runtime::Runtime& rt) {
      engine::CacheManagerOptions options;
      options.configuration.caches["always"] = distributed();
      options.configuration.global_state = {true, "/state"};
      options.definition_format = plain_format();
      options.make_cluster = [this, i](runtime::Runtime& runtime) -> std::shared_ptr<engine::Cluster> {
        engine::clustered::ClusterEngineOptions o;
        o.node.membership.self.address.name = host(i).name();
        o.node.membership.self.host = host(i).address();
        o.node.membership.self.port = 7800;
        std::vector<runtime::Endpoint> hosts;
        for (const auto& h : simulation_.hosts()) hosts.push_back({h->address(), 7800});
        o.node.discovery = {cluster::make_static_discovery(std::move(hosts), 0)};
        return std::make_shared<engine::clustered::ClusterEngine>(runtime, std::move(o));
      };
      const auto manager = engine::make_cache_manager(rt, std::move(options));
      if (const Status started = manager->start(); !started.ok()) {
        refused_[i] = started.error().message();
        return;
      }
      for (const std::string& name : manager->cache_names(false)) EXPECT_TRUE(manager->cache(name).ok()) << name;
      managers_[i] = manager.get();
      while (leaving_ != i) rt.scheduler().sleep_until(rt.clock().now() + 5ms);
      manager->stop();
      managers_[i] = nullptr;
      leaving_ = kNobody;
      host(i).kill();
    });
  }
  void stop(std::size_t i) {
    leaving_ = i;
    ASSERT_TRUE(simulation_.run_until([&] { return !host(i).running(); }, 60s));
    simulation_.run_for(1ms);
  }
  bool settle(const std::vector<std::size_t>& who) {
    return simulation_.run_until([&] { return std::all_of(who.begin(), who.end(), [&](std::size_t i) { return managers_[i] && managers_[i]->cluster()->view()->members.size() == who.size(); }); }, 30s);
  }
  void in_fiber(std::size_t i, std::function<void(engine::CacheManager&)> body) {
    bool done = false;
    host(i).scheduler().spawn(0, [&] {
      body(*managers_[i]);
      done = true;
    });
    ASSERT_TRUE(simulation_.run_until([&] { return done; }, 120s));
  }
  void create(std::size_t i, const std::string& name, const CacheConfiguration& c = distributed()) {
    in_fiber(i, [&](engine::CacheManager& m) {
      const auto made = m.create(name, c, {});
      ASSERT_TRUE(made.ok()) << made.error().message();
    });
  }
  void remove(std::size_t i, const std::string& name) {
    in_fiber(i, [&](engine::CacheManager& m) { ASSERT_TRUE(m.remove(name).ok()); });
  }
  void put(std::size_t i, const std::string& cache, const std::string& key) {
    in_fiber(i, [&](engine::CacheManager& m) {
      Mutation put;
      put.key = key;
      put.value = "v";
      const auto found = m.cache(cache);
      ASSERT_TRUE(found.ok());
      const auto done = (*found)->write({}, put);
      ASSERT_TRUE(done.ok()) << done.error().message();
    });
  }
  std::uint64_t size(std::size_t i, const std::string& cache) {
    std::uint64_t size = ~std::uint64_t{0};
    in_fiber(i, [&](engine::CacheManager& m) {
      if (const auto found = m.cache(cache); found.ok()) size = (*found)->size({}).ok() ? *(*found)->size({}) : size;
    });
    return size;
  }
  Names names(std::size_t i) { return managers_[i] ? managers_[i]->cache_names(false) : Names(); }
  engine::CacheManager& manager(std::size_t i) { return *managers_[i]; }
  const std::string& refused(std::size_t i) { return refused_[i]; }
  bool all_have(const Names& wanted, Duration limit = 10s) {
    return simulation_.run_until([&] {
      for (std::size_t i = 0; i < managers_.size(); ++i) {
        if (host(i).running() && names(i) != wanted) return false;
      }
      return true;
    }, limit);
  }

 private:
  std::vector<engine::CacheManager*> managers_;
  std::vector<std::string> refused_;
  static constexpr std::size_t kNobody = ~std::size_t{0};
  std::size_t leaving_ = kNobody;
  Simulation simulation_;
};

class Definitions : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  Worlds w{GetParam()};
  void SetUp() override {
    for (std::size_t i = 0; i < 3; ++i) w.start(i);
    ASSERT_TRUE(w.settle({0, 1, 2}));
    w.create(0, "old");
  }
  void split() {
    w.simulation().network().partition({{&w.host(0), &w.host(1)}, {&w.host(2)}});
    const auto size = [&](std::size_t i) { return w.manager(i).cluster()->view()->members.size(); };
    ASSERT_TRUE(w.simulation().run_until([&] { return size(0) == 2 && size(1) == 2 && size(2) == 1; }, 30s));
  }
  /// Behind the back of the third node.
  void change() {
    ASSERT_TRUE(w.settle({0, 1}));
    w.create(1, "new");
    w.remove(1, "old");
  }
};

TEST(RebalanceSwitches, OutliveAStopOfTheWholeCluster) {
  Worlds w(9);
  const auto enabled = [&](std::size_t i, const std::string& cache) { return w.manager(i).cluster()->rebalancing_enabled(cache); };
  for (std::size_t i = 0; i < 3; ++i) w.start(i);
  ASSERT_TRUE(w.settle({0, 1, 2}));
  w.in_fiber(1, [](engine::CacheManager& m) { ASSERT_TRUE(m.cluster()->set_rebalancing("always", false, kNever).ok()); });
  for (std::size_t i = 0; i < 3; ++i) w.stop(i);
  for (const std::size_t i : {std::size_t{2}, std::size_t{0}, std::size_t{1}}) w.start(i);
  ASSERT_TRUE(w.settle({0, 1, 2}));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(enabled(i, "always")) << i;
    EXPECT_TRUE(enabled(i, "another")) << i;
  }
  w.in_fiber(2, [](engine::CacheManager& m) { ASSERT_TRUE(m.cluster()->set_rebalancing("always", true, kNever).ok()); });
  for (std::size_t i = 0; i < 3; ++i) w.host(i).kill();
  for (std::size_t i = 0; i < 3; ++i) w.start(i);
  ASSERT_TRUE(w.settle({0, 1, 2}));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(enabled(i, "always")) << i;
}

std::uint64_t seeds() {
  const char* wanted = std::getenv("HOLDFAST_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 4;
}
INSTANTIATE_TEST_SUITE_P(Seeds, Definitions, ::testing::Range<std::uint64_t>(1, seeds() + 1));

TEST_P(Definitions, ANodeThatWasStoppedFindsWhatWasMadeAndRemovedMeanwhile) {
  w.stop(2);
  change();
  w.start(2);
  ASSERT_TRUE(w.settle({0, 1, 2}));
  EXPECT_TRUE(w.all_have({"always", "new"})) << ::testing::PrintToString(w.names(2));
  w.put(2, "new", "k");
}

TEST_P(Definitions, ANodeThatWasPausedFindsWhatWasMadeAndRemovedMeanwhile) {
  w.host(2).pause();
  change();
  w.put(0, "always", "k");
  w.host(2).resume();
  ASSERT_TRUE(w.settle({0, 1, 2}));
  EXPECT_TRUE(w.all_have({"always", "new"})) << ::testing::PrintToString(w.names(2));
  w.put(2, "new", "k");
  EXPECT_EQ(w.size(2, "always"), 1U);
}

TEST_P(Definitions, WhatWasRemovedAndMadeAnewIsTheNewOneOnANodeThatWasAway) {
  w.put(2, "old", "k");
  w.host(2).pause();
  ASSERT_TRUE(w.settle({0, 1}));
  w.remove(0, "old");
  w.create(0, "old", distributed(20));
  w.put(0, "old", "other");
  w.host(2).resume();
  ASSERT_TRUE(w.settle({0, 1, 2}));
  w.simulation().run_for(5s);
  EXPECT_EQ(w.manager(2).cache_configuration("old")->segments, 20);
  EXPECT_EQ(w.size(2, "old"), 1U);
}

TEST_P(Definitions, WhatOnlyOneNodeKeepsIsThereForAllAgain) {
  w.stop(2);
  w.create(0, "new");
  w.stop(1);
  w.stop(0);
  w.start(2);  // knows nothing of it
  ASSERT_TRUE(w.settle({2}));
  w.start(0);
  w.start(1);
  ASSERT_TRUE(w.settle({0, 1, 2}));
  EXPECT_TRUE(w.all_have({"always", "new", "old"})) << ::testing::PrintToString(w.names(2));
}

TEST_P(Definitions, WhatWasRemovedStaysSoWhenTheWholeClusterWasStopped) {
  w.stop(2);
  w.remove(0, "old");
  w.stop(1);
  w.stop(0);
  w.start(2);  // brings it back, knowing no better
  ASSERT_TRUE(w.settle({2}));
  EXPECT_EQ(w.names(2), (Names{"always", "old"}));
  w.start(0);
  ASSERT_TRUE(w.settle({0, 2}));
  EXPECT_TRUE(w.all_have({"always"})) << ::testing::PrintToString(w.names(2));
}

TEST_P(Definitions, TheSidesOfASplitHaveTheUnionAfterwards) {
  split();
  w.create(0, "left");
  w.create(2, "right");
  w.put(2, "right", "k");
  w.create(0, "both", distributed(8));
  w.create(2, "both", distributed(20));
  w.put(2, "both", "k");
  w.put(0, "both", "other");
  w.remove(0, "old");
  w.simulation().network().heal_all();
  ASSERT_TRUE(w.settle({0, 1, 2}));
  EXPECT_TRUE(w.all_have({"always", "both", "left", "right"}, 30s)) << ::testing::PrintToString(w.names(2));
  w.simulation().run_for(10s);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(w.manager(i).cache_configuration("both")->segments, 8) << i;
    EXPECT_EQ(w.size(i, "both"), 2U) << i;
    EXPECT_EQ(w.size(i, "right"), 1U) << i;
  }
}

TEST_P(Definitions, ACreationOutlivesTheCoordinatorThatCarriesItOut) {
  bool answered = false;
  w.host(1).scheduler().spawn(0, [&] {
    const auto made = w.manager(1).create("new", distributed(), {});
    EXPECT_TRUE(made.ok()) << made.error().message();
    answered = true;
  });
  w.simulation().run_for(std::chrono::microseconds(200 * GetParam()));
  w.host(0).kill();
  ASSERT_TRUE(w.simulation().run_until([&] { return answered; }, 60s));
  EXPECT_TRUE(w.all_have({"always", "new", "old"})) << ::testing::PrintToString(w.names(2));
}

TEST_P(Definitions, ANodeThatKeepsAnotherCacheOfTheNameIsRefusedWithTheDifference) {
  split();
  w.create(0, "both", distributed(8));
  w.create(2, "both", distributed(20));
  w.stop(2);
  w.simulation().network().heal_all();
  w.start(2);
  ASSERT_TRUE(w.simulation().run_until([&] { return !w.refused(2).empty(); }, 30s));
  w.simulation().run_for(1s);  // it goes
  EXPECT_NE(w.refused(2).find("'both'"), std::string::npos) << w.refused(2);
  EXPECT_NE(w.refused(2).find("segments"), std::string::npos) << w.refused(2);
}

}  // namespace
}  // namespace holdfast::sim
