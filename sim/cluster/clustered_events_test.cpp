// Listeners, expiration, statistics and clear in a cluster of simulated machines: the same meaning as on one node.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "sim/cluster/grid.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

void put(engine::Cache& cache, const std::string& key, const std::string& value, TimeMs lifespan_ms = kImmortal, TimeMs max_idle_ms = kImmortal) {
  Mutation m;
  m.key = key;
  m.value = value;
  m.lifespan_ms = lifespan_ms;
  m.max_idle_ms = max_idle_ms;
  ASSERT_TRUE(cache.write({}, m).ok());
}
void remove(engine::Cache& cache, const std::string& key) {
  Mutation m;
  m.key = key;
  m.effect = Effect::remove;
  ASSERT_TRUE(cache.write({}, m).ok());
}
bool has(engine::Cache& cache, const std::string& key) {
  const auto found = cache.read({}, key, [](const EntryView&) {});
  EXPECT_TRUE(found.ok());
  return found.ok() && *found;
}
std::string name_of(EventKind kind) {
  switch (kind) {
    case EventKind::created: return "created";
    case EventKind::modified: return "modified";
    case EventKind::removed: return "removed";
    case EventKind::expired: return "expired";
    default: return "other";
  }
}

/// What a listener heard, by key.
struct Heard {
  std::map<std::string, std::vector<std::string>> of;
  std::size_t retried = 0;
  engine::ListenerSpec spec() {
    engine::ListenerSpec s;
    s.deliver = [this](const engine::Event& e) {
      retried += e.retried ? 1 : 0;
      std::string text = (e.pre ? "pre " : "") + name_of(e.kind) + ' ' + Bytes(e.value);
      if (e.previous) text += " was " + e.previous->value;
      of[Bytes(e.key)].push_back((e.current_state ? "state " : "") + text);
    };
    return s;
  }
};
using Lines = std::vector<std::string>;

struct Three : ::testing::Test {
  GridOptions options() {
    GridOptions o;
    o.statistics = true;
    return o;
  }
  Grid g{options(), 11};
  void SetUp() override {
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2}, 10s));
  }
};
using ClusteredListeners = Three;
using ClusteredExpiration = Three;
using ClusteredStatistics = Three;

TEST_F(ClusteredListeners, HearEveryChangeOnceInOrderWhereverItIsMade) {
  Heard heard;
  g.in_fiber(2, [&](engine::Cache& c) {
    auto spec = heard.spec();
    spec.pre = true;
    c.add_listener(spec);
  });
  for (std::size_t node = 0; node < 3; ++node) {
    g.in_fiber(node, [&](engine::Cache& c) {
      for (int i = 0; i < 20; ++i) {
        const std::string key = std::to_string(node) + '-' + std::to_string(i);
        put(c, key, "one");
        put(c, key, "two");
        remove(c, key);
        remove(c, key);
        const Lines wanted = {"pre created one", "created one", "pre modified two was one", "modified two was one", "pre removed two was two", "removed two was two"};
        EXPECT_EQ(heard.of[key], wanted) << key;
      }
    });
  }
  EXPECT_EQ(heard.of.size(), 60U);
  EXPECT_EQ(heard.retried, 0U);
}

TEST_F(ClusteredListeners, AreShownWhatIsThereOnEveryNode) {
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 100; ++i) put(c, "k" + std::to_string(i), "v");
  });
  Heard heard;
  engine::ListenerId id = 0;
  g.in_fiber(1, [&](engine::Cache& c) {
    auto spec = heard.spec();
    spec.include_current_state = true;
    id = c.add_listener(spec);
  });
  EXPECT_EQ(heard.of.size(), 100U);
  for (const auto& [key, lines] : heard.of) EXPECT_EQ(lines, Lines{"state created v"}) << key;
  g.in_fiber(1, [&](engine::Cache& c) { EXPECT_TRUE(c.remove_listener(id)); });
  g.in_fiber(0, [](engine::Cache& c) { put(c, "later", "v"); });
  EXPECT_EQ(heard.of.size(), 100U);
}

TEST_F(ClusteredListeners, HearOfAClearOnceForEachKey) {
  Heard heard;
  g.in_fiber(1, [&](engine::Cache& c) { c.add_listener(heard.spec()); });
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 50; ++i) put(c, "k" + std::to_string(i), "v");
    ASSERT_TRUE(c.clear({}).ok());
  });
  for (std::size_t node = 0; node < 3; ++node) g.in_fiber(node, [](engine::Cache& c) { EXPECT_EQ(*c.size({}), 0U); });
  EXPECT_EQ(heard.of.size(), 50U);
  for (const auto& [key, lines] : heard.of) EXPECT_EQ(lines, (Lines{"created v", "removed v was v"})) << key;
}

