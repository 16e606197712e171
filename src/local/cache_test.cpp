#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "local/test_local_world.h"

using namespace std::chrono_literals;

namespace holdfast {
namespace {

using Texts = Cache<std::string, std::string>;

TEST(Cache, GivesWhatWasPutAndThePreviousValue) {
  LocalWorld w;
  const Texts c = w.texts();
  EXPECT_EQ(c.get("k"), std::nullopt);
  EXPECT_EQ(c.put("k", "one"), std::nullopt);
  EXPECT_EQ(c.put("k", "two"), "one");
  EXPECT_EQ(c.get("k"), "two");
  EXPECT_TRUE(c.contains("k"));
  EXPECT_EQ(c.remove("k"), "two");
  EXPECT_EQ(c.remove("k"), std::nullopt);
  EXPECT_FALSE(c.contains("k"));
}

TEST(Cache, IsAConcurrentMap) {
  LocalWorld w;
  const Texts c = w.texts();
  EXPECT_EQ(c.put_if_absent("k", "one"), std::nullopt);
  EXPECT_EQ(c.put_if_absent("k", "two"), "one");
  EXPECT_EQ(c.replace("absent", "x"), std::nullopt);
  EXPECT_FALSE(c.contains("absent"));
  EXPECT_EQ(c.replace("k", "three"), "one");
  EXPECT_FALSE(c.replace("k", "one", "four"));
  EXPECT_TRUE(c.replace("k", "three", "four"));
  EXPECT_FALSE(c.remove("k", "three"));
  EXPECT_TRUE(c.remove("k", "four"));
  EXPECT_TRUE(c.empty());
}

TEST(Cache, ReplacesAndRemovesByVersion) {
  LocalWorld w;
  const Texts c = w.texts();
  c.put("k", "one");
  const Version first = c.get_with_metadata("k")->version;
  EXPECT_TRUE(c.replace_with_version("k", "two", first));
  EXPECT_FALSE(c.replace_with_version("k", "three", first));
  EXPECT_FALSE(c.remove_with_version("k", first));
  EXPECT_TRUE(c.remove_with_version("k", c.get_with_metadata("k")->version));
}

TEST(Cache, ShowsAValueToAVisitorThatMayUseTheCache) {
  LocalWorld w;
  const Texts c = w.texts();
  const std::string large(10'000, 'x');
  c.put("k", "short");
  c.put("l", large);
  std::string seen;
  EXPECT_TRUE(c.get("k", [&](std::string_view bytes) {
    c.put("k", "changed");
    seen = bytes;
  }));
  EXPECT_EQ(seen, "short");
  EXPECT_TRUE(c.get("l", [&](std::string_view bytes) { seen = bytes; }));
  EXPECT_EQ(seen, large);
  EXPECT_FALSE(c.get("absent", [](std::string_view) { FAIL(); }));
}

TEST(Cache, ComputesValues) {
  LocalWorld w;
  const Texts c = w.texts();
  const auto append = [](const std::string& key, const std::string* old) { return (old ? *old : "") + key; };
  EXPECT_EQ(c.compute("k", append), "k");
  EXPECT_EQ(c.compute("k", append), "kk");
  EXPECT_EQ(c.compute_if_absent("k", [](const std::string&) { return "never"; }), "kk");
  EXPECT_EQ(c.compute_if_absent("new", [](const std::string& key) { return key + "!"; }), "new!");
  EXPECT_EQ(c.compute_if_present("absent", [](const std::string&, const std::string&) { return "never"; }), std::nullopt);
  EXPECT_EQ(c.compute_if_present("k", [](const std::string&, const std::string& old) { return old + "."; }), "kk.");
  EXPECT_EQ(c.compute("k", [](const auto&, const auto*) { return std::optional<std::string>(); }), std::nullopt);
  EXPECT_FALSE(c.contains("k"));
  const auto join = [](const std::string& old, const std::string& added) { return old + "+" + added; };
  EXPECT_EQ(c.merge("m", "a", join), "a");
  EXPECT_EQ(c.merge("m", "b", join), "a+b");
}

TEST(Cache, LetsAnExceptionOfAComputeFunctionThroughAndChangesNothing) {
  LocalWorld w;
  const Texts c = w.texts();
  c.put("k", "kept");
  EXPECT_THROW(c.compute("k", [](const auto&, const auto*) -> std::string { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(c.get("k"), "kept");
  EXPECT_EQ(c.compute("k", [](const auto&, const std::string* old) { return *old + "!"; }), "kept!");
}

TEST(Cache, HandlesManyAtOnce) {
  LocalWorld w;
  const auto c = w.cache<int, double>();
  c.put_all({{1, 1.5}, {2, 2.5}});
  c.put_all(std::map<int, double>{{3, 3.5}});
  EXPECT_EQ(c.get_all({3, 9, 1}), (std::vector<std::pair<int, double>>{{3, 3.5}, {1, 1.5}}));
  EXPECT_EQ(c.size(), 3u);
  c.clear();
  EXPECT_EQ(c.size(), 0u);
}

TEST(Cache, IsIteratedOver) {
  LocalWorld w;
  const auto c = w.cache<int, int>();
  std::map<int, int> expected;
  EXPECT_EQ(c.begin(), c.end());
  for (int i = 0; i < 1000; ++i) {
    c.put(i, i * i);
    expected[i] = i * i;
  }
  std::map<int, int> seen;
  for (const auto& [key, value] : c) EXPECT_TRUE(seen.emplace(key, value).second);
  EXPECT_EQ(seen, expected);
}

TEST(Cache, StreamsAreFilteredAndMapped) {
  LocalWorld w;
  const auto c = w.cache<int, int>();
  for (int i = 0; i < 100; ++i) c.put(i, i);
  const auto even = c.stream().filter([](const auto& e) { return e.second % 2 == 0; });
  EXPECT_EQ(even.count(), 50u);
  const auto squares = even.map([](const auto& e) { return e.second * e.second; });
  const auto collected = squares.collect();
  EXPECT_EQ(std::set<int>(collected.begin(), collected.end()).size(), 50u);
  EXPECT_EQ(squares.reduce(0, [](int sum, int x) { return sum + x; }), 161700);
  EXPECT_EQ(squares.limit(3).count(), 3u);
  EXPECT_TRUE(squares.any_match([](int x) { return x == 98 * 98; }));
  EXPECT_TRUE(squares.all_match([](int x) { return x % 4 == 0; }));
  int n = 0;
  squares.for_each([&](int) { ++n; });
  EXPECT_EQ(n, 50);
}

TEST(Cache, StreamsBySegmentAndByKey) {
  LocalWorld w;
  const auto c = w.cache<int, int>();
  for (int i = 0; i < 1000; ++i) c.put(i, i);
  const std::uint32_t segment = c.advanced().segment(7);
  const auto there = c.stream().filter_segments({segment}).collect();
  EXPECT_FALSE(there.empty());
  for (const auto& entry : there) EXPECT_EQ(c.advanced().segment(entry.first), segment);
  std::size_t all = 0;
  for (std::uint32_t s = 0; s < c.advanced().segments(); ++s) all += c.stream().filter_segments({s}).count();
  EXPECT_EQ(all, 1000u);
  const auto by_key = c.stream().filter_keys(std::vector<int>{5, 5000, 6}).map([](const auto& e) { return e.second; });
  EXPECT_EQ(by_key.collect(), (std::vector<int>{5, 6}));
}

TEST(Cache, EntriesLiveAsLongAsTheyWereGiven) {
  LocalWorld w;
  const Texts c = w.texts();
  c.put("short", "x", {.lifespan = 30ms});
  c.put("idle", "x", {.max_idle = 20s});
  c.put("long", "x", {.lifespan = 1h});
  const auto idle = c.get_with_metadata("idle");
  EXPECT_EQ(idle->lifespan, kForever);
  EXPECT_EQ(idle->max_idle, 20s);
  EXPECT_EQ(c.get_with_metadata("long")->lifespan, 1h);
  EXPECT_LT(std::chrono::system_clock::now() - c.get_with_metadata("long")->created, 1min);
  for (int i = 0; i < 1000 && c.contains("short"); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(c.contains("short"));
  EXPECT_EQ(c.size(), 2u);
}

TEST(Cache, TakesLifetimesFromItsConfigurationUnlessToldOtherwise) {
  CacheConfiguration configuration;
  configuration.expiration.lifespan_ms = 3'600'000;
  LocalWorld w(configuration);
  const Texts c = w.texts();
  c.put("default", "x");
  c.put("forever", "x", {.lifespan = kForever});
  EXPECT_EQ(c.get_with_metadata("default")->lifespan, 1h);
  EXPECT_EQ(c.get_with_metadata("forever")->lifespan, kForever);
}

TEST(Cache, EvictsByHandAndByBound) {
  CacheConfiguration configuration;
  configuration.memory.max_count = 100;
  LocalWorld w(configuration);
  const auto c = w.cache<int, int>();
  for (int i = 0; i < 1000; ++i) c.put(i, i);
  EXPECT_LE(c.size(), 101u);
  const int there = c.begin()->first;
  EXPECT_TRUE(c.evict(there));
  EXPECT_FALSE(c.evict(there));
  EXPECT_FALSE(c.contains(there));
}

TEST(Cache, StoresForExternalReadOnlyWhatIsAbsent) {
  LocalWorld w;
  const Texts c = w.texts();
  c.put_for_external_read("k", "one");
  c.put_for_external_read("k", "two");
  EXPECT_EQ(c.get("k"), "one");
  w.manager.remove("c");
  c.put_for_external_read("k", "three");  // does not fail
}

TEST(Cache, FlagsRelaxOperations) {
  LocalWorld w;
  const Texts c = w.texts();
  int heard = 0;
  const auto listener = c.on_created([&](const auto&) { ++heard; });
  c.put("k", "one");
  EXPECT_EQ(c.with_flags(Flag::ignore_return_values).put("k", "two"), std::nullopt);
  c.with_flags(Flag::skip_listeners).put("l", "x");
  EXPECT_EQ(heard, 1);
}

TEST(Cache, CountsWhatHappensWhenAsked) {
  CacheConfiguration configuration;
  configuration.statistics = true;
  LocalWorld w(configuration);
  const Texts c = w.texts();
  c.put("a", "x");
  c.get("a");
  c.get("b");
  c.remove("a");
  c.with_flags(Flag::skip_statistics).get("b");
  const CacheStatistics s = c.advanced().statistics();
  EXPECT_EQ(s.stores, 1);
  EXPECT_EQ(s.hits, 1);
  EXPECT_EQ(s.misses, 1);
  EXPECT_EQ(s.remove_hits, 1);
  EXPECT_EQ(s.entries, 0);
  EXPECT_EQ(w.manager.statistics().retrievals(), 2);
  c.advanced().reset_statistics();
  EXPECT_EQ(c.advanced().statistics().stores, 0);
}

TEST(Cache, ChangesAttributesWhileItRuns) {
  LocalWorld w;
  const Texts c = w.texts();
  c.advanced().set_attribute("expiration.lifespan", "1h");
  EXPECT_EQ(c.advanced().configuration().expiration.lifespan_ms, 3'600'000);
  EXPECT_EQ(code_of([&] { c.advanced().set_attribute("segments", "3"); }), Errc::not_supported);
}

TEST(Cache, FailsAfterItWasRemovedOrItsWorldIsGone) {
  auto world = std::make_unique<LocalWorld>();
  const Texts c = world->texts();
  const auto listener = c.on_created([](const auto&) {});
  world.reset();
  EXPECT_EQ(code_of([&] { c.put("k", "v"); }), Errc::stopped);
  EXPECT_EQ(code_of([&] { c.get("k"); }), Errc::stopped);
  EXPECT_EQ(code_of([&] { c.begin(); }), Errc::stopped);
  EXPECT_EQ(code_of([&] { static_cast<void>(c.async().size().get()); }), Errc::stopped);
  EXPECT_EQ(code_of([&] { static_cast<void>(c.on_created([](const auto&) {})); }), Errc::stopped);
}

}  // namespace
}  // namespace holdfast
