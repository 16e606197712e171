#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "local/test_local_world.h"

using namespace std::chrono_literals;

namespace holdfast {
namespace {

TEST(AsyncCache, DoesAtOnceWhatCannotWait) {
  LocalWorld w;
  const auto c = w.texts();
  const auto a = c.async();
  auto put = a.put("k", "one");
  EXPECT_TRUE(put.ready());
  EXPECT_EQ(put.get(), std::nullopt);
  EXPECT_EQ(a.get("k").get(), "one");
  EXPECT_EQ(a.put_if_absent("k", "x").get(), "one");
  EXPECT_EQ(a.replace("k", "two").get(), "one");
  EXPECT_TRUE(a.replace("k", "two", "three").get());
  EXPECT_TRUE(a.contains("k").get());
  const Version version = a.get_with_metadata("k").get()->version;
  EXPECT_TRUE(a.replace_with_version("k", "four", version).get());
  EXPECT_FALSE(a.remove_with_version("k", version).get());
  EXPECT_FALSE(a.remove("k", "three").get());
  EXPECT_EQ(a.remove("k").get(), "four");
  a.put_for_external_read("k", "five").get();
  EXPECT_TRUE(a.evict("k").get());
}

TEST(AsyncCache, DoesElsewhereWhatMayTakeLong) {
  LocalWorld w;
  const auto a = w.cache<int, std::string>().async();
  a.put_all(std::vector<std::pair<int, std::string>>{{1, "one"}, {2, "two"}}).get();
  EXPECT_EQ(a.size().get(), 2u);
  EXPECT_EQ(a.get_all(std::vector<int>{2, 3}).get(), (std::vector<std::pair<int, std::string>>{{2, "two"}}));
  std::thread::id where;
  const auto f = [&where](int, const std::string* old) {
    where = std::this_thread::get_id();
    return *old + "!";
  };
  EXPECT_EQ(a.compute(1, f).get(), "one!");
  EXPECT_NE(where, std::this_thread::get_id());
  EXPECT_EQ(a.compute_if_absent(3, [](int) { return "three"; }).get(), "three");
  EXPECT_EQ(a.compute_if_present(9, [](int, const std::string&) { return "x"; }).get(), std::nullopt);
  EXPECT_EQ(a.merge(1, "?", [](const std::string& x, const std::string& y) { return x + y; }).get(), "one!?");
  a.clear().get();
  EXPECT_EQ(a.size().get(), 0u);
}

TEST(AsyncCache, NeverWaitsForAListener) {
  LocalWorld w;
  const auto c = w.texts();
  std::atomic<bool> released{false};
  const auto listener = c.on_created([&](const auto&) {
    while (!released) std::this_thread::yield();
  });
  auto put = c.async().put("k", "v");
  EXPECT_FALSE(put.wait_for(1ms));
  released = true;
  EXPECT_TRUE(put.wait_for(10s));
  EXPECT_EQ(put.get(), std::nullopt);
}

TEST(Future, ChainsWithThen) {
  LocalWorld w;
  const auto c = w.texts();
  c.put("k", "value");
  auto size = c.async().get("k").then([](std::optional<std::string> v) { return v->size(); }).then([](std::size_t n) { return n * 2; });
  EXPECT_EQ(size.get(), 10u);
  auto later = c.async().size().then([](std::size_t n) { return std::to_string(n); });
  EXPECT_EQ(later.get(), "1");
  bool ran = false;
  c.async().clear().then([&] { ran = true; }).get();
  EXPECT_TRUE(ran);
  auto used = c.async().get("k");
  static_cast<void>(used.get());
  EXPECT_FALSE(used.valid());
  EXPECT_EQ(code_of([&] { used.wait(); }), Errc::invalid_argument);
}

TEST(Future, CarriesFailuresPastThenToRecover) {
  LocalWorld w;
  const auto a = w.texts().async();
  const auto fail = [](const std::string&, const std::string*) -> std::string { throw std::runtime_error("no"); };
  EXPECT_THROW(static_cast<void>(a.compute("k", fail).get()), std::runtime_error);
  bool called = false;
  auto passed_by = a.compute("k", fail).then([&](const auto&) { return called = true; });
  EXPECT_THROW(static_cast<void>(passed_by.get()), std::runtime_error);
  EXPECT_FALSE(called);
  auto mended = a.compute("k", fail).recover([](const std::exception_ptr&) { return std::optional<std::string>("mended"); });
  EXPECT_EQ(mended.get(), "mended");
}

TEST(Future, MayOutliveItsWorld) {
  std::vector<Future<std::size_t>> futures;
  {
    LocalWorld w;
    for (int i = 0; i < 100; ++i) futures.push_back(w.texts().async().size());
  }
  for (auto& f : futures) EXPECT_EQ(f.get(), 0u);  // stop() waited for them
}

TEST(AsyncCache, RunsManyOperationsAtOnce) {
  LocalWorld w;
  const auto c = w.cache<int, int>();
  std::vector<Future<std::optional<int>>> futures;
  for (int i = 0; i < 1000; ++i) {
    futures.push_back(c.async().merge(i % 10, 1, [](int a, int b) { return a + b; }));
  }
  for (auto& f : futures) f.wait();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(c.get(i), 100);
}

}  // namespace
}  // namespace holdfast
