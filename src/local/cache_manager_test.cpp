#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "local/test_local_world.h"

namespace holdfast {
namespace {

using Names = std::vector<std::string>;

TEST(CacheManager, StartsWithWhatItsConfigurationSays) {
  ContainerConfiguration configuration;
  configuration.default_cache = "first";
  configuration.caches["first"];
  configuration.caches["second"].expiration.lifespan_ms = 5000;
  configuration.templates["short"].expiration.lifespan_ms = 10;
  const CacheManager world(configuration);
  EXPECT_TRUE(world.running());
  EXPECT_EQ(world.cache_names(), (Names{"first", "second"}));
  EXPECT_EQ(world.template_names(), (Names{"short"}));
  EXPECT_EQ((world.cache<int, int>().name()), "first");
  EXPECT_EQ(world.cache_configuration("second").expiration.lifespan_ms, 5000);
  EXPECT_EQ(world.cache_configuration("short").expiration.lifespan_ms, 10);
}

TEST(CacheManager, DefinesAndRemovesCaches) {
  CacheManager world;
  world.define("a");
  EXPECT_TRUE(world.has_cache("a"));
  EXPECT_EQ(code_of([&] { world.define("a"); }), Errc::already_exists);
  world.define("a", {}, {.or_get = true});
  CacheConfiguration shorter;
  shorter.expiration.lifespan_ms = 7;
  world.define("a", shorter, {.or_update = true});
  EXPECT_EQ(world.cache_configuration("a").expiration.lifespan_ms, 7);
  world.remove("a");
  EXPECT_FALSE(world.has_cache("a"));
  EXPECT_EQ(code_of([&] { world.remove("a"); }), Errc::cache_not_found);
  EXPECT_EQ(message_of([&] { world.cache<int, int>("a"); }), "Cache with name 'a' not found amongst the configured caches");
}

TEST(CacheManager, DefinesFromTemplates) {
  CacheManager world;
  CacheConfiguration bounded;
  bounded.memory.max_count = 10;
  world.define_template("bounded", bounded);
  world.define_from_template("a", "bounded");
  EXPECT_EQ(world.cache_configuration("a").memory.max_count, 10);
  EXPECT_EQ(world.cache_configuration("a").parent, "bounded");
  EXPECT_EQ(code_of([&] { world.define_from_template("b", "nope"); }), Errc::not_found);
  world.remove_template("bounded");
  EXPECT_TRUE(world.template_names().empty());
}

TEST(CacheManager, MakesACacheOfTheTemplateWhoseWildcardTheNameMatches) {
  CacheManager world;
  CacheConfiguration bounded;
  bounded.memory.max_count = 10;
  world.define_template("session*", bounded);
  world.define_template("*two", {});
  EXPECT_EQ((world.cache<int, int>("session-1").name()), "session-1");
  EXPECT_EQ(world.cache_configuration("session-1").memory.max_count, 10);
  EXPECT_EQ(world.cache_configuration("session-1").parent, "session*");
  EXPECT_EQ(code_of([&] { world.cache<int, int>("other"); }), Errc::cache_not_found);
  EXPECT_EQ(code_of([&] { world.cache<int, int>("session-two"); }), Errc::invalid_configuration);
}

TEST(CacheManager, GivesCachesByAlias) {
  CacheManager world;
  world.define("blue");
  world.define("green");
  world.assign_alias("blue", "live");
  world.cache<int, int>("live").put(1, 1);
  world.assign_alias("green", "live");
  EXPECT_EQ((world.cache<int, int>("live").get(1)), std::nullopt);
  EXPECT_EQ((world.cache<int, int>("blue").get(1)), 1);
}

TEST(CacheManager, TellsOfCachesThatStartAndStop) {
  CacheManager world;
  Names started, stopped;
  auto on_start = world.on_cache_started([&](const std::string& name) { started.push_back(name); });
  const auto on_stop = world.on_cache_stopped([&](const std::string& name) { stopped.push_back(name); });
  world.define("a");
  world.define("b");
  on_start.cancel();
  world.define("c");
  world.remove("b");
  world.stop();
  EXPECT_EQ(started, (Names{"a", "b"}));
  EXPECT_EQ(stopped, (Names{"b", "a", "c"}));
}

TEST(CacheManager, StopsAndStartsAgainWithoutEntries) {
  ContainerConfiguration configuration;
  configuration.caches["a"];
  CacheManager world(configuration);
  const auto before = world.cache<int, int>("a");
  before.put(1, 1);
  world.stop();
  EXPECT_FALSE(world.running());
  EXPECT_EQ(code_of([&] { world.cache<int, int>("a"); }), Errc::stopped);
  world.start();
  const auto after = world.cache<int, int>("a");
  EXPECT_EQ(after.get(1), std::nullopt);
  after.put(1, 2);
  EXPECT_EQ(code_of([&] { before.get(1); }), Errc::stopped);
}

TEST(CacheManager, SeveralWorldsKnowNothingOfEachOther) {
  CacheManager worlds[3];
  for (int i = 0; i < 3; ++i) {
    worlds[i].define("same");
    worlds[i].cache<std::string, int>("same").put("who", i);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ((worlds[i].cache<std::string, int>("same").get("who")), i);
}

TEST(CacheManager, MayBeMoved) {
  CacheManager first;
  first.define("a");
  const auto cache = first.cache<int, int>("a");
  CacheManager second = std::move(first);
  cache.put(1, 1);
  EXPECT_EQ((second.cache<int, int>("a").get(1)), 1);
  EXPECT_EQ(code_of([&] { first.cache_names(); }), Errc::stopped);
  second = CacheManager();
  EXPECT_EQ(code_of([&] { cache.get(1); }), Errc::stopped);
}

TEST(CacheManager, RefusesGlobalStateThatNobodyWritesDown) {
  ContainerConfiguration configuration;
  configuration.global_state = {true, "/tmp"};
  EXPECT_EQ(code_of([&] { CacheManager world(configuration); }), Errc::invalid_configuration);
}

TEST(CacheManager, HandsItsLogToTheProgram) {
  std::vector<std::string> log;
  CacheManagerOptions options;
  options.log = [&](LogLevel level, std::string_view category, std::string_view message) {
    if (level >= LogLevel::warn) log.push_back(std::string(category) + ": " + std::string(message));
  };
  CacheManager world({}, options);
  world.define("c");
  const auto c = world.cache<std::string, std::string>("c");
  const auto listener = c.on_created([](const auto&) { throw std::runtime_error("too much"); });
  c.put("k", "v");
  EXPECT_EQ(c.get("k"), "v");
  EXPECT_EQ(log, (Names{"listener: a listener of cache 'c' threw: too much"}));
}

TEST(CacheManager, SaysWhatItIsAskedForAndCannotDoYet) {
  Names log;
  CacheManagerOptions options;
  options.log = [&](LogLevel, std::string_view, std::string_view message) { log.emplace_back(message); };
  ContainerConfiguration configuration;
  configuration.caches["far"].mode = CacheMode::distributed;
  CacheManager world(configuration, options);
  CacheConfiguration transactional;
  transactional.transaction.mode = TransactionMode::full_xa;
  world.define("exact", transactional);
  EXPECT_EQ(log, (Names{"cache 'far': clusters are not built yet: its entries live in this process alone",
                        "cache 'exact': transactions are not built yet: each write stands alone"}));
}

TEST(CacheManager, RefusesWhatASimpleCacheCannotDo) {
  CacheManager world;
  const auto refused = [&](auto change) {
    CacheConfiguration c;
    c.simple = true;
    change(c);
    return message_of([&] { world.define("c", c); });
  };
  EXPECT_EQ(refused([](auto& c) { c.indexing.enabled = true; }),
            "cache 'c': ISPN000381: a simple cache does not support indexing; remove it or remove simple-cache=\"true\"");
  EXPECT_NE(refused([](auto& c) { c.memory.when_full = WhenFull::exception; }).find("transactions are not built yet"), std::string::npos);
  EXPECT_EQ(refused([](auto& c) { c.statistics_available = false; }), "");
  EXPECT_FALSE((world.cache<int, int>("c").advanced().statistics().enabled));
}

TEST(CacheManager, StartsNoThreadForPlainCaches) {
  const auto threads = [] {
    std::FILE* file = std::fopen("/proc/self/stat", "r");
    long count = 0;
    const int read = std::fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld", &count);
    std::fclose(file);
    return read == 1 ? count : -1;
  };
  const long before = threads();
  LocalWorld w;
  const auto c = w.texts();
  for (int i = 0; i < 1000; ++i) c.put(std::to_string(i), "x");
  EXPECT_EQ(c.async().put("k", "v").get(), std::nullopt);
  EXPECT_EQ(threads(), before);
  c.put("k", "v", {.lifespan = std::chrono::hours(1)});  // the reaper has something to wait for
  EXPECT_GT(threads(), before);
}

TEST(CacheManager, ChangesDefinitionsFromManyThreads) {
  CacheManager world;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = "c" + std::to_string(i);
        made += code_of([&] { world.define(name); }) == Errc::ok ? 1 : 0;
        world.cache<int, int>(name).put(i, i);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(made, 50);
  EXPECT_EQ(world.cache_names().size(), 50u);
}

}  // namespace
}  // namespace holdfast
