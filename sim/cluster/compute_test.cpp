// Computations on keys that everybody changes.
#include <gtest/gtest.h>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

/// What it was made of; nothing when it failed.
std::optional<int> increment(engine::Cache& cache, const std::string& key) {
  const auto next = [](const EntryView* present) {
    Applied applied;
    applied.kind = Applied::Kind::put;
    applied.value = applied.result = std::to_string(present ? std::stoi(Bytes(present->value)) + 1 : 1);
    return applied;
  };
  const ApplyFunction function = next;
  Mutation m;
  m.key = key;
  m.effect = Effect::apply;
  m.function = &function;
  const auto done = cache.write({}, m);
  return done.ok() ? std::optional(std::stoi(done->result)) : std::nullopt;
}

TEST(Compute, ADistantNodeComesToItsTurnOnAKeyThatOthersChangeWithoutPause) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Grid g({}, seed);
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
    const auto topo = g.clustered(0)->installed();
    const Address primary = topo->primary_of(g.cache(0)->segment("hot"));
    std::size_t far = 0;  // a node that is not the primary, and slower than everybody else
    while (g.engine(far)->self() == primary) ++far;
    for (std::size_t other = 0; other < 3; ++other) {
      if (other == far) continue;
      g.simulation().network().link(g.host(far), g.host(other)).extra_delay = 15ms;
      g.simulation().network().link(g.host(other), g.host(far)).extra_delay = 15ms;
    }
    bool working = true;
    std::set<int> results;
    std::size_t made = 0, failed = 0, ended = 0;
    const auto count = [&](std::optional<int> result) {
      if (!result) return static_cast<void>(++failed);
      ++made;
      results.insert(*result);
    };
    for (std::size_t i = 0; i < 3; ++i) {
      for (int n = 0; i != far && n < 4; ++n) {
        g.host(i).scheduler().spawn(0, [&, i] {
          while (working) count(increment(*g.cache(i), "hot"));
          ++ended;
        });
      }
    }
    g.simulation().run_for(1s);
    const std::size_t before = made;
    const Duration began = g.simulation().now();
    Duration longest{};
    g.in_fiber(far, [&](engine::Cache& c) {
      for (int n = 0; n < 10; ++n) {
        const Duration from = g.simulation().now();
        count(increment(c, "hot"));
        longest = std::max(longest, g.simulation().now() - from);
      }
    });
    EXPECT_LT(longest, 1s);
    EXPECT_GT(made - before, 100U) << "in " << (g.simulation().now() - began).count() << " ns: the others go on";
    working = false;
    ASSERT_TRUE(g.simulation().run_until([&] { return ended == 8; }, 10s));
    EXPECT_EQ(failed, 0U);
    EXPECT_EQ(results.size(), made) << "an increment was lost";
    EXPECT_EQ(*results.rbegin(), static_cast<int>(made));
  }
}

TEST(Compute, AKeyIsFreeAgainWhenWhoReservedItDies) {
  Grid g({}, 4);
  g.start_all();
  ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  const Address primary = g.clustered(0)->installed()->primary_of(g.cache(0)->segment("hot"));
  const std::size_t dies = g.engine(0)->self() == primary ? 1 : 0;
  const std::size_t stays = g.engine(2)->self() == primary ? (dies == 0 ? 1 : 0) : 2;
  for (int n = 0; n < 4; ++n) {
    g.host(dies).scheduler().spawn(0, [&] {
      while (increment(*g.cache(dies), "hot")) {}
    });
    g.host(stays).scheduler().spawn(0, [&] {
      for (int i = 0; i < 200; ++i) increment(*g.cache(stays), "hot");
    });
  }
  g.simulation().run_for(20ms);
  g.host(dies).kill();
  const Duration began = g.simulation().now();
  g.in_fiber(stays, [](engine::Cache& c) { EXPECT_TRUE(increment(c, "hot")); });
  EXPECT_LT(g.simulation().now() - began, 2s);
}

}  // namespace
}  // namespace holdfast::sim
