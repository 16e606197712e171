// What a cache's and a node's settings mean in a cluster: asynchronous writes, patience, capacity, hints, and what must be the same on all nodes.
#include <gtest/gtest.h>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

Result<::holdfast::Outcome> put(engine::Cache& cache, const std::string& key, const std::string& value, ReturnMode returns = ReturnMode::nothing) {
  Mutation m;
  m.key = key;
  m.value = value;
  m.returns = returns;
  return cache.write({}, m);
}
std::string get(engine::Cache& cache, const std::string& key) {
  std::string value = "nothing";
  const auto found = cache.read({}, key, [&](const EntryView& e) { value = Bytes(e.value); });
  return found.ok() ? value : found.error().message();
}

/// Owners of a key by their numbers, the primary first; and somebody who is none.
struct Places {
  std::size_t primary = 0, backup = 0, other = 0;
};
Places places_of(Grid& g, const std::string& key) {
  Places p;
  g.in_fiber(0, [&](engine::Cache& c) {
    const auto owners = c.owners_of(key);
    p.primary = static_cast<std::size_t>(owners[0].node.name[0] - 'a');
    p.backup = static_cast<std::size_t>(owners[1].node.name[0] - 'a');
  });
  while (p.other == p.primary || p.other == p.backup) ++p.other;
  return p;
}

TEST(AsynchronousCache, AcknowledgesAWriteBeforeItsBackupsHaveIt) {
  for (const CacheMode mode : {CacheMode::distributed, CacheMode::replicated}) {
    GridOptions options;
    options.mode = mode;
    options.asynchronous = true;
    Grid g(options, 11);
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
    const Places at = places_of(g, "k");
    g.host(at.backup).pause();
    const Duration before = g.simulation().now();
    g.in_fiber(at.primary, [](engine::Cache& c) {
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(c, "k", std::to_string(i)).ok());
      EXPECT_EQ(get(c, "k"), "99");
    });
    EXPECT_LT(g.simulation().now() - before, 20ms);
    g.host(at.backup).resume();
    g.simulation().run_for(1s);
    for (const std::size_t i : {at.primary, at.backup}) {
      std::string held;
      g.clustered(i)->local().peek("k", [&](const EntryView& e) { held = Bytes(e.value); });
      EXPECT_EQ(held, "99") << i;
    }
  }
}

TEST(AsynchronousCache, HoldsWritersBackWhenTooMuchIsUnderWay) {
  GridOptions options;
  options.asynchronous = true;
  Grid g(options, 12);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const Places at = places_of(g, "k");
  g.host(at.backup).pause();
  const Duration before = g.simulation().now();
  g.in_fiber(at.primary, [](engine::Cache& c) {
    for (int i = 0; i < 2000; ++i) static_cast<void>(put(c, "k", std::to_string(i)));
  });
  EXPECT_GT(g.simulation().now() - before, 1s) << "until the paused backup is a member no more";
}

TEST(StaggeredReads, AreAnsweredByABackupWhileThePrimaryHangs) {
  Grid g({}, 13);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const Places at = places_of(g, "k");
  g.in_fiber(0, [](engine::Cache& c) { ASSERT_TRUE(put(c, "k", "v").ok()); });
  g.simulation().run_for(20ms);
  g.host(at.primary).pause();
  const Duration before = g.simulation().now();
  g.in_fiber(at.other, [](engine::Cache& c) { EXPECT_EQ(get(c, "k"), "v"); });
  EXPECT_LT(g.simulation().now() - before, 100ms);
  g.host(at.primary).resume();
}

