// Many threads on one container: what holds at every moment. Meant for the thread sanitizer, too.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "container/container_driver.h"

namespace holdfast::container {
namespace {

constexpr int kThreads = 8;

template <class Body>
void in_threads(int threads, Body body) {
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) running.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : running) thread.join();
}

/// Writers hammer a bounded container while this thread watches its size.
void hammer(const ContainerOptions& options, int operations, std::uint64_t most_seen) {
  DataContainer c(options);
  std::atomic<bool> done{false};
  std::uint64_t highest = 0;
  std::thread watcher([&] {
    while (!done) highest = std::max(highest, c.size());
  });
  in_threads(kThreads, [&](int t) {
    std::mt19937 random(static_cast<unsigned>(t));
    for (int i = 0; i < operations; ++i) {
      const Bytes key = "key-" + std::to_string(random() % (4 * static_cast<unsigned>(options.max_count) + 10));
      switch (random() % 8) {
        case 0: remove(c, key); break;
        case 1: case 2: put(c, key, Bytes(random() % 300, 'v')); break;
        default: put(c, key, "v");
      }
      if (const auto e = get(c, key)) {
        EXPECT_EQ(e->key, key);
      }
    }
  });
  done = true;
  watcher.join();
  EXPECT_LE(highest, most_seen);
  EXPECT_LE(c.size(), static_cast<std::uint64_t>(options.max_count));
}

TEST(ContainerStress, ABoundIsNeverExceededByMoreThanOneEntryOrOnePercent) {
  for (const std::int64_t bound : {1, 10, 500}) {
    ContainerOptions o;
    o.max_count = bound;
    hammer(o, 3000, static_cast<std::uint64_t>(bound) + 1);
  }
  ContainerOptions o;
  o.max_count = 40'000;
  hammer(o, 12'000, 40'400);
}

