#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "local/test_local_world.h"

namespace holdfast {
namespace {

using Told = std::vector<std::string>;
using TextOperation = Operation<std::string>;

std::string text_of(const TextOperation& o) { return std::string(o.name()) + (o.key ? " " + *o.key : ""); }

Interceptor<std::string> telling(Told& told, const std::string& who = "") {
  return {.before = [&told, who](const TextOperation& o) { told.push_back(who + "before " + text_of(o)); },
          .after = [&told, who](const TextOperation& o, bool done) { told.push_back(who + "after " + text_of(o) + (done ? " done" : " not done")); }};
}

CacheConfiguration simple() {
  CacheConfiguration c;
  c.simple = true;
  return c;
}

TEST(Interceptor, StandsBeforeAndAfterEachOperationOfEveryHandle) {
  LocalWorld w;
  const auto older = w.texts();
  Told told;
  const auto subscription = w.texts().advanced().add_interceptor(telling(told));
  older.put("k", "v");
  older.get("nope");
  older.replace("nope", "v");
  w.texts().clear();
  EXPECT_EQ(told, (Told{"before put k", "after put k done", "before get nope", "after get nope not done", "before put nope",
                        "after put nope not done", "before clear", "after clear done"}));
}

TEST(Interceptor, RefusesAnOperationByThrowingBefore) {
  LocalWorld w;
  const auto c = w.texts();
  Told told;
  const auto outer = c.advanced().add_interceptor(telling(told, "outer "));
  const auto guard = c.advanced().add_interceptor({.before = [](const TextOperation& o) {
    if (o.kind == OperationKind::put) throw CacheException(Errc::permission_denied, "the cache is read-only today");
  }});
  EXPECT_EQ(code_of([&] { c.put("k", "v"); }), Errc::permission_denied);
  EXPECT_EQ(told, (Told{"outer before put k", "outer after put k not done"}));
  EXPECT_FALSE(c.contains("k"));
}

TEST(Interceptor, IsGoneWithItsSubscriptionAndMayCancelItself) {
  LocalWorld w;
  const auto c = w.texts();
  int calls = 0;
  Subscription subscription;
  subscription = c.advanced().add_interceptor({.before = [&](const TextOperation&) {
    ++calls;
    subscription.cancel();
  }});
  c.put("k", "v");
  c.put("k", "v");
  EXPECT_EQ(calls, 1);
}

TEST(Interceptor, SeesTheKeyOfItsOwnHandle) {
  CacheConfiguration encoded;
  encoded.encoding = {"application/x-protostream", "application/x-protostream"};
  LocalWorld w(encoded);
  Told told;
  const auto subscription = w.texts().advanced().add_interceptor(telling(told));
  w.texts().put("k", "v");
  EXPECT_EQ(told, (Told{"before put k", "after put k done"}));
}

TEST(Interceptor, ComesAndGoesUnderLoadAndIsNotCalledOnceCancelled) {
  LocalWorld w;
  const auto c = w.cache<int, int>();
  std::atomic<bool> over{false};
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; !over; ++i) c.put(t, i);
    });
  }
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_shared<std::atomic<bool>>(true);
    std::atomic<int> balance{0}, after_the_end{0};
    auto subscription = c.advanced().add_interceptor({.before = [&](const Operation<int>&) { ++balance; after_the_end += !*alive; },
                                                      .after = [&](const Operation<int>&, bool) { --balance; }});
    std::this_thread::yield();
    subscription.cancel();
    *alive = false;
    EXPECT_EQ(balance, 0);
    EXPECT_EQ(after_the_end, 0);
  }
  over = true;
  for (auto& writer : writers) writer.join();
}

TEST(Interceptor, IsRefusedByASimpleCache) {
  LocalWorld w(simple());
  const auto add = [&] { (void)w.texts().advanced().add_interceptor({}); };
  EXPECT_EQ(code_of(add), Errc::not_supported);
  EXPECT_EQ(message_of(add), "cache 'c': ISPN000381: a simple cache does not support interceptors; define it without simple-cache=\"true\"");
}

TEST(Executor, RunsAFunctionOnTheWorldAndGivesItsResult) {
  LocalWorld w;
  auto size = w.manager.executor().submit([](CacheManager& manager) {
    manager.cache<std::string, std::string>("c").put("k", "v");
    return manager.cache<std::string, std::string>("c").size();
  });
  EXPECT_EQ(size.get(), 1u);
  EXPECT_EQ(w.texts().advanced().executor().submit([](CacheManager& m) { return m.cache_names(); }).get(), std::vector<std::string>{"c"});
}

TEST(Executor, HandsOverWhatTheFunctionThrows) {
  LocalWorld w;
  auto failed = w.manager.executor().submit([](CacheManager&) { throw CacheException(Errc::corrupt, "no"); });
  EXPECT_EQ(code_of([&] { failed.get(); }), Errc::corrupt);
  auto stopping = w.manager.executor().submit([](CacheManager& m) { m.stop(); });
  EXPECT_EQ(code_of([&] { stopping.get(); }), Errc::invalid_argument);
  EXPECT_TRUE(w.manager.running());
}

TEST(Executor, RunsManyAtOnceAndTheWorldWaitsForThemWhenItStops) {
  LocalWorld w;
  std::atomic<int> ran{0};
  std::vector<Future<int>> futures;
  for (int i = 0; i < 100; ++i) futures.push_back(w.manager.executor().submit([&ran, i](CacheManager& m) {
    m.cache<int, int>("c").put(i, i);
    ++ran;
    return i;
  }));
  w.manager.stop();
  EXPECT_EQ(ran, 100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(futures[static_cast<std::size_t>(i)].get(), i);
  auto late = w.manager.executor().submit([](CacheManager&) {});
  EXPECT_EQ(code_of([&] { late.get(); }), Errc::stopped);
}

TEST(Executor, IsRefusedForASimpleCache) {
  LocalWorld w(simple());
  EXPECT_EQ(code_of([&] { w.texts().advanced().executor(); }), Errc::not_supported);
}

}  // namespace
}  // namespace holdfast