/// What a backup answers while a write that it has is held up at another one, and after how long.
std::pair<std::string, Duration> read_during_a_write(ReadConsistency consistency) {
  GridOptions options;
  options.owners = 3;
  options.adjust = [=](std::size_t, NodeInfo&, CacheConfiguration& c) { c.read_consistency = consistency; };
  Grid g(options, 21);
  std::vector<runtime::Runtime*> runtimes(3);
  g.on_serving([&](std::size_t node, runtime::Runtime& rt) { runtimes[node] = &rt; });
  g.start_all();
  EXPECT_TRUE(g.settle({0, 1, 2}, 10s));
  const Places at = places_of(g, "k");
  const std::size_t third = 3 - at.primary - at.backup;
  g.in_fiber(at.primary, [](engine::Cache& c) { EXPECT_TRUE(put(c, "k", "old").ok()); });
  g.simulation().run_for(20ms);
  g.host(third).pause();
  runtimes[at.primary]->scheduler().spawn(0, [&] { static_cast<void>(put(*g.cache(at.primary), "k", "new")); });
  g.simulation().run_for(20ms);
  std::string seen;
  const Duration before = g.simulation().now();
  g.in_fiber(at.backup, [&](engine::Cache& c) { seen = get(c, "k"); });
  const Duration took = g.simulation().now() - before;
  g.host(third).resume();
  g.simulation().run_for(5s);
  g.in_fiber(at.backup, [&](engine::Cache& c) { EXPECT_EQ(get(c, "k"), "new"); });
  return {seen, took};
}

TEST(ReadConsistency, DecidesWhetherABackupShowsWhatIsUnderWay) {
  const auto linearizable = read_during_a_write(ReadConsistency::linearizable);
  EXPECT_EQ(linearizable.first, "old") << "the primary has not committed it, so nobody may see it";
  const auto regular = read_during_a_write(ReadConsistency::regular);
  EXPECT_EQ(regular.first, "new");
  EXPECT_LT(regular.second, linearizable.second) << "no other node is asked";
}

TEST(RemoteTimeout, EndsAForwardedWriteWithAClearError) {
  GridOptions options;
  options.adjust = [](std::size_t, NodeInfo&, CacheConfiguration& c) { c.remote_timeout_ms = 300; };
  Grid g(options, 14);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const Places at = places_of(g, "k");
  g.host(at.primary).pause();
  const Duration before = g.simulation().now();
  g.in_fiber(at.other, [](engine::Cache& c) {
    const auto done = put(c, "k", "v");
    ASSERT_TRUE(done.failed_with(Errc::timeout));
    EXPECT_NE(done.error().message().find("remote-timeout"), std::string::npos) << done.error().message();
  });
  EXPECT_GE(g.simulation().now() - before, 300ms);
  EXPECT_LT(g.simulation().now() - before, 400ms);
  g.host(at.primary).resume();
}

TEST(UnreliableReturnValues, DoNotTravelButConditionsHold) {
  GridOptions options;
  options.adjust = [](std::size_t, NodeInfo&, CacheConfiguration& c) { c.unreliable_return_values = true; };
  Grid g(options, 15);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const Places at = places_of(g, "k");
  g.in_fiber(at.other, [](engine::Cache& c) {
    ASSERT_TRUE(put(c, "k", "one").ok());
    const auto second = put(c, "k", "two", ReturnMode::previous);
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second->previous);
    EXPECT_TRUE(second->had_previous);
    Mutation m;
    m.key = "k";
    m.value = "three";
    m.precondition = Precondition::if_absent;
    m.returns = ReturnMode::previous;
    const auto third = c.write({}, m);
    ASSERT_TRUE(third.ok());
    EXPECT_EQ(third->kind, OutcomeKind::present);
    EXPECT_EQ(third->previous->value, "two");
  });
}

TEST(Capacity, IsEachNodesOwnAndNoneMeansNoEntries) {
  for (const CacheMode mode : {CacheMode::distributed, CacheMode::replicated}) {
    GridOptions options;
    options.nodes = 4;
    options.segments = 240;
    options.mode = mode;
    options.adjust = [](std::size_t node, NodeInfo& self, CacheConfiguration& c) {
      if (node == 1) c.capacity_factor = 2;
      if (node == 3) self.zero_capacity = true;
    };
    Grid g(options, 16);
    g.start(3);  // alone it serves, but nobody owns anything
    ASSERT_TRUE(g.simulation().run_until([&] { return g.serving(3); }, 10s));
    for (std::size_t i = 0; i < 3; ++i) g.start(i);
    ASSERT_TRUE(g.simulation().run_until([&] { return g.serving(0) && g.serving(1) && g.serving(2) && g.serving(3); }, 10s));
    g.simulation().run_for(2s);
    const auto topology = g.clustered(3)->installed()->topology;
    ASSERT_FALSE(topology.rebalancing());
    std::map<std::string, std::uint32_t> owned;
    const auto counts = topology.current->owned_counts();
    for (std::size_t n = 0; n < counts.size(); ++n) owned[topology.current->members()[n].address.name] = counts[n];
    EXPECT_EQ(owned["d"], 0U);
    if (mode == CacheMode::distributed) {
      EXPECT_EQ(owned["b"], 240U);
      EXPECT_EQ(owned["a"], 120U);
      EXPECT_EQ(owned["c"], 120U);
    }
    g.in_fiber(3, [](engine::Cache& c) {
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(c, "k" + std::to_string(i), "v").ok());
      EXPECT_EQ(get(c, "k7"), "v");
      EXPECT_EQ(c.share().entries, 0U);
      EXPECT_EQ(*c.size({}), 100U);
    });
  }
}

