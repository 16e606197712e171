// Clustered caches on simulated machines: the contract of design/consistency.md for synchronous caches.
#include <gtest/gtest.h>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

void put(engine::Cache& cache, const std::string& key, const std::string& value) {
  Mutation m;
  m.key = key;
  m.value = value;
  const auto done = cache.write({}, m);
  ASSERT_TRUE(done.ok()) << done.error().message();
}
std::string get(engine::Cache& cache, const std::string& key) {
  std::string value = "nothing";
  const auto found = cache.read({}, key, [&](const EntryView& e) { value = Bytes(e.value); });
  return found.ok() ? value : found.error().message();
}

TEST(ClusteredCache, WhatOneNodeWritesEveryNodeReads) {
  for (const CacheMode mode : {CacheMode::distributed, CacheMode::replicated}) {
    GridOptions options;
    options.mode = mode;
    Grid g(options, 1);
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
    g.in_fiber(0, [](engine::Cache& c) {
      for (int i = 0; i < 200; ++i) put(c, "k" + std::to_string(i), "v" + std::to_string(i));
    });
    for (std::size_t node = 0; node < 3; ++node) {
      g.in_fiber(node, [](engine::Cache& c) {
        for (int i = 0; i < 200; ++i) EXPECT_EQ(get(c, "k" + std::to_string(i)), "v" + std::to_string(i));
        EXPECT_EQ(*c.size({}), 200U);
        std::set<std::string> keys;
        ASSERT_TRUE(c.for_each({}, {}, [&](const EntryView& e) { return keys.emplace(e.key).second; }).ok());
        EXPECT_EQ(keys.size(), 200U);
      });
    }
    g.in_fiber(1, [](engine::Cache& c) { ASSERT_TRUE(c.clear({}).ok()); });
    g.in_fiber(2, [](engine::Cache& c) { EXPECT_EQ(*c.size({}), 0U); });
  }
}

/// The connections of the node that clears break, so that it does not hear which segments are done and asks again.
TEST(ClusteredCache, AClearThatIsTriedAgainLeavesWhatWasWrittenAfterIt) {
  std::size_t written = 0;
  for (int moment = 0; moment < 40; ++moment) {
    Grid g({}, 50 + static_cast<std::uint64_t>(moment));
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
    g.in_fiber(0, [](engine::Cache& c) {
      for (int i = 0; i < 50; ++i) put(c, "k" + std::to_string(i), "before");
    });
    bool cleared = false;
    std::set<std::string> after;
    g.host(2).scheduler().spawn(0, [&] {
      EXPECT_TRUE(g.cache(2)->clear({}).ok());
      cleared = true;
    });
    g.host(0).scheduler().spawn(0, [&] {
      for (int i = 0; i < 50; i = (i + 1) % 50) {
        const std::string key = "k" + std::to_string(i);
        if (cleared) return;
        if (after.contains(key) || get(*g.cache(0), key) != "nothing") continue;
        put(*g.cache(0), key, "after");
        after.insert(key);
      }
    });
    g.simulation().after(Duration(20us) * moment, [&] {
      for (const std::size_t other : {std::size_t{0}, std::size_t{1}}) g.simulation().network().reset_streams(g.host(2), g.host(other));
    });
    ASSERT_TRUE(g.simulation().run_until([&] { return cleared; }, 20s)) << moment;
    g.simulation().run_for(1s);
    for (const std::string& key : after) g.in_fiber(1, [&](engine::Cache& c) { EXPECT_EQ(get(c, key), "after") << key << " at " << moment; });
    written += after.size();
  }
  EXPECT_GT(written, 100U);
}

TEST(ClusteredCache, AJoinerGetsItsShareAndALeaverHandsItsOver) {
  GridOptions options;
  options.nodes = 4;
  Grid g(options, 2);
  for (std::size_t i = 0; i < 3; ++i) g.start(i);
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 2000; ++i) put(c, "k" + std::to_string(i), "v" + std::to_string(i));
  });
  g.start(3);
  ASSERT_TRUE(g.settle({0, 1, 2, 3}, 10s));
  for (const std::size_t gone : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    g.leave(gone);
    std::vector<std::size_t> rest;
    for (std::size_t i = gone + 1; i < 4; ++i) rest.push_back(i);
    ASSERT_TRUE(g.settle(rest, 20s)) << gone;
  }
  g.in_fiber(3, [](engine::Cache& c) {
    for (int i = 0; i < 2000; ++i) EXPECT_EQ(get(c, "k" + std::to_string(i)), "v" + std::to_string(i));
  });
}

