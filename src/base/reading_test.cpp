#include "base/reading.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace holdfast {
namespace {

TEST(Reading, WhatAReaderMaySeeIsFreedWhenItHasLeft) {
  if (!ReadSection::possible()) GTEST_SKIP() << "this system has no membarrier";
  int freed = 0;
  Limbo limbo;
  {
    const ReadSection section;
    limbo.retire(1 << 20, [&freed] { ++freed; });
    EXPECT_TRUE(limbo.full());
    limbo.reclaim();
    EXPECT_EQ(freed, 0);
    EXPECT_FALSE(limbo.full()) << "the same piece is not tried again with every write";
  }
  limbo.reclaim();
  EXPECT_EQ(freed, 1);
  const ReadSection later;
  limbo.retire(1, [&freed] { ++freed; });
  limbo.reclaim();
  EXPECT_EQ(freed, 1) << "a section that began before";
}

TEST(Reading, ALimboThatEndsFreesEverything) {
  int freed = 0;
  {
    Limbo limbo;
    for (int i = 0; i < 3; ++i) limbo.retire(10, [&freed] { ++freed; });
  }
  EXPECT_EQ(freed, 3);
}

TEST(Reading, ReadersInThreadsNeverSeeWhatWasFreed) {
  Limbo limbo;
  std::atomic<std::atomic<int>*> shown{new std::atomic<int>(1)};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (!done) {
        const ReadSection section;
        EXPECT_EQ(shown.load(std::memory_order_acquire)->load(std::memory_order_relaxed), 1);
      }
    });
  }
  // Where the system has no membarrier nobody may read like that.
  for (int i = 0; ReadSection::possible() && i < 2'000; ++i) {
    std::atomic<int>* const old = shown.exchange(new std::atomic<int>(1));
    limbo.retire(1024, [old] {
      old->store(0);
      delete old;
    });
    if (limbo.full()) limbo.reclaim();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  delete shown.load();
}

TEST(Reading, CopiesAndComparesBytesOfAnyNumber) {
  const std::string from = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
  for (std::size_t bytes = 0; bytes <= from.size(); ++bytes) {
    std::string to(from.size(), '-');
    racing_copy(to.data(), from.data(), bytes);
    EXPECT_EQ(to, from.substr(0, bytes) + std::string(from.size() - bytes, '-'));
    EXPECT_TRUE(racing_equal(from.data(), to.data(), bytes));
    for (std::size_t at = 0; at < bytes; ++at) {
      std::string other = to;
      other[at] ^= 1;
      EXPECT_FALSE(racing_equal(from.data(), other.data(), bytes)) << bytes << " bytes, " << at;
    }
  }
}

}  // namespace
}  // namespace holdfast
