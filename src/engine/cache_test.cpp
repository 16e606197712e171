#include "engine/cache.h"

#include <gtest/gtest.h>

#include "engine/local_cache.h"
#include "sim/test_world.h"

namespace holdfast::engine {
namespace {

using sim::TestWorld;

class CacheTest : public testing::Test {
 protected:
  std::shared_ptr<LocalCache> make(const CacheConfiguration& configuration = {}) {
    auto cache = std::make_shared<LocalCache>(world, "test", configuration, true);
    cache->start();
    return cache;
  }
  static Outcome put(Cache& cache, BytesView key, BytesView value, Expiration expiration = {}) {
    Mutation m;
    m.key = key;
    m.value = value;
    m.returns = ReturnMode::previous;
    m.lifespan_ms = expiration.lifespan_ms;
    m.max_idle_ms = expiration.max_idle_ms;
    return cache.write({}, m).value();
  }
  static Outcome remove(Cache& cache, BytesView key) {
    Mutation m;
    m.key = key;
    m.effect = Effect::remove;
    m.returns = ReturnMode::previous;
    return cache.write({}, m).value();
  }
  static Outcome apply(Cache& cache, BytesView key, FunctionRef<Applied(const EntryView*)> f) {
    const ApplyFunction function = f;
    Mutation m;
    m.key = key;
    m.effect = Effect::apply;
    m.function = &function;
    return cache.write({}, m).value();
  }
  static std::optional<Bytes> get(Cache& cache, BytesView key) {
    std::optional<Bytes> value;
    cache.read({}, key, [&](const EntryView& e) { value = Bytes(e.value); }).value();
    return value;
  }
  /// "created k=v", "modified k=v was u", ...; "pre " and "state " stand first.
  ListenerSpec recording(std::vector<std::string>& into) {
    ListenerSpec spec;
    spec.kinds = ~0U & ~bit(EventKind::visited);
    spec.deliver = [&into](const Event& e) {
      static constexpr const char* kNames[] = {"created", "modified", "removed", "expired", "evicted", "invalidated", "visited"};
      into.push_back(std::string(e.pre ? "pre " : "") + (e.current_state ? "state " : "") + kNames[static_cast<int>(e.kind)] + " " +
                     std::string(e.key) + "=" + std::string(e.value) + (e.previous ? " was " + e.previous->value : ""));
    };
    return spec;
  }