/// A topology in which these own everything; `pending`: which a rebalance leads to those.
CacheTopology owned_by(const CacheTopology& last, Grid& g, const std::vector<std::size_t>& owners, const std::vector<std::size_t>& pending) {
  const auto table = [&](const std::vector<std::size_t>& who) {
    std::vector<HashMember> members(who.size());
    ConsistentHash::Owners all;
    for (std::size_t i = 0; i < who.size(); ++i) {
      members[i].address = g.engine(who[i])->self();
      all.push_back(static_cast<NodeIndex>(i));
    }
    return std::make_shared<const ConsistentHash>(members, std::vector<ConsistentHash::Owners>(last.current->segments(), all));
  };
  CacheTopology next = last;
  ++next.id;
  next.current = table(owners);
  next.pending = pending.empty() ? nullptr : table(pending);
  next.phase = pending.empty() ? RebalancePhase::none : RebalancePhase::read_old_write_all;
  next.rebalance_id += !pending.empty();
  return next;
}

TEST(ClusteredCache, ANodeThatMissedThatItWasNoOwnerForAWhileFetchesEverythingAgain) {
  GridOptions options;
  options.simulation.network.delay_max = 1ms;
  Grid g(options, 4);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const auto install = [&](const std::vector<std::size_t>& on, const CacheTopology& t) {
    for (const std::size_t i : on) {
      g.in_fiber(i, [&](engine::Cache&) { g.clustered(i)->install(t); });
    }
    g.simulation().run_for(1s);
  };
  CacheTopology t = owned_by(g.clustered(0)->installed()->topology, g, {0, 1, 2}, {});
  install({0, 1, 2}, t);
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 200; ++i) put(c, "k" + std::to_string(i), "old");
  });
  g.simulation().run_for(1s);
  t = owned_by(t, g, {0, 2}, {});
  install({0, 2}, t);  // node 1 handed everything over, and nobody tells it more
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 100; ++i) put(c, "k" + std::to_string(i), "new");
    Mutation m;
    m.key = "k150";
    m.effect = Effect::remove;
    ASSERT_TRUE(c.write({}, m).ok());
  });
  t = owned_by(t, g, {0, 2}, {1, 0});
  install({0, 1, 2}, t);
  t.id += 1;
  t.phase = RebalancePhase::read_all_write_all;
  install({0, 1, 2}, t);
  g.in_fiber(1, [&](engine::Cache&) {
    engine::LocalCache& here = g.clustered(1)->local();
    for (int i = 0; i < 200; ++i) EXPECT_EQ(get(here, "k" + std::to_string(i)), i < 100 ? "new" : i == 150 ? "nothing" : "old") << i;
  });
}

TEST(ClusteredCache, ConditionalWritesMeanTheSameFromAnyNode) {
  Grid g({}, 3);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  for (std::size_t node = 0; node < 3; ++node) {
    g.in_fiber(node, [&](engine::Cache& c) {
      const std::string key = "k" + std::to_string(node);
      Mutation m;
      m.key = key;
      m.value = "one";
      m.returns = ReturnMode::previous;
      m.precondition = Precondition::if_absent;
      EXPECT_TRUE(c.write({}, m)->done());
      const auto again = c.write({}, m);
      EXPECT_EQ(again->kind, OutcomeKind::present);
      EXPECT_EQ(again->previous->value, "one");
      m.precondition = Precondition::if_version;
      m.expected_version = again->version;
      m.value = "two";
      const auto replaced = c.write({}, m);
      EXPECT_TRUE(replaced->done());
      EXPECT_EQ(replaced->previous->value, "one");
      EXPECT_EQ(c.write({}, m)->kind, OutcomeKind::mismatch);
      m.effect = Effect::remove;
      m.precondition = Precondition::always;
      EXPECT_EQ(c.write({}, m)->previous->value, "two");
      EXPECT_EQ(get(c, key), "nothing");
    });
  }
}

}  // namespace
}  // namespace holdfast::sim
