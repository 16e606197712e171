// What the policy makes of access patterns, seen from outside.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "container/container_driver.h"
#include "container/window_tuner.h"

namespace holdfast::container {
namespace {

double hit_ratio(EvictionPolicyKind policy, std::int64_t bound, const std::vector<std::uint32_t>& keys) {
  ContainerOptions o;
  o.max_count = bound;
  o.policy = policy;
  DataContainer c(o);
  std::size_t hits = 0;
  for (const std::uint32_t key : keys) {
    const BytesView bytes(reinterpret_cast<const char*>(&key), sizeof key);
    if (c.read(bytes, hash_key(bytes), 0, [](const EntryView&) {})) {
      ++hits;
    } else {
      put(c, bytes, "v");
    }
  }
  return static_cast<double>(hits) / static_cast<double>(keys.size());
}

double ours(std::int64_t bound, const std::vector<std::uint32_t>& keys) { return hit_ratio(EvictionPolicyKind::tiny_lfu, bound, keys); }
double lru(std::int64_t bound, const std::vector<std::uint32_t>& keys) { return hit_ratio(EvictionPolicyKind::lru, bound, keys); }

TEST(WindowTuner, ALoopLargerThanTheCacheHitsAsOftenAsItCan) {
  std::vector<std::uint32_t> keys;
  for (std::uint32_t i = 0; i < 100'000; ++i) keys.push_back(i % 1000);
  EXPECT_EQ(lru(500, keys), 0);
  EXPECT_GT(ours(500, keys), 0.48);
}

TEST(WindowTuner, FollowsLruWhereLruIsBest) {
  std::vector<std::uint32_t> there_and_back;
  for (std::uint32_t i = 0; i < 100'000; ++i) there_and_back.push_back(i / 1000 % 2 == 0 ? i % 1000 : 999 - i % 1000);
  EXPECT_GT(lru(500, there_and_back), 0.49);
  EXPECT_GT(ours(500, there_and_back), lru(500, there_and_back) - 0.02);
  std::vector<std::uint32_t> each_a_few_times;  // news: used some times soon after they come, then never again
  std::mt19937 random(5);
  for (std::uint32_t i = 0; i < 100'000; ++i) each_a_few_times.push_back(i / 4 + static_cast<std::uint32_t>(random() % 300));
  EXPECT_GT(ours(200, each_a_few_times), lru(200, each_a_few_times) - 0.02);
}

TEST(WindowTuner, APopularSetSurvivesAScan) {
  std::mt19937 random(9);
  std::vector<std::uint32_t> keys;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    const double u = static_cast<double>(random()) / 4294967296.0;
    keys.push_back(i % 2 == 0 ? static_cast<std::uint32_t>(std::exp(u * std::log(20'000.0))) : 1'000'000 + i);
  }
  EXPECT_GT(ours(400, keys), lru(400, keys) + 0.02);
}

TEST(WindowTuner, ChangesItsMindWhenThePatternChanges) {
  WindowTuner tuner;
  tuner.start(400);
  for (std::uint64_t i = 0; i < 50'000; ++i) tuner.note(hash_key(std::to_string(i % 1000)));
  EXPECT_LT(tuner.share(), 0.1) << "a loop wants a small window";
  for (std::uint64_t i = 0; i < 100'000; ++i) tuner.note(hash_key(std::to_string(100'000 + i / 4 + i * 7919 % 300)));
  EXPECT_GT(tuner.share(), 0.1) << "a stream of news wants a large one";
}

}  // namespace
}  // namespace holdfast::container