  TestWorld world;
};

TEST_F(CacheTest, ReturnsThePreviousValueOfAPut) {
  const auto cache = make();
  EXPECT_FALSE(put(*cache, "k", "1").previous);
  const Outcome second = put(*cache, "k", "2");
  ASSERT_TRUE(second.previous);
  EXPECT_EQ(second.previous->value, "1");
  EXPECT_LT(second.previous->metadata.version, second.version);
  EXPECT_EQ(get(*cache, "k"), "2");
}

TEST_F(CacheTest, CopiesNoPreviousValueWhenNobodyAsks) {
  const auto cache = make();
  put(*cache, "k", "1");
  Mutation m;
  m.key = "k";
  m.value = "2";
  const Outcome o = cache->write({}, m).value();
  EXPECT_TRUE(o.had_previous);
  EXPECT_FALSE(o.previous);
}

TEST_F(CacheTest, TakesTheCachesLifespanUnlessTheWriteNamesOne) {
  CacheConfiguration c;
  c.expiration.lifespan_ms = 1000;
  const auto cache = make(c);
  Mutation m;
  m.key = "default";
  cache->write({}, m).value();
  put(*cache, "never", "v");
  world.advance(1000);
  EXPECT_FALSE(get(*cache, "default"));
  EXPECT_TRUE(get(*cache, "never"));
}

TEST_F(CacheTest, AReadKeepsAnEntryWithMaxIdleAlive) {
  const auto cache = make();
  put(*cache, "k", "v", {kImmortal, 100});
  for (int i = 0; i < 5; ++i) {
    world.advance(60);
    EXPECT_TRUE(get(*cache, "k")) << i;
  }
  world.advance(100);
  EXPECT_FALSE(get(*cache, "k"));
}

TEST_F(CacheTest, ReportsAnExpiryOnceWhoeverMeetsItFirst) {
  CacheConfiguration c;
  c.expiration.interval_ms = -1;
  const auto cache = make(c);
  std::vector<std::string> events;
  put(*cache, "a", "1", {10, kImmortal});
  put(*cache, "b", "1", {10, kImmortal});
  put(*cache, "c", "1", {10, kImmortal});
  cache->add_listener(recording(events));
  world.advance(10);
  EXPECT_FALSE(get(*cache, "a"));
  EXPECT_FALSE(get(*cache, "a"));
  put(*cache, "b", "2");
  cache->process_expiration();
  cache->process_expiration();
  EXPECT_EQ(events, (std::vector<std::string>{"expired a=1 was 1", "expired b=1 was 1", "created b=2", "expired c=1 was 1"}));
}

TEST_F(CacheTest, TheReaperRemovesWhatIsOverAndCostsNoTimerWithoutLimits) {
  const auto cache = make();
  put(*cache, "immortal", "v");
  world.run();
  EXPECT_EQ(world.timers_pending(), 0);
  put(*cache, "k", "v", {5000, kImmortal});
  world.advance(4000);
  EXPECT_EQ(cache->size({}).value(), 2U);
  world.advance(1300);
  EXPECT_EQ(cache->statistics().entries, 1);
  const int fired = world.timers_fired();
  world.advance(600'000);
  EXPECT_LE(world.timers_fired() - fired, 10);
}

TEST_F(CacheTest, TheReaperHearsOfASoonerEntry) {
  const auto cache = make();
  put(*cache, "late", "v", {50'000, kImmortal});
  world.run();
  put(*cache, "soon", "v", {1000, kImmortal});
  world.advance(1300);
  EXPECT_EQ(cache->statistics().entries, 1);
}

TEST_F(CacheTest, WithoutAnIntervalNothingIsReapedUntilAsked) {
  CacheConfiguration c;
  c.expiration.interval_ms = -1;
  const auto cache = make(c);
  put(*cache, "k", "v", {10, kImmortal});
  world.advance(1'000'000);
  EXPECT_EQ(cache->statistics().entries, 1);
  EXPECT_EQ(cache->size({}).value(), 0U);
  cache->process_expiration();
  EXPECT_EQ(cache->statistics().entries, 0);
}

TEST_F(CacheTest, TellsOfEveryKindOfChangeBeforeAndAfter) {
  const auto cache = make();
  std::vector<std::string> events;
  ListenerSpec spec = recording(events);
  spec.pre = true;
  cache->add_listener(spec);
  put(*cache, "k", "1");
  put(*cache, "k", "2");
  remove(*cache, "k");
  remove(*cache, "k");
  EXPECT_EQ(events, (std::vector<std::string>{"pre created k=1", "created k=1", "pre modified k=2 was 1", "modified k=2 was 1",
                                              "pre removed k=2 was 2", "removed k=2 was 2"}));
}

TEST_F(CacheTest, AFilterHidesEvents) {
  const auto cache = make();
  std::vector<std::string> events;
  ListenerSpec spec = recording(events);
  spec.filter = [](const Event& e) { return e.key == "b"; };
  cache->add_listener(spec);
  put(*cache, "a", "1");
  put(*cache, "b", "1");
  EXPECT_EQ(events, (std::vector<std::string>{"created b=1"}));
}

TEST_F(CacheTest, ReplaysTheCurrentStateToAListenerThatAsks) {
  const auto cache = make();
  put(*cache, "a", "1");
  std::vector<std::string> events;
  ListenerSpec spec = recording(events);
  spec.include_current_state = true;
  cache->add_listener(spec);
  put(*cache, "a", "2");
  EXPECT_EQ(events, (std::vector<std::string>{"state created a=1", "modified a=2 was 1"}));
}

TEST_F(CacheTest, AnAsynchronousListenerHearsInOrderLater) {
  const auto cache = make();
  std::vector<std::string> events;
  ListenerSpec spec = recording(events);
  spec.asynchronous = true;
  cache->add_listener(spec);
  put(*cache, "k", "1");
  put(*cache, "k", "2");
  EXPECT_TRUE(events.empty());
  world.run();
  EXPECT_EQ(events, (std::vector<std::string>{"created k=1", "modified k=2 was 1"}));
}

TEST_F(CacheTest, ARemovedListenerHearsNothingAndMayRemoveItself) {
  const auto cache = make();
  int heard = 0;
  ListenerId id = 0;
  ListenerSpec spec;
  spec.deliver = [&](const Event&) {
    ++heard;
    EXPECT_TRUE(cache->remove_listener(id));
  };
  id = cache->add_listener(spec);
  put(*cache, "a", "1");
  put(*cache, "b", "1");
  EXPECT_EQ(heard, 1);
  EXPECT_FALSE(cache->remove_listener(id));
}

TEST_F(CacheTest, AListenerMayWriteAnotherKey) {
  const auto cache = make();
  ListenerSpec spec;
  spec.deliver = [&](const Event& e) {
    if (e.key.size() < 40) put(*cache, std::string(e.key) + "+", "v");
  };
  cache->add_listener(spec);
  put(*cache, "k", "1");
  EXPECT_EQ(cache->size({}).value(), 40U);
}

TEST_F(CacheTest, TheBoundEvictsAndTells) {
  CacheConfiguration c;
  c.memory.max_count = 3;
  const auto cache = make(c);
  std::vector<std::string> events;
  ListenerSpec spec = recording(events);
  spec.kinds = bit(EventKind::evicted);
  cache->add_listener(spec);
  for (const char* key : {"a", "b", "c", "d", "e"}) put(*cache, key, "v");
  EXPECT_EQ(events.size(), 2U);
  EXPECT_EQ(cache->statistics().evictions, 2);
  EXPECT_EQ(cache->size({}).value(), 3U);
}

TEST_F(CacheTest, EvictForgetsAnEntry) {
  const auto cache = make();
  std::vector<std::string> events;
  cache->add_listener(recording(events));
  put(*cache, "k", "1");
  Mutation m;
  m.key = "k";
  m.effect = Effect::evict;
  EXPECT_TRUE(cache->write({}, m)->done());
  EXPECT_FALSE(get(*cache, "k"));
  EXPECT_EQ(events, (std::vector<std::string>{"created k=1", "evicted k=1 was 1"}));
}

TEST_F(CacheTest, ApplyComputesFromWhatIsThere) {
  const auto cache = make();
  const auto append = [](const EntryView* present) {
    Applied a;
    a.kind = Applied::Kind::put;
    a.value = (present ? Bytes(present->value) : Bytes()) + "x";
    return a;
  };
  apply(*cache, "k", append);
  apply(*cache, "k", append);
  EXPECT_EQ(get(*cache, "k"), "xx");
  apply(*cache, "k", [](const EntryView*) {
    Applied a;
    a.kind = Applied::Kind::remove;
    return a;
  });
  EXPECT_FALSE(get(*cache, "k"));
}

TEST_F(CacheTest, ClearTellsListenersOfEachEntry) {
  const auto cache = make();
  put(*cache, "a", "1");
  put(*cache, "b", "1");
  std::vector<std::string> events;
  cache->add_listener(recording(events));
  ASSERT_TRUE(cache->clear({}).ok());
  EXPECT_EQ(events.size(), 2U);
  EXPECT_EQ(cache->size({}).value(), 0U);
}

TEST_F(CacheTest, IteratesEachEntryOnceBySegment) {
  const auto cache = make();
  for (int i = 0; i < 1000; ++i) put(*cache, "key-" + std::to_string(i), "v");
  std::set<Bytes> seen;
  ASSERT_TRUE(cache->for_each({}, {}, [&](const EntryView& e) { return seen.emplace(e.key).second; }).ok());
  EXPECT_EQ(seen.size(), 1000U);
  std::vector<bool> only(cache->segments(), false);
  only[7] = true;
  std::size_t in_seven = 0;
  ASSERT_TRUE(cache->for_each({}, {&only}, [&](const EntryView& e) {
                     EXPECT_EQ(cache->segment(e.key), 7U);
                     return ++in_seven > 0;
                   }).ok());
  EXPECT_EQ(cache->entries_of_segment({}, 7)->size(), in_seven);
  EXPECT_EQ(cache->entries_of_segment({}, 256).code(), Errc::invalid_argument);
}

TEST_F(CacheTest, CountsWhatHappens) {
  const auto cache = make();
  put(*cache, "a", "1");
  put(*cache, "a", "2");
  get(*cache, "a");
  get(*cache, "b");
  remove(*cache, "a");
  remove(*cache, "a");
  const StatisticsSnapshot s = cache->statistics();
  EXPECT_TRUE(s.enabled);
  EXPECT_EQ(s.stores, 2);
  EXPECT_EQ(s.hits, 1);
  EXPECT_EQ(s.misses, 1);
  EXPECT_EQ(s.remove_hits, 1);
  EXPECT_EQ(s.remove_misses, 1);
  EXPECT_EQ(s.entries, 0);
  cache->reset_statistics();
  EXPECT_EQ(cache->statistics().stores, 0);
}

TEST_F(CacheTest, CountsNothingWhenStatisticsAreOff) {
  CacheConfiguration c;
  c.statistics = false;
  const auto cache = make(c);
  put(*cache, "a", "1");
  const StatisticsSnapshot s = cache->statistics();
  EXPECT_FALSE(s.enabled);
  EXPECT_EQ(s.stores, -1);
  EXPECT_EQ(s.retrievals(), -1);
  EXPECT_EQ(s.entries, 1);
}

TEST_F(CacheTest, ChangesItsMutableAttributes) {
  const auto cache = make();
  for (const char* key : {"a", "b", "c"}) put(*cache, key, "v");
  ASSERT_TRUE(cache->set_attribute("expiration.lifespan", "2s").ok());
  EXPECT_EQ(cache->configuration().expiration.lifespan_ms, 2000);
  ASSERT_TRUE(cache->set_attribute("memory.max-count", "2").ok());
  EXPECT_EQ(cache->size({}).value(), 2U);
  EXPECT_EQ(cache->set_attribute("memory.max-count", "many").code(), Errc::invalid_argument);
  EXPECT_EQ(cache->set_attribute("segments", "4").code(), Errc::not_supported);
  EXPECT_EQ(cache->set_attribute("memory.max-size", "1MB").code(), Errc::invalid_configuration);
}

TEST_F(CacheTest, RefusesEverythingWhenStopped) {
  const auto cache = make();
  cache->stop();
  Mutation m;
  m.key = "k";
  EXPECT_EQ(cache->write({}, m).code(), Errc::stopped);
  EXPECT_EQ(cache->read({}, "k", [](const EntryView&) {}).code(), Errc::stopped);
  EXPECT_EQ(cache->size({}).code(), Errc::stopped);
  EXPECT_EQ(cache->clear({}).code(), Errc::stopped);
}

}  // namespace
}  // namespace holdfast::engine
