#include "container/data_container.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "container/container_driver.h"

namespace holdfast::container {
namespace {

ContainerOptions unbounded(std::uint32_t segments = 256) {
  ContainerOptions o;
  o.segments = segments;
  return o;
}

ContainerOptions at_most(std::int64_t entries, EvictionPolicyKind policy = EvictionPolicyKind::tiny_lfu) {
  ContainerOptions o;
  o.max_count = entries;
  o.policy = policy;
  return o;
}

std::map<Bytes, Bytes> everything(const DataContainer& c) {
  std::map<Bytes, Bytes> all;
  for (std::uint32_t s = 0; s < c.options().segments; ++s) {
    c.for_each_in_segment(s, [&](const EntryView& e) {
      EXPECT_EQ(segment_of(hash_key(e.key), c.options().segments), s);
      EXPECT_TRUE(all.emplace(e.key, e.value).second) << "shown twice";
      return true;
    });
  }
  return all;
}

TEST(DataContainer, AKeyLiesInTheSegmentThatClientsCompute) {
  for (const std::uint32_t segments : {1U, 2U, 3U, 7U, 20U, 100U, 256U, 1000U, 65'535U}) {
    DataContainer c(unbounded(segments));
    for (int i = 0; i < 200; ++i) {
      const Bytes key = "key-" + std::to_string(i);
      EXPECT_EQ(put(c, key, "v").segment, segment_of(hash_key(key), segments)) << segments;
    }
  }
}

TEST(DataContainer, KeepsKeyValueAndMetadata) {
  DataContainer c(unbounded());
  const Expiration limits{60'000, 1'000};
  const UpdateResult put_result = put(c, "k", "v", limits);
  const auto e = get(c, "k");
  ASSERT_TRUE(e);
  EXPECT_EQ(e->key, "k");
  EXPECT_EQ(e->value, "v");
  EXPECT_EQ(e->metadata.version, put_result.version);
  EXPECT_EQ(e->metadata.created_ms, kTestNow);
  EXPECT_EQ(e->metadata.last_used_ms, kTestNow);
  EXPECT_EQ(e->metadata.expiration, limits);
  EXPECT_FALSE(get(c, "other"));
}

TEST(DataContainer, VersionsOfAKeyNeverReturn) {
  DataContainer c(unbounded());
  Version last = 0;
  for (int i = 0; i < 10'000; ++i) {  // more than fit in the short form of a version
    const Version v = put(c, "k", "v").version;
    EXPECT_GT(v, last);
    EXPECT_EQ(get(c, "k")->metadata.version, v);
    last = v;
    if (i % 3 == 0) remove(c, "k");
  }
}

TEST(DataContainer, TakesTheVersionThatAChangeNames) {
  DataContainer c(unbounded());
  put(c, "k", "v");
  Change change;
  change.kind = Change::Kind::put;
  change.value = "w";
  change.version = 12345;
  EXPECT_EQ(c.update("k", hash_key("k"), [&](const EntryView*) { return change; }).version, 12345U);
  EXPECT_EQ(get(c, "k")->metadata.version, 12345U);
}

TEST(DataContainer, AUseRefreshesMaxIdleOnlyWhileTheEntryLives) {
  DataContainer c(unbounded());
  put(c, "k", "v", {kImmortal, 1000});
  get(c, "k", kTestNow + 900);
  EXPECT_EQ(get(c, "k")->metadata.last_used_ms, kTestNow + 900);
  get(c, "k", kTestNow + 1900);
  EXPECT_EQ(get(c, "k")->metadata.last_used_ms, kTestNow + 900) << "it was over";
}

TEST(DataContainer, TouchSetsTheLastUse) {
  DataContainer c(unbounded());
  put(c, "k", "v", {kImmortal, 1000});
  Change change;
  change.kind = Change::Kind::touch;
  change.now_ms = kTestNow + 500;
  c.update("k", hash_key("k"), [&](const EntryView*) { return change; });
  EXPECT_EQ(get(c, "k")->metadata.last_used_ms, kTestNow + 500);
}

TEST(DataContainer, AValueMayBeThatOfTheEntryShown) {
  for (const std::size_t size : {10U, 1000U, 100'000U}) {
    DataContainer c(unbounded());
    put(c, "k", Bytes(size, 'x'));
    c.update("k", hash_key("k"), [&](const EntryView* e) {
      Change change;
      change.kind = Change::Kind::put;
      change.value = e->value.substr(1);
      change.now_ms = kTestNow;
      return change;
    });
    EXPECT_EQ(get(c, "k")->value, Bytes(size - 1, 'x'));
  }
}

TEST(DataContainer, ALargeValueMayBeReplacedWhileItIsShown) {
  DataContainer c(unbounded());
  put(c, "k", Bytes(100'000, 'a'));
  c.read("k", hash_key("k"), 0, [&](const EntryView& e) {
    put(c, "k", Bytes(100'000, 'b'));  // possible because large values are shown outside of the lock
    EXPECT_EQ(e.value, Bytes(100'000, 'a'));
    remove(c, "k");
    EXPECT_EQ(e.value, Bytes(100'000, 'a'));
  });
  EXPECT_FALSE(get(c, "k"));
  EXPECT_LT(c.memory_bytes(), 100'000U);
}

// ---- A model: whatever happens, the container holds what a map would.

class Model {
 public:
  explicit Model(const ContainerOptions& o, unsigned seed) : container_(o), random_(seed) {}

  void step() {
    const Bytes key = "key-" + std::to_string(pick(300)) + Bytes(pick(10) == 0 ? 300 : 0, 'k');
    switch (pick(8)) {
      case 0: case 1: case 2: write(key); break;
      case 3: erase(key); break;
      case 4: expire(); break;
      case 5: now_ += static_cast<TimeMs>(pick(40)); break;
      default: look(key);
    }
    if (pick(5000) == 0) clear();
  }
  void compare() {
    std::map<Bytes, Bytes> expected;
    for (const auto& [key, e] : model_) expected.emplace(key, e.value);
    EXPECT_EQ(everything(container_), expected);
    EXPECT_EQ(container_.size(), expected.size());
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  Bytes some_value() {
    static constexpr std::size_t kSizes[] = {0, 1, 90, 100, 255, 256, 1000, 9000, 70'000};
    return Bytes(kSizes[pick(pick(20) == 0 ? 9 : 6)] + pick(5), static_cast<char>('a' + pick(26)));
  }
  Expiration some_limits() {
    static constexpr TimeMs kLimits[] = {kImmortal, kImmortal, 0, 50, 1000};
    if (pick(4) == 0) return {static_cast<TimeMs>(pick(2000)), kImmortal};  // more than a shard has rows for
    return {kLimits[pick(5)], kLimits[pick(5)]};
  }
  void write(const Bytes& key) {
    const Bytes value = some_value();
    const Expiration limits = some_limits();
    const UpdateResult r = put(container_, key, value, limits, now_);
    Entry& e = model_[key];
    EXPECT_GT(r.version, e.metadata.version);
    e.key = key;
    e.value = value;
    e.metadata = {r.version, created_ms(r.version), now_, limits};
  }
  void erase(const Bytes& key) { EXPECT_EQ(remove(container_, key), model_.erase(key) == 1); }
  void look(const Bytes& key) {
    const auto at = model_.find(key);
    const auto e = get(container_, key, now_);
    ASSERT_EQ(e.has_value(), at != model_.end());
    if (!e) return;
    Metadata& m = at->second.metadata;
    if (m.expiration.max_idle_ms < 0) m.last_used_ms = m.created_ms;
    else if (!is_expired(m, now_)) m.last_used_ms = now_;
    EXPECT_EQ(e->value, at->second.value);
    EXPECT_EQ(e->metadata.version, m.version);
    EXPECT_EQ(e->metadata.created_ms, m.created_ms);
    EXPECT_EQ(e->metadata.last_used_ms, m.last_used_ms);
    EXPECT_EQ(e->metadata.expiration, m.expiration);
  }
  void expire() {
    const auto due = container_.next_due_ms();
    std::set<Bytes> over;
    for (const auto& [key, e] : model_) {
      if (is_expired(e.metadata, now_)) over.insert(key);
      if (!e.metadata.expiration.immortal()) {
        EXPECT_TRUE(due) << "an entry with a limit, but nothing is due ever";
      }
    }
    if (!over.empty()) {
      EXPECT_LE(due.value(), now_);
    }
    std::set<Bytes> told;
    const std::size_t limit = pick(2) == 0 ? 3 : 100'000;
    const std::size_t count = container_.expire(now_, limit, [&](Entry&& e) { told.insert(e.key); });
    EXPECT_EQ(count, told.size());
    EXPECT_EQ(count, std::min(limit, over.size()));
    for (const Bytes& key : told) {
      EXPECT_TRUE(over.contains(key));
      model_.erase(key);
    }
  }
  void clear() {
    std::set<Bytes> told;
    container_.clear([&](Entry&& e) { EXPECT_TRUE(told.insert(e.key).second); });
    EXPECT_EQ(told.size(), model_.size());
    model_.clear();
    EXPECT_EQ(container_.size(), 0U);
  }

  DataContainer container_;
  std::mt19937 random_;
  std::map<Bytes, Entry> model_;
  TimeMs now_ = kTestNow;
};

TEST(DataContainer, HoldsWhatAMapWouldHold) {
  for (const std::uint32_t segments : {1U, 3U, 256U}) {
    for (unsigned seed = 0; seed < 3; ++seed) {
      SCOPED_TRACE("segments " + std::to_string(segments) + " seed " + std::to_string(seed));
      ContainerOptions o = unbounded(segments);
      if (seed == 1) o.max_count = 100'000;  // keeps an order, evicts nobody
      if (seed == 2) o.max_size_bytes = std::int64_t{1} << 40;
      Model model(o, seed);
      for (int i = 0; i < 20'000; ++i) model.step();
      model.compare();
    }
  }
}

// ---- Bounds

TEST(DataContainer, KeepsASmallBoundExactly) {
  for (const auto policy : {EvictionPolicyKind::tiny_lfu, EvictionPolicyKind::lru}) {
    for (const std::int64_t bound : {0, 1, 2, 10, 50, 500}) {
      DataContainer c(at_most(bound, policy));
      for (int i = 0; i < 2000; ++i) {
        const Bytes key = std::to_string(i);
        const UpdateResult r = put(c, key, "v");
        EXPECT_EQ(c.size(), static_cast<std::uint64_t>(std::min<std::int64_t>(bound, i + 1)));
        EXPECT_EQ(r.evicted, i >= bound ? 1U : 0U);
        EXPECT_EQ(get(c, key).has_value(), bound > 0) << "what was just written is there";
      }
      EXPECT_EQ(everything(c).size(), static_cast<std::size_t>(bound));
    }
  }
}

TEST(DataContainer, LruEvictsTheLeastRecentlyUsed) {
  DataContainer c(at_most(3, EvictionPolicyKind::lru));
  for (const char* key : {"a", "b", "c"}) put(c, key, "v");
  get(c, "a");
  put(c, "b", "w");
  std::vector<Bytes> gone;
  Change change;
  change.kind = Change::Kind::put;
  change.value = "v";
  change.now_ms = kTestNow;
  c.update("d", hash_key("d"), [&](const EntryView*) { return change; }, [&](Entry&& e) { gone.push_back(e.key); });
  EXPECT_EQ(gone, std::vector<Bytes>{"c"});
}

TEST(DataContainer, KeepsABoundInBytes) {
  for (const std::int64_t bound : {20'000, 1'000'000, 40'000'000}) {
    ContainerOptions o;
    o.max_size_bytes = bound;
    DataContainer c(o);
    std::mt19937 random(7);
    std::uint64_t evicted = 0;
    std::uint64_t highest = 0;
    for (int i = 0; i < 100'000; ++i) {
      evicted += put(c, "key-" + std::to_string(i), Bytes(random() % 1500, 'v')).evicted;
      highest = std::max(highest, c.memory_bytes());
    }
    EXPECT_GT(evicted, 0U);
    EXPECT_EQ(c.size(), 100'000 - evicted);
    EXPECT_EQ(everything(c).size(), c.size());
    EXPECT_LE(highest, static_cast<std::uint64_t>(bound));
    EXPECT_GT(c.size(), static_cast<std::uint64_t>(bound / 1500));
    if (bound >= 1'000'000) {
      EXPECT_GT(c.size() * 770, static_cast<std::uint64_t>(bound) * 8 / 10) << "most of the bound is used for entries";
    }
  }
}

TEST(DataContainer, ABoundInBytesHoldsWhenTheSizesOfValuesChange) {
  for (const std::int64_t bound : {1'000'000, 40'000'000}) {
    ContainerOptions o;
    o.max_size_bytes = bound;
    DataContainer c(o);
    std::mt19937 random(11);
    std::uint64_t highest = 0;
    int next = 0;
    for (const unsigned size : {20U, 1500U, 100U, 6000U, 20'000U, 4U, 700U}) {
      const int puts = static_cast<int>(bound * 3 / 2 / (size + 60));
      for (int i = 0; i < puts; ++i) {
        // Some new, some that change the size of an old one.
        const int key = random() % 4 == 0 && next > 0 ? next - 1 - static_cast<int>(random() % std::min(next, puts)) : next++;
        put(c, "key-" + std::to_string(key), Bytes(size / 2 + random() % size, 'v'));
        highest = std::max(highest, c.memory_bytes());
        if (random() % 16 == 0) remove(c, "key-" + std::to_string(random() % static_cast<unsigned>(next)));
      }
      EXPECT_EQ(everything(c).size(), c.size());
      EXPECT_GT(c.size() * (size + 60), static_cast<std::uint64_t>(bound) / 2) << "values of about " << size;
    }
    EXPECT_LE(highest, static_cast<std::uint64_t>(bound));
  }
}

TEST(DataContainer, AValueMayBeThatOfTheEntryShownUnderABoundInBytes) {
  ContainerOptions o;
  o.max_size_bytes = 50'000;
  DataContainer c(o);
  Bytes expected(1000, 'x');
  for (int i = 0; i < 300; ++i) {
    put(c, "other-" + std::to_string(i), Bytes(static_cast<std::size_t>(i * 37 % 1000), 'o'));
    if (!get(c, "k")) put(c, "k", expected = Bytes(1000, static_cast<char>('a' + i % 26)));
    c.update("k", hash_key("k"), [&](const EntryView* e) {
      Change change;
      change.kind = Change::Kind::put;
      change.value = e->value.substr(e->value.size() > 100 ? 1 + e->value.size() / 10 : 0);
      expected = Bytes(change.value);
      change.now_ms = kTestNow;
      return change;
    });
    EXPECT_EQ(get(c, "k")->value, expected);
  }
}

TEST(DataContainer, ABoundInBytesIsWhatTheMemoryIsWhereSizesAreAlike) {
  ContainerOptions o;
  o.max_size_bytes = 20'000'000;
  DataContainer c(o);
  for (int i = 0; i < 300'000; ++i) put(c, "key-" + std::to_string(1'000'000 + i), Bytes(100, 'v'));
  EXPECT_LE(c.memory_bytes(), 20'000'000U);
  EXPECT_GE(c.memory_bytes(), 20'000'000U * 95 / 100);
}

TEST(DataContainer, AnEntryLargerThanTheBoundIsNotKept) {
  ContainerOptions o;
  o.max_size_bytes = 10'000;
  DataContainer c(o);
  put(c, "small", "v");
  EXPECT_EQ(put(c, "large", Bytes(20'000, 'v')).evicted, 1U);
  EXPECT_FALSE(get(c, "large"));
  EXPECT_TRUE(get(c, "small"));
}

TEST(DataContainer, ABoundMayComeChangeAndGoWhileEntriesAreThere) {
  DataContainer c(unbounded());
  for (int i = 0; i < 1000; ++i) put(c, std::to_string(i), "v");
  std::size_t told = 0;
  c.set_bound(100, -1, [&](Entry&&) { ++told; });
  EXPECT_EQ(told, 900U);
  EXPECT_EQ(c.size(), 100U);
  for (int i = 0; i < 500; ++i) {
    put(c, "more-" + std::to_string(i), "v");
    EXPECT_EQ(c.size(), 100U);
  }
  c.set_bound(2, -1, [&](Entry&&) { ++told; });
  EXPECT_EQ(c.size(), 2U);
  put(c, "another", "v");
  EXPECT_EQ(c.size(), 2U);
  c.set_bound(-1, -1, [](Entry&&) {});
  for (int i = 0; i < 1000; ++i) put(c, std::to_string(i), "v");
  EXPECT_GE(c.size(), 1000U);
  c.set_bound(500, -1, [&](Entry&&) { ++told; });
  EXPECT_EQ(c.size(), 500U);
  EXPECT_EQ(everything(c).size(), 500U);
}

TEST(DataContainer, RemovalsMakeRoom) {
  DataContainer c(at_most(20'000));
  for (int i = 0; i < 20'000; ++i) put(c, std::to_string(i), "v");
  for (int i = 0; i < 20'000; i += 2) EXPECT_TRUE(remove(c, std::to_string(i)));
  for (int i = 0; i < 20'000; i += 2) EXPECT_EQ(put(c, std::to_string(i), "v").evicted, 0U);
  EXPECT_EQ(c.size(), 20'000U);
}

TEST(DataContainer, MemoryComesBackWhenEntriesGo) {
  DataContainer c(unbounded());
  for (int i = 0; i < 50'000; ++i) put(c, std::to_string(100'000 + i), Bytes(100, 'v'));
  const std::uint64_t full = c.memory_bytes();
  EXPECT_GT(full, 50'000U * 110);
  EXPECT_LT(full, 50'000U * 160);
  for (int i = 0; i < 50'000; ++i) remove(c, std::to_string(100'000 + i));
  EXPECT_LT(c.memory_bytes(), full / 5);
  c.clear();
  EXPECT_LT(c.memory_bytes(), 10'000U);
}

}  // namespace
}  // namespace holdfast::container
