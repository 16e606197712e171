#include "client/near_cache.h"

#include <gtest/gtest.h>

namespace holdfast::client {
namespace {

void read(NearCache& near, const char* key, const char* value) {
  const auto under_way = near.begin_read(key);
  const NearCache::Entry entry{value, {}};
  near.end_read(under_way, &entry);
}
std::optional<Bytes> kept(NearCache& near, const char* key) {
  const auto entry = near.find(key);
  return entry ? std::optional(entry->value) : std::nullopt;
}

TEST(NearCache, KeepsWhatWasReadUpToItsBound) {
  NearCache near(2);
  near.set_on(true);
  read(near, "a", "1");
  read(near, "b", "2");
  EXPECT_EQ(kept(near, "a"), "1");
  read(near, "c", "3");
  EXPECT_EQ(kept(near, "b"), std::nullopt) << "used least lately";
  EXPECT_EQ(kept(near, "a"), "1");
  EXPECT_EQ(kept(near, "c"), "3");
  EXPECT_EQ(near.size(), 2U);
  EXPECT_EQ(near.hits(), 3U);
  read(near, "a", "4");
  EXPECT_EQ(kept(near, "a"), "4");
  EXPECT_EQ(near.size(), 2U);
}

TEST(NearCache, ForgetsAKeyThatChanged) {
  NearCache near(2);
  near.set_on(true);
  read(near, "a", "1");
  near.forget("a");
  EXPECT_EQ(kept(near, "a"), std::nullopt);
  near.forget("nothing");
}

TEST(NearCache, DoesNotKeepAReadThatAChangeOvertook) {
  NearCache near(2);
  near.set_on(true);
  const auto before = near.begin_read("a");
  near.forget("a");
  const auto after = near.begin_read("a");
  const NearCache::Entry old{"old", {}};
  const NearCache::Entry fresh{"fresh", {}};
  near.end_read(after, &fresh);
  near.end_read(before, &old);
  EXPECT_EQ(kept(near, "a"), "fresh");
}

TEST(NearCache, SeveralReadsOfAKeyMayBeUnderWay) {
  NearCache near(2);
  near.set_on(true);
  const auto first = near.begin_read("a");
  const auto second = near.begin_read("a");
  near.end_read(first, nullptr);
  const NearCache::Entry entry{"1", {}};
  near.forget("a");
  near.end_read(second, &entry);
  EXPECT_EQ(kept(near, "a"), std::nullopt);
}

TEST(NearCache, KeepsNothingWhileItIsOff) {
  NearCache near(2);
  read(near, "a", "1");
  EXPECT_EQ(near.size(), 0U);
  const auto begun_off = near.begin_read("a");
  near.set_on(true);
  const NearCache::Entry entry{"1", {}};
  near.end_read(begun_off, &entry);
  EXPECT_EQ(near.size(), 0U) << "changes during the read were not heard of";
  const auto begun_on = near.begin_read("a");
  near.set_on(false);
  near.set_on(true);
  near.end_read(begun_on, &entry);
  EXPECT_EQ(near.size(), 0U);
  read(near, "a", "1");
  EXPECT_EQ(near.size(), 1U);
  near.set_on(false);
  EXPECT_EQ(near.size(), 0U);
}

}  // namespace
}  // namespace holdfast::client
