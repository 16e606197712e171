#include "engine/clustered/tombstones.h"

#include <gtest/gtest.h>

namespace holdfast::engine::clustered {
namespace {

TEST(Tombstones, KeepTheNewestRemovalOfAKey) {
  Tombstones t;
  t.add("k", 5);
  t.add("k", 3);
  EXPECT_TRUE(t.removed_since("k", 4));
  EXPECT_FALSE(t.removed_since("k", 5));
  EXPECT_FALSE(t.removed_since("other", 0));
  t.add("k", 9);
  EXPECT_EQ(t.all(), (std::vector<Removal>{{"k", 9}}));
  t.forget("k");
  EXPECT_TRUE(t.empty());
}

TEST(Tombstones, TakeNoMoreThanTheirBoundAndLoseTheOldestFirst) {
  Tombstones t;
  for (Version v = 1; v <= 1000; ++v) {
    t.add("key" + std::to_string(1000 - v), v);
    t.trim(10'000);
  }
  EXPECT_LT(t.size(), 100U);
  EXPECT_GT(t.size(), 30U);
  EXPECT_TRUE(t.removed_since("key0", 999));
  EXPECT_FALSE(t.removed_since("key999", 0));
  const std::size_t left = t.size();
  EXPECT_EQ(t.trim(0), left);
  EXPECT_TRUE(t.empty());
}

TEST(Tombstones, StayWholeWhenTheyMove) {
  Tombstones t;
  t.add("a", 1);
  t.add("a longer key than what fits into a string without a heap", 2);
  Tombstones moved = std::move(t);
  t = Tombstones();
  EXPECT_EQ(moved.trim(300), 1U);
  EXPECT_TRUE(moved.removed_since("a longer key than what fits into a string without a heap", 1));
}

}  // namespace
}  // namespace holdfast::engine::clustered
