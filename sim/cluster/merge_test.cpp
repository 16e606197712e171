// What becomes of removals when a split is healed: G4 of design/consistency.md.
#include <gtest/gtest.h>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

class Merge : public ::testing::Test {
 protected:
  explicit Merge(std::size_t nodes = 5, std::uint32_t segments = 16) : grid_(options(nodes, segments), 11) {}
  static GridOptions options(std::size_t nodes, std::uint32_t segments) {
    GridOptions o;
    o.nodes = nodes;
    o.segments = segments;
    o.mode = CacheMode::replicated;  // so that both sides have everything
    return o;
  }
  void begin() {
    grid_.start_all();
    ASSERT_TRUE(grid_.settle(grid_.everybody(), 10s));
  }
  void split() {
    grid_.simulation().network().partition({{&grid_.host(0), &grid_.host(1)}, {&grid_.host(2), &grid_.host(3), &grid_.host(4)}});
    ASSERT_TRUE(grid_.settle({0, 1}, 20s));
    ASSERT_TRUE(grid_.settle({2, 3, 4}, 20s));
  }
  void leave(std::size_t node, const std::vector<std::size_t>& rest) {
    grid_.leave(node);
    ASSERT_TRUE(grid_.simulation().run_until([&] { return !grid_.host(node).running(); }, 20s));
    grid_.simulation().run_for(1ms);
    ASSERT_TRUE(grid_.settle(rest, 20s));
  }
  void heal() {
    grid_.simulation().network().heal_all();
    ASSERT_TRUE(grid_.settle(grid_.everybody(), 20s));
    grid_.simulation().run_for(5s);
  }
  static void write(engine::Cache& cache, const std::string& key, Effect effect, const std::string& value = "") {
    Mutation m;
    m.key = key;
    m.effect = effect;
    m.value = value;
    const auto done = cache.write({}, m);
    ASSERT_TRUE(done.ok()) << done.error().message();
  }
  void put(std::size_t node, const std::string& key, const std::string& value) {
    grid_.in_fiber(node, [&](engine::Cache& c) { write(c, key, Effect::put, value); });
  }
  void remove(std::size_t node, const std::string& key) {
    grid_.in_fiber(node, [&](engine::Cache& c) { write(c, key, Effect::remove); });
  }
  /// On every node; "" = absent.
  void expect_everywhere(const std::string& key, const std::string& value) {
    for (const std::size_t node : grid_.everybody()) {
      grid_.in_fiber(node, [&](engine::Cache& c) {
        std::string found;
        ASSERT_TRUE(c.read({}, key, [&](const EntryView& e) { found = Bytes(e.value); }).ok());
        EXPECT_EQ(found, value) << key << " on node " << node;
      });
    }
  }
  std::size_t remembered(std::size_t node) const { return grid_.clustered(node)->remembered_removals(); }

  Grid grid_;
};

TEST_F(Merge, WhatEitherSideRemovedStaysRemoved) {
  begin();
  for (const char* key : {"small", "large", "both", "rewritten", "kept"}) put(0, key, "before");
  split();
  remove(0, "small");
  remove(3, "large");
  remove(1, "both");
  remove(2, "both");
  remove(2, "rewritten");
  grid_.simulation().run_for(10ms);
  put(0, "rewritten", "later");
  heal();
  expect_everywhere("small", "");
  expect_everywhere("large", "");
  expect_everywhere("both", "");
  expect_everywhere("rewritten", "later");
  expect_everywhere("kept", "before");
}

TEST_F(Merge, ARemovalLaterThanTheOtherSidesWriteWins) {
  begin();
  put(0, "k", "before");
  put(0, "l", "before");
  split();
  put(0, "k", "small side");
  put(3, "l", "large side");
  grid_.simulation().run_for(10ms);
  remove(3, "k");
  remove(1, "l");
  heal();
  expect_everywhere("k", "");
  expect_everywhere("l", "");
}

TEST_F(Merge, RemovalsReachWhoJoinsTheirSideLater) {
  begin();
  put(0, "k", "before");
  split();
  remove(2, "k");
  leave(2, {3, 4});  // whoever was primary of it may be gone
  grid_.start(2);
  ASSERT_TRUE(grid_.settle({2, 3, 4}, 20s));
  leave(3, {2, 4});
  leave(4, {2});
  EXPECT_EQ(remembered(2), 1U);
  for (const std::size_t node : {std::size_t{3}, std::size_t{4}}) grid_.start(node);
  ASSERT_TRUE(grid_.settle({2, 3, 4}, 20s));
  heal();
  expect_everywhere("k", "");
}

TEST_F(Merge, RemovalsAreRememberedWhileSomebodyIsMissingAndAWhileLongerOnly) {
  begin();
  const auto remove_some = [&](const std::string& prefix) {
    grid_.in_fiber(3, [&](engine::Cache& c) {
      for (int i = 0; i < 100; ++i) write(c, prefix + std::to_string(i), Effect::put, "v");
      for (int i = 0; i < 100; ++i) write(c, prefix + std::to_string(i), Effect::remove);
    });
    grid_.simulation().run_for(100ms);
  };
  remove_some("whole");
  EXPECT_EQ(remembered(3), 0U);
  split();
  remove_some("split");
  EXPECT_EQ(remembered(3), 100U);
  grid_.in_fiber(3, [&](engine::Cache& c) { write(c, "split7", Effect::put, "again"); });
  grid_.simulation().run_for(100ms);
  EXPECT_EQ(remembered(3), 99U);
  heal();
  EXPECT_GE(remembered(3), 99U);
  grid_.simulation().run_for(70s);
  for (const std::size_t node : grid_.everybody()) EXPECT_EQ(remembered(node), 0U) << node;
}

TEST_F(Merge, WhoLeavesInOrderIsNotMissing) {
  begin();
  leave(0, {1, 2, 3, 4});
  put(3, "k", "v");
  remove(3, "k");
  grid_.simulation().run_for(100ms);
  EXPECT_EQ(remembered(3), 0U);
  grid_.host(1).kill();
  ASSERT_TRUE(grid_.settle({2, 3, 4}, 20s));
  put(3, "k", "v");
  remove(3, "k");
  grid_.simulation().run_for(100ms);
  EXPECT_EQ(remembered(3), 1U);
}

TEST_F(Merge, AnEntryThatIsPutBackLivesNoLonger) {
  begin();
  split();
  grid_.in_fiber(0, [&](engine::Cache& c) {
    Mutation m;
    m.key = "mortal";
    m.value = "v";
    m.lifespan_ms = 20000;
    ASSERT_TRUE(c.write({}, m).ok());
  });
  heal();
  expect_everywhere("mortal", "v");
  grid_.simulation().run_for(16s);
  expect_everywhere("mortal", "");
}

}  // namespace
}  // namespace holdfast::sim
