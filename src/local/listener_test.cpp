#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "local/test_local_world.h"

using namespace std::chrono_literals;

namespace holdfast {
namespace {

using Heard = std::vector<std::string>;
using TextEvent = CacheEntryEvent<std::string, std::string>;

std::string told(const TextEvent& e) {
  static constexpr const char* kNames[] = {"created", "modified", "removed", "expired", "evicted", "invalidated", "visited"};
  std::string text = e.before() ? "before " : "";
  text += kNames[static_cast<int>(e.kind())];
  text += " " + e.key() + "=" + e.value();
  if (e.old_value()) text += " was " + *e.old_value();
  return text;
}

constexpr std::initializer_list<EventKind> kAll = {EventKind::created, EventKind::modified, EventKind::removed, EventKind::expired,
                                                   EventKind::evicted, EventKind::invalidated, EventKind::visited};

TEST(Listener, HearsWhatHappens) {
  LocalWorld w;
  const auto c = w.texts();
  Heard heard;
  const auto listener = c.on(kAll, [&](const TextEvent& e) { heard.push_back(told(e)); });
  c.put("k", "one");
  c.put("k", "two");
  c.get("k");
  c.remove("k");
  c.put("l", "x");
  c.evict("l");
  EXPECT_EQ(heard, (Heard{"created k=one", "modified k=two was one", "visited k=two", "removed k=two was two", "created l=x", "evicted l=x"}));
}

TEST(Listener, HearsBeforeTheChangeWhenItAsks) {
  LocalWorld w;
  const auto c = w.texts();
  Heard heard;
  const auto listener = c.on({EventKind::created, EventKind::modified, EventKind::removed},
                             [&](const TextEvent& e) {
                               heard.push_back(told(e) + (c.contains(e.key()) ? " there" : " not there"));
                             },
                             {.before = true});
  c.put("k", "one");
  c.remove("k");
  EXPECT_EQ(heard, (Heard{"before created k=one not there", "created k=one there", "before removed k=one was one there",
                          "removed k=one was one not there"}));
}

TEST(Listener, HearsOnlyWhatItsFilterLetsThrough) {
  LocalWorld w;
  const auto c = w.texts();
  Heard heard;
  const auto listener = c.on_created([&](const auto& e) { heard.push_back(e.key()); },
                                     {.filter = [](const TextEvent& e) { return e.value() == "yes"; }});
  c.put("a", "yes");
  c.put("b", "no");
  EXPECT_EQ(heard, (Heard{"a"}));
}

TEST(Listener, HearsWhatAConverterMakesOfEvents) {
  LocalWorld w;
  const auto c = w.texts();
  std::vector<std::size_t> sizes;
  const auto listener = c.on_converted({EventKind::created}, [](const auto& e) { return e.value().size(); },
                                       [&](const auto&, std::size_t size) { sizes.push_back(size); });
  c.put("a", "four");
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4}));
}

TEST(Listener, HearsOfWhatIsThereFirstWhenItAsks) {
  LocalWorld w;
  const auto c = w.texts();
  c.put("a", "x");
  Heard heard;
  const auto listener = c.on_created([&](const auto& e) { heard.push_back((e.current_state() ? "there " : "new ") + e.key()); },
                                     {.include_current_state = true});
  c.put("b", "y");
  EXPECT_EQ(heard, (Heard{"there a", "new b"}));
}

TEST(Listener, HearsNothingAfterItsSubscriptionEnded) {
  LocalWorld w;
  const auto c = w.texts();
  int heard = 0;
  {
    auto listener = c.on_created([&](const auto&) { ++heard; });
    EXPECT_TRUE(listener.active());
    c.put("a", "x");
  }
  c.put("b", "x");
  EXPECT_EQ(heard, 1);
}

TEST(Listener, MayEndItsOwnSubscription) {
  LocalWorld w;
  const auto c = w.texts();
  int heard = 0;
  Subscription listener = c.on_created([&](const auto&) {
    ++heard;
    listener.cancel();
  });
  c.put("a", "x");
  c.put("b", "x");
  EXPECT_EQ(heard, 1);
}

TEST(Listener, HearsOfExpiryFromTheReaper) {
  CacheConfiguration configuration;
  configuration.expiration.interval_ms = 10;
  LocalWorld w(configuration);
  const auto c = w.texts();
  std::atomic<int> expired{0};
  const auto listener = c.on_expired([&](const auto& e) { expired += e.key() == "k" ? 1 : 100; });
  c.put("k", "v", {.lifespan = 5ms});
  for (int i = 0; i < 1000 && expired == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(expired, 1);
}

TEST(Listener, HearsOfEvictionByTheBound) {
  CacheConfiguration configuration;
  configuration.memory.max_count = 10;
  LocalWorld w(configuration);
  const auto c = w.cache<int, int>();
  std::atomic<int> evicted{0};
  const auto listener = c.on_evicted([&](const auto&) { ++evicted; });
  for (int i = 0; i < 50; ++i) c.put(i, i);
  EXPECT_EQ(evicted + static_cast<int>(c.size()), 50);
}

TEST(Listener, HearsTheEventsOfOneKeyInOrderAlsoAsynchronously) {
  for (const bool asynchronous : {false, true}) {
    LocalWorld w;
    const auto c = w.cache<int, int>();
    std::mutex lock;
    std::map<int, std::vector<std::pair<int, int>>> heard;  // key -> (old, new)
    auto listener = c.on({EventKind::created, EventKind::modified},
                         [&](const CacheEntryEvent<int, int>& e) {
                           const std::lock_guard held(lock);
                           heard[e.key()].push_back({e.old_value().value_or(0), e.value()});
                         },
                         {.asynchronous = asynchronous});
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&] {
        for (int i = 0; i < 500; ++i) c.compute(i % 3, [](int, const int* old) { return (old ? *old : 0) + 1; });
      });
    }
    for (auto& t : writers) t.join();
    const auto all_heard = [&] {
      const std::lock_guard held(lock);
      return heard[0].size() + heard[1].size() + heard[2].size() == 2000;
    };
    for (int i = 0; i < 1000 && !all_heard(); ++i) std::this_thread::sleep_for(10ms);
    listener.cancel();
    for (const auto& [key, changes] : heard) {
      for (std::size_t i = 0; i < changes.size(); ++i) {
        ASSERT_EQ(changes[i], std::make_pair(static_cast<int>(i), static_cast<int>(i) + 1)) << "key " << key;
      }
    }
    EXPECT_TRUE(all_heard());
  }
}

TEST(Listener, AsynchronousOnesRunElsewhere) {
  LocalWorld w;
  const auto c = w.texts();
  std::atomic<bool> elsewhere{false}, heard{false};
  const auto here = std::this_thread::get_id();
  auto listener = c.on_created([&](const auto&) {
    elsewhere = std::this_thread::get_id() != here;
    heard = true;
  }, {.asynchronous = true});
  c.put("k", "v");
  for (int i = 0; i < 1000 && !heard; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(elsewhere);
}

TEST(Listener, MayHoldAHandleOfItsCache) {
  // The cache, the listener and the handle hold one another until the world stops.
  std::atomic<int> heard{0};
  {
    LocalWorld w;
    const auto c = w.texts();
    auto listener = c.on_created([c, &heard](const auto& e) {
      heard += c.contains(e.key()) ? 1 : 0;
    }, {.asynchronous = true});
    for (int i = 0; i < 100; ++i) c.put(std::to_string(i), "x");
    for (int i = 0; i < 1000 && heard < 100; ++i) std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(heard, 100);
}

}  // namespace
}  // namespace holdfast