TEST(Hints, PutTheCopiesOfASegmentOnDifferentMachines) {
  GridOptions options;
  options.nodes = 4;
  options.segments = 64;
  options.adjust = [](std::size_t node, NodeInfo& self, CacheConfiguration&) { self.machine = node < 2 ? "first" : "second"; };
  Grid g(options, 17);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2, 3}, 10s));
  const auto topology = g.clustered(0)->installed()->topology;
  for (std::uint32_t s = 0; s < 64; ++s) {
    std::set<std::string> machines;
    for (const NodeIndex n : topology.current->owners(s)) machines.insert(topology.current->members()[n].machine);
    EXPECT_EQ(machines, (std::set<std::string>{"first", "second"})) << s;
  }
}

TEST(Joiner, WhoseCacheDiffersIsRefusedWithEveryDifference) {
  GridOptions options;
  options.adjust = [](std::size_t node, NodeInfo&, CacheConfiguration& c) {
    if (node != 2) return;
    c.owners = 1;
    c.asynchronous = true;
    c.encoding.value_media_type = "text/plain";
  };
  Grid g(options, 18);
  g.start(0);
  g.start(1);
  ASSERT_TRUE(g.settle({0, 1}, 10s));
  g.start(2);
  g.simulation().run_for(5s);
  for (const char* part : {"'c' differs on c", "owners is 2 in the cluster and 1 there", "mode is SYNC in the cluster and ASYNC there", "encoding of values is none in the cluster and text/plain there"}) {
    EXPECT_NE(g.refusal(2).find(part), std::string::npos) << g.refusal(2);
  }
  EXPECT_TRUE(g.serving(0) && g.serving(1) && !g.serving(2));
}

TEST(Attributes, ChangeOnEveryNode) {
  Grid g({}, 19);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  g.in_fiber(1, [](engine::Cache& c) {
    EXPECT_TRUE(c.set_attribute("expiration.lifespan", "5s").ok());
    EXPECT_FALSE(c.set_attribute("segments", "3").ok());
  });
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(g.clustered(i)->configuration().expiration.lifespan_ms, 5000) << i;
}

TEST(StateTransfer, NeedNotBeAwaitedAndKeepsToItsChunks) {
  GridOptions options;
  options.adjust = [](std::size_t node, NodeInfo&, CacheConfiguration& c) {
    c.state_transfer.chunk_size = 1;
    if (node == 2) c.state_transfer.await_initial_transfer = false;
  };
  Grid g(options, 20);
  g.start(0);
  g.start(1);
  ASSERT_TRUE(g.settle({0, 1}, 10s));
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(put(c, "k" + std::to_string(i), "v").ok());
  });
  g.start(2);
  ASSERT_TRUE(g.simulation().run_until([&] { return g.serving(2); }, 10s));
  EXPECT_GT(g.clustered(2)->share().transfer.missing + (g.clustered(2)->installed() ? 0U : 1U), 0U) << "it serves before everything is here";
  g.in_fiber(2, [](engine::Cache& c) { EXPECT_EQ(get(c, "k4711"), "v"); });
  ASSERT_TRUE(g.settle({0, 1, 2}, 60s));
  EXPECT_EQ(g.clustered(2)->share().transfer.missing, 0U);
}

}  // namespace
}  // namespace holdfast::sim
