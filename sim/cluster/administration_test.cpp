// What operators switch and ask of a cluster: rebalancing on and off, who holds what, memory.
#include <gtest/gtest.h>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

void fill(engine::Cache& cache, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(i), value(100, 'v');
    Mutation m;
    m.key = key;
    m.value = value;
    ASSERT_TRUE(cache.write({}, m).ok());
  }
}

engine::NodeShare share_of(engine::Cache& cache, const std::string& node) {
  const auto shares = cache.distribution({});
  for (const engine::NodeShare& s : shares.ok() ? *shares : std::vector<engine::NodeShare>()) {
    if (s.node.name == node) return s;
  }
  ADD_FAILURE() << node << " has no share";
  return {};
}

/// Is it switched so on every one of these nodes?
bool everywhere(Grid& g, const std::vector<std::size_t>& nodes, bool enabled) {
  for (const std::size_t i : nodes) {
    if (g.engine(i)->rebalancing_enabled("c") != enabled) return false;
  }
  return true;
}

void switch_rebalancing(Grid& g, std::size_t through, const std::string& cache, bool enabled) {
  g.in_fiber(through, [&](engine::Cache&) {
    const Status done = g.engine(through)->set_rebalancing(cache, enabled, kNever);
    EXPECT_TRUE(done.ok()) << done.error().message();
  });
}

TEST(RebalanceSwitches, HoldDataBackForTheWholeClusterUntilTheyAreOnAgain) {
  for (const std::string cache : {"", "c"}) {
    GridOptions options;
    options.nodes = 4;
    options.segments = 64;
    Grid g(options, 5);
    for (std::size_t i = 0; i < 3; ++i) g.start(i);
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
    g.in_fiber(0, [](engine::Cache& c) { fill(c, 1000); });
    switch_rebalancing(g, 1, cache, false);
    EXPECT_TRUE(everywhere(g, {0, 1, 2}, false));

    // Whoever joins gets nothing, and knows why.
    g.start(3);
    ASSERT_TRUE(g.simulation().run_until([&] { return g.serving(3); }, 10s));
    g.simulation().run_for(1s);
    EXPECT_TRUE(everywhere(g, {0, 1, 2, 3}, false));
    g.in_fiber(3, [](engine::Cache& c) {
      EXPECT_EQ(share_of(c, "d").entries, 0U);
      EXPECT_EQ(*c.size({}), 1000U);
    });

    // The next coordinator keeps to it.
    g.host(0).kill();
    g.simulation().run_for(2s);
    EXPECT_TRUE(everywhere(g, {1, 2, 3}, false));
    g.in_fiber(1, [](engine::Cache& c) { EXPECT_EQ(share_of(c, "d").entries, 0U); });

    switch_rebalancing(g, 3, cache, true);
    ASSERT_TRUE(g.settle({1, 2, 3}, 10s));
    EXPECT_TRUE(everywhere(g, {1, 2, 3}, true));
    g.in_fiber(1, [](engine::Cache& c) {
      const engine::NodeShare d = share_of(c, "d");
      EXPECT_GT(d.entries, 500U);
      EXPECT_EQ(d.transfer.missing, 0U);
      EXPECT_GT(d.transfer.segments, 30U);
      EXPECT_GE(d.transfer.entries, d.entries);
      EXPECT_GT(d.transfer.bytes, 100 * d.transfer.entries);
      std::uint64_t copies = 0;
      for (const std::string node : {"b", "c", "d"}) copies += share_of(c, node).entries;
      EXPECT_EQ(copies, 2000U);
    });
  }
}

TEST(Attributes, ThatWereChangedAreTakenByWhoJoinsLater) {
  GridOptions options;
  options.nodes = 4;
  Grid g(options, 8);
  for (std::size_t i = 0; i < 3; ++i) g.start(i);
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  g.in_fiber(1, [](engine::Cache& c) {
    ASSERT_TRUE(c.set_attribute("expiration.lifespan", "5000").ok());
    ASSERT_TRUE(c.set_attribute("expiration.lifespan", "7000").ok());
  });
  g.host(0).kill();  // the coordinator that saw it
  ASSERT_TRUE(g.settle({1, 2}, 10s));
  g.start(3);
  ASSERT_TRUE(g.settle({1, 2, 3}, 10s));
  EXPECT_EQ(g.cache(3)->configuration().expiration.lifespan_ms, 7000);
  g.in_fiber(3, [](engine::Cache& c) { ASSERT_TRUE(c.set_attribute("expiration.lifespan", "9000").ok()); });
  EXPECT_EQ(g.cache(1)->configuration().expiration.lifespan_ms, 9000);
}

TEST(Owners, AreToldForAnyKeyThePrimaryFirst) {
  Grid g({}, 6);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  std::vector<std::vector<std::string>> told(3);
  for (std::size_t i = 0; i < 3; ++i) {
    g.in_fiber(i, [&](engine::Cache& c) {
      for (int k = 0; k < 50; ++k) {
        const auto owners = c.owners_of("k" + std::to_string(k));
        ASSERT_EQ(owners.size(), 2U);
        EXPECT_TRUE(owners[0].primary && !owners[1].primary);
        for (const engine::KeyOwner& o : owners) told[i].push_back(o.node.name);
      }
    });
  }
  EXPECT_EQ(told[0], told[1]);
  EXPECT_EQ(told[0], told[2]);
}

TEST(Memory, IsToldByEveryMember) {
  Grid g({}, 7);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  g.in_fiber(2, [&](engine::Cache&) {
    std::set<std::string> nodes;
    for (const engine::NodeMemory& m : g.engine(2)->memory(kNever)) nodes.insert(m.node.name);
    EXPECT_EQ(nodes, (std::set<std::string>{"a", "b", "c"}));
  });
}

}  // namespace
}  // namespace holdfast::sim