/// The values of a key's events never go back but where an event says that it is told again, and the last one is the last write.
TEST(ClusteredListenersInTrouble, MissNothingWhenNodesCrashAndJoin) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    GridOptions options;
    options.nodes = 4;
    Grid g(options, seed);
    g.start_all();
    ASSERT_TRUE(g.settle({0, 1, 2, 3}, 20s));
    std::map<std::string, std::vector<int>> heard;
    std::string wrong;
    g.in_fiber(0, [&](engine::Cache& c) {
      engine::ListenerSpec spec;
      spec.deliver = [&](const engine::Event& e) {
        const int value = std::stoi(Bytes(e.value));
        auto& of = heard[Bytes(e.key)];
        if (!of.empty() && value <= of.back() && !e.retried) wrong = "key " + Bytes(e.key) + " goes back";
        of.push_back(value);
      };
      c.add_listener(spec);
    });
    std::map<std::string, std::vector<int>> written;
    bool done = false;
    g.host(0).scheduler().spawn(0, [&] {
      for (int i = 1; i <= 600; ++i) {
        const std::string key = "k" + std::to_string(i % 10);
        Mutation m;
        const std::string value = std::to_string(i);
        m.key = key;
        m.value = value;
        if (g.cache(0)->write({}, m).ok()) written[key].push_back(i);
        g.host(0).scheduler().sleep_until(g.host(0).clock().now() + 5ms);
      }
      done = true;
    });
    Prng choose(seed * 17);
    for (int fault = 0; fault < 3; ++fault) {
      g.simulation().run_for(choose.between(Duration(50ms), Duration(500ms)));
      const std::size_t victim = 1 + choose.below(3);
      g.host(victim).kill();
      g.simulation().run_for(choose.between(Duration(1ms), Duration(500ms)));
      g.start(victim);
      ASSERT_TRUE(g.settle({0, 1, 2, 3}, 30s)) << seed;
    }
    ASSERT_TRUE(g.simulation().run_until([&] { return done; }, 60s));
    g.simulation().run_for(1s);
    EXPECT_EQ(wrong, "") << seed;
    for (const auto& [key, values] : written) {
      const std::set<int> of(heard[key].begin(), heard[key].end());
      for (const int v : values) EXPECT_TRUE(of.contains(v)) << "seed " << seed << " key " << key << " value " << v;
    }
  }
}

TEST_F(ClusteredExpiration, IsToldOnceAndSeenEverywhere) {
  Heard heard;
  g.in_fiber(1, [&](engine::Cache& c) { c.add_listener(heard.spec()); });
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 50; ++i) put(c, "k" + std::to_string(i), "v", 500);
  });
  g.simulation().run_for(501ms);
  for (std::size_t node = 0; node < 3; ++node) {
    g.in_fiber(node, [](engine::Cache& c) {
      for (int i = 0; i < 25; ++i) EXPECT_FALSE(has(c, "k" + std::to_string(i)));
    });
  }
  g.simulation().run_for(10s);
  EXPECT_EQ(heard.of.size(), 50U);
  for (const auto& [key, lines] : heard.of) EXPECT_EQ(lines, (Lines{"created v", "expired v was v"})) << key;
  for (std::size_t node = 0; node < 3; ++node) g.in_fiber(node, [](engine::Cache& c) { EXPECT_EQ(c.statistics().entries, 0); });
}

TEST_F(ClusteredExpiration, AnIdleEntryEndsEverywhereAndAUsedOneLives) {
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 20; ++i) put(c, "k" + std::to_string(i), "v", kImmortal, 1000);
  });
  for (int round = 0; round < 12; ++round) {
    g.simulation().run_for(400ms);
    g.in_fiber(static_cast<std::size_t>(round) % 3, [](engine::Cache& c) {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(has(c, "k" + std::to_string(i))) << i;
    });
  }
  // The owners know of the uses when their primary is gone.
  g.host(2).kill();
  ASSERT_TRUE(g.settle({0, 1}, 10s));
  std::int64_t lived = 0;
  g.in_fiber(0, [&](engine::Cache& c) {
    for (int i = 10; i < 20; ++i) EXPECT_FALSE(has(c, "k" + std::to_string(i))) << i;
    for (int i = 0; i < 10; ++i) lived += has(c, "k" + std::to_string(i)) ? 1 : 0;
  });
  EXPECT_EQ(lived, 10);
  g.simulation().run_for(5s);
  for (std::size_t node = 0; node < 2; ++node) g.in_fiber(node, [](engine::Cache& c) { EXPECT_EQ(c.statistics().entries, 0); });
}

TEST_F(ClusteredStatistics, CountOnTheNodeThatWasAskedAndAddUp) {
  g.in_fiber(0, [](engine::Cache& c) {
    for (int i = 0; i < 30; ++i) put(c, "k" + std::to_string(i), "v");
    remove(c, "k0");
    remove(c, "k0");
  });
  g.in_fiber(1, [](engine::Cache& c) {
    for (int i = 0; i < 40; ++i) static_cast<void>(has(c, "k" + std::to_string(i)));
  });
  std::int64_t entries = 0;
  for (std::size_t node = 0; node < 3; ++node) {
    g.in_fiber(node, [&](engine::Cache& c) {
      const auto s = c.statistics();
      EXPECT_EQ(s.stores, node == 0 ? 30 : 0);
      EXPECT_EQ(s.remove_hits, node == 0 ? 1 : 0);
      EXPECT_EQ(s.remove_misses, node == 0 ? 1 : 0);
      EXPECT_EQ(s.hits, node == 1 ? 29 : 0);
      EXPECT_EQ(s.misses, node == 1 ? 11 : 0);
      entries += s.entries;
    });
  }
  EXPECT_EQ(entries, 2 * 29);
  g.in_fiber(2, [](engine::Cache& c) {
    const auto s = c.cluster_statistics({});
    ASSERT_TRUE(s.ok());
    EXPECT_EQ(s->stores, 30);
    EXPECT_EQ(s->hits, 29);
    EXPECT_EQ(s->misses, 11);
    EXPECT_EQ(s->remove_hits, 1);
    EXPECT_EQ(s->entries, 2 * 29);
  });
}

}  // namespace
}  // namespace holdfast::sim