TEST(ContainerStress, ABoundInBytesIsNeverExceededByMoreThanOnePercent) {
  for (const std::int64_t bound : {1'000'000, 40'000'000}) {
    ContainerOptions o;
    o.max_size_bytes = bound;
    DataContainer c(o);
    std::atomic<bool> done{false};
    std::uint64_t highest = 0;
    std::thread watcher([&] {
      while (!done) highest = std::max(highest, c.memory_bytes());
    });
    in_threads(kThreads, [&](int t) {
      std::mt19937 random(static_cast<unsigned>(t));
      const auto keys = static_cast<unsigned>(bound / 300);
      for (int i = 0; i < 12'000; ++i) {
        const Bytes key = "key-" + std::to_string(random() % keys);
        if (random() % 8 == 0) remove(c, key);
        put(c, key, Bytes(random() % (i < 6'000 ? 1500U : 300U), 'v'));
        if (const auto e = get(c, "key-" + std::to_string(random() % keys))) {
          EXPECT_EQ(e->value.find_first_not_of('v'), Bytes::npos);
        }
      }
    });
    done = true;
    watcher.join();
    EXPECT_LE(highest, static_cast<std::uint64_t>(bound + bound / 100));
    EXPECT_LE(c.memory_bytes(), static_cast<std::uint64_t>(bound));
  }
}

TEST(ContainerStress, ValuesAreNeverTorn) {
  DataContainer c(ContainerOptions{});
  in_threads(kThreads, [&](int t) {
    std::mt19937 random(static_cast<unsigned>(t));
    static constexpr std::size_t kSizes[] = {0, 3, 60, 200, 300, 2000, 20'000};
    for (int i = 0; i < 3000; ++i) {
      const Bytes key = "key-" + std::to_string(random() % 20);
      if (random() % 3 == 0) {
        put(c, key, Bytes(kSizes[random() % 7], static_cast<char>('a' + t)));
      } else if (const auto e = get(c, key)) {
        EXPECT_EQ(e->value.find_first_not_of(e->value.empty() ? 'a' : e->value[0]), Bytes::npos);
      }
    }
  });
}

/// Entries come, go, change their size and move, tables and pages are replaced, and a read is of one moment all the same.
TEST(ContainerStress, AReadIsOfOneMomentHoweverMuchChanges) {
  constexpr int kKeys = 64;  // each has one writer, who counts up
  DataContainer c(ContainerOptions{});
  std::array<std::atomic<int>, kKeys> written{};
  std::array<std::atomic<int>, kKeys> started{};
  std::atomic<int> writers{4};
  in_threads(kThreads, [&](int t) {
    std::mt19937 random(static_cast<unsigned>(t));
    if (t < 4) {
      for (int i = 1; i <= 10'000; ++i) {
        const auto k = static_cast<std::size_t>(random() % (kKeys / 4)) * 4 + static_cast<std::size_t>(t);
        const Bytes key = "counter-" + std::to_string(k);
        started[k] = i;
        if (random() % 16 == 0) remove(c, key);
        const Bytes number = std::to_string(i);
        put(c, key, number + Bytes(1 + random() % 400, '.') + number);
        written[k] = i;
        put(c, "passing-" + std::to_string(t) + std::to_string(i), Bytes(random() % 200, '.'));
        if (i % 500 == 0) {
          for (int j = i - 499; j <= i; ++j) remove(c, "passing-" + std::to_string(t) + std::to_string(j));
        }
      }
      --writers;
    }
    while (t >= 4 && writers > 0) {
      const auto k = static_cast<std::size_t>(random() % kKeys);
      const int before = written[k];
      const auto e = get(c, "counter-" + std::to_string(k));
      const int after = started[k];
      if (!e) continue;
      const int number = std::stoi(e->value);
      EXPECT_GE(number, before);
      EXPECT_LE(number, after);
      EXPECT_TRUE(e->value.ends_with(std::to_string(number))) << e->value;
    }
  });
}

TEST(ContainerStress, AnEntryThatIsPresentThroughoutIsShownExactlyOnce) {
  ContainerOptions o;
  o.segments = 4;
  DataContainer c(o);
  constexpr int kStaying = 300;
  for (int i = 0; i < kStaying; ++i) put(c, "stays-" + std::to_string(i), "v");
  std::atomic<bool> done{false};
  std::thread churn([&] {
    std::mt19937 random(3);
    for (int i = 0; !done; ++i) {
      put(c, "comes-" + std::to_string(i), Bytes(random() % 400, 'v'));  // the table grows
      put(c, "stays-" + std::to_string(random() % kStaying), Bytes(random() % 400, 'v'));  // entries move
      if (i % 3 == 0) remove(c, "comes-" + std::to_string(random() % static_cast<unsigned>(i + 1)));
      if (i % 20'000 == 19'999) {
        for (int k = 0; k < i; ++k) remove(c, "comes-" + std::to_string(k));
      }
    }
  });
  for (int round = 0; round < 30; ++round) {
    std::multiset<Bytes> seen;
    for (std::uint32_t s = 0; s < o.segments; ++s) {
      c.for_each_in_segment(s, [&](const EntryView& e) {
        if (e.key.starts_with("stays-")) seen.emplace(e.key);
        return true;
      });
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kStaying));
    EXPECT_EQ(std::set<Bytes>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(kStaying));
  }
  done = true;
  churn.join();
}

TEST(ContainerStress, EverythingAtOnce) {
  ContainerOptions o;
  o.max_count = 20'000;
  DataContainer c(o);
  in_threads(kThreads, [&](int t) {
    std::mt19937 random(static_cast<unsigned>(t));
    for (int i = 0; i < 3000; ++i) {
      const Bytes key = "key-" + std::to_string(random() % 30'000);
      switch (random() % 40) {
        case 0: c.expire(kTestNow + static_cast<TimeMs>(random() % 100), 10); break;
        case 1: c.for_each_in_segment(static_cast<std::uint32_t>(random() % 256), [](const EntryView& e) { return !e.key.empty(); }); break;
        case 2: c.set_bound(10'000 + static_cast<std::int64_t>(random() % 20'000), -1, [](Entry&&) {}); break;
        case 3: if (random() % 50 == 0) c.clear(); break;
        case 4: remove(c, key); break;
        case 5: c.next_due_ms(); break;
        case 6: c.memory_bytes(); break;
        case 7: case 8: case 9: case 10: case 11: case 12: case 13: case 14:
          if (const auto e = get(c, key)) {
            EXPECT_EQ(e->value.find_first_not_of('v'), Bytes::npos);
          }
          break;
        default: put(c, key, Bytes(random() % 200, 'v'), {static_cast<TimeMs>(random() % 200), kImmortal});
      }
    }
  });
  c.set_bound(10'000, -1, [](Entry&&) {});
  std::uint64_t shown = 0;
  for (std::uint32_t s = 0; s < 256; ++s) c.for_each_in_segment(s, [&](const EntryView&) { return ++shown > 0; });
  EXPECT_EQ(shown, c.size());
  EXPECT_LE(shown, 10'000U);
}

}  // namespace
}  // namespace holdfast::container
