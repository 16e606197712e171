// Counters: the statistics of one cache, striped so that threads do not share cache lines.
//
// Owner: one cache.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/time.h"
#include "engine/statistics.h"

namespace holdfast::engine {

enum class Counter : std::uint8_t {
  hits, misses, stores, remove_hits, remove_misses, evictions,
  read_ns, write_ns, remove_ns,             // of those that were timed
  timed_reads, timed_writes, timed_removes,
};
inline constexpr std::size_t kCounters = 12;

class Counters {
 public:
  /// Two relaxed loads and an addition to a line of the thread's own.
  void add(Counter counter, std::int64_t amount = 1) {
    stripes_[stripe_of_thread()].values[static_cast<std::size_t>(counter)].fetch_add(amount, std::memory_order_relaxed);
  }
  /// One operation in sixteen is timed: reading the clock costs as much as a hit. `counter` is what the operation adds to.
  bool due(Counter counter) const {
    return stripes_[stripe_of_thread()].values[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed) % kTimedOneIn == 0;
  }
  void add_time(Counter ns, std::int64_t amount) {
    add(ns, amount);
    add(static_cast<Counter>(static_cast<std::size_t>(ns) + kTimes));
  }
  std::int64_t sum(Counter counter) const;
  void reset();
  /// The counted figures; the entries' own are the cache's to fill in.
  StatisticsSnapshot snapshot() const;

 private:
  static constexpr std::size_t kStripes = 16;
  static constexpr std::int64_t kTimedOneIn = 16;
  static constexpr std::size_t kTimes = 3;  // from a counter of ns to the one of how many were timed
  static std::size_t stripe_of_thread();
  struct alignas(64) Stripe {
    std::array<std::atomic<std::int64_t>, kCounters> values{};
  };
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace holdfast::engine
