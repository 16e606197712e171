// Clustered caches on simulated machines: the contract of design/consistency.md for synchronous caches.
#include <gtest/gtest.h>

#include "sim/checkers/linearizable.h"
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

/// Faults at random while clients work on few keys; what they saw must be a register's behaviour, and everything must
/// settle again.
struct Story {
  std::size_t operations = 0, unknown = 0, faults = 0;
  LinearizableReport report;
};
Story tell(std::uint64_t seed, const GridOptions& options) {
  Grid g(options, seed);
  Prng choose(seed * 31 + 7);
  if (std::getenv("HOLDFAST_SHOW")) {
    g.simulation().trace().set_sink([](Duration at, Step what, std::uint64_t a, std::uint64_t b, std::string_view text) {
      if (what == Step::log || what == Step::crash || what == Step::start || what == Step::pause || what == Step::resume) {
        std::cerr << at.count() / 1000 << " us " << static_cast<int>(what) << ' ' << a << ' ' << b << ' ' << text << '\n';
      }
    });
  }
  g.start_all();
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < options.nodes; ++i) all.push_back(i);
  EXPECT_TRUE(g.settle(all, 20s)) << seed;
  g.work(true);
  Story story;
  for (int fault = 0; fault < 4; ++fault) {
    g.simulation().run_for(choose.between(Duration(100ms), Duration(1500ms)));
    const std::size_t victim = choose.below(options.nodes);
    const std::uint64_t what = choose.below(4);
    ++story.faults;
    if (std::getenv("HOLDFAST_SHOW")) std::cerr << g.simulation().now().count() / 1000 << " us fault " << what << " at " << victim << '\n';
    switch (what) {
      case 0:
        g.host(victim).kill();
        g.simulation().run_for(choose.between(Duration(1ms), Duration(800ms)));
        g.start(victim);
        break;
      case 1:
        g.host(victim).pause();
        g.simulation().run_for(choose.between(Duration(50ms), Duration(6s)));
        g.host(victim).resume();
        break;
      case 2:
        g.leave(victim);
        g.simulation().run_until([&] { return !g.host(victim).running(); }, 30s);
        g.simulation().run_for(1ms);
        g.start(victim);
        break;
      default: g.simulation().network().reset_streams(g.host(victim), g.host((victim + 1) % options.nodes)); break;
    }
    EXPECT_TRUE(g.settle(all, 30s)) << "seed " << seed << " after fault " << fault;
  }
  g.simulation().run_for(1s);
  g.work(false);
  g.simulation().run_for(20s);
  g.work(true);
  g.simulation().run_for(500ms);
  g.work(false);
  g.simulation().run_for(1s);
  story.operations = g.history().size();
  story.unknown = g.count(Outcome::unknown);
  story.report = check_linearizable(g.history());
  if (std::getenv("HOLDFAST_SHOW")) {
    std::set<std::uint32_t> bad;
    for (const Violation& v : story.report.violations) bad.insert(v.key);
    for (const Observation& o : g.history()) {
      if (!bad.contains(o.key)) continue;
      std::cerr << "key " << o.key << " client " << o.client << (o.kind == Observation::Kind::write ? " write " : " read ") << o.value << " from "
                << o.invoked.count() / 1000 << " to " << o.returned.count() / 1000 << " outcome " << static_cast<int>(o.outcome) << '\n';
    }
  }
  return story;
}

TEST(ClusteredCache, IsLinearizableThroughCrashesPausesLeavesAndBrokenConnections) {
  const char* wanted = std::getenv("HOLDFAST_SEEDS");
  const std::uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : 20;
  const char* from = std::getenv("HOLDFAST_SEED");
  std::size_t operations = 0, unknown = 0;
  for (std::uint64_t seed = from ? std::strtoull(from, nullptr, 10) : 1; seed <= seeds; ++seed) {
    GridOptions options;
    options.nodes = 3 + seed % 3;
    options.owners = 2 + static_cast<int>(seed % 2);
    const Story story = tell(seed, options);
    for (const Violation& v : story.report.violations) ADD_FAILURE() << "seed " << seed << ": key " << v.key << ": " << v.text;
    operations += story.operations;
    unknown += story.unknown;
    if (::testing::Test::HasFailure()) break;
  }
  std::cout << operations << " operations, " << unknown << " of unknown outcome\n";
  EXPECT_GT(operations, 100U * (from ? 1 : seeds));
  EXPECT_LT(unknown * 20, operations);
}

}  // namespace
}  // namespace holdfast::sim
