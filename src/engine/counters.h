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
  read_ns, write_ns, remove_ns,
};
inline constexpr std::size_t kCounters = 9;

class Counters {
 public:
  /// Two relaxed loads and an addition to a line of the thread's own.
  void add(Counter counter, std::int64_t amount = 1) {
    stripes_[stripe_of_thread()].values[static_cast<std::size_t>(counter)].fetch_add(amount, std::memory_order_relaxed);
  }
  std::int64_t sum(Counter counter) const;
  void reset();
  /// The counted figures; the entries' own are the cache's to fill in.
  StatisticsSnapshot snapshot() const;

 private:
  static constexpr std::size_t kStripes = 16;
  static std::size_t stripe_of_thread();
  struct alignas(64) Stripe {
    std::array<std::atomic<std::int64_t>, kCounters> values{};
  };
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace holdfast::engine
